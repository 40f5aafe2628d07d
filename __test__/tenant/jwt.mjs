/**
 * Signing, for the two issuers that the tenant plays: Entra, and a CI system's OIDC provider.
 */
import { createHash, generateKeyPair, generateKeyPairSync, sign } from 'node:crypto';
import { promisify } from 'node:util';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A compact RS256 JWT. */
export function signJwt(header, claims, privateKey) {
  const input = `${encode({ typ: 'JWT', alg: 'RS256', ...header })}.${encode(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

const withKid = (pair) => ({
  ...pair,
  kid: createHash('sha1')
    .update(pair.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url'),
});

/** A key made in the background: `ready()` waits for it. */
export function backgroundKey() {
  const pair = promisify(generateKeyPair)('rsa', { modulusLength: 2048 }).then(withKid);
  pair.catch(() => {});
  return { ready: () => pair };
}

/** A key made at its first use. */
export function lazyKey() {
  let pair;
  return () => (pair ??= withKid(generateKeyPairSync('rsa', { modulusLength: 2048 })));
}
