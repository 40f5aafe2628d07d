/**
 * Access tokens: minted by the token endpoint, verified by Graph with the signature, as a stranger would.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { compactVerify, decodeJwt } from 'jose';
import { backgroundKey, signJwt } from './jwt.mjs';

/** True if every member of `wanted` is in `given`; arrays are sets. */
function includes(given, wanted) {
  if (Array.isArray(wanted)) return Array.isArray(given) && wanted.every((item) => given.includes(item));
  if (wanted === null || typeof wanted !== 'object') return given === wanted;
  if (given === null || typeof given !== 'object') return false;
  return Object.entries(wanted).every(([name, value]) => includes(given[name], value));
}

/**
 * @param {{clock: {now(): number}, tenantId: string, objectId: string, lifetime: number}} setup
 */
export function createTokens({ clock, tenantId, objectId, lifetime }) {
  const key = backgroundKey();
  /** @type {Map<string, {claims: object, requested?: object, revoked?: boolean, verified?: boolean}>} */
  const issued = new Map();

  return {
    /**
     * An application's token or, with `delegated`, a user's: `scp` and no roles.
     *
     * @returns {Promise<string>}
     */
    async mint({ clientId, audience, roles, requestedClaims, secret, delegated }) {
      const { privateKey, kid } = await key.ready();
      const now = Math.floor(clock.now() / 1000);
      const capabilities = requestedClaims?.access_token?.xms_cc?.values;
      const claims = {
        aud: audience,
        iss: `https://sts.windows.net/${tenantId}/`,
        iat: now,
        nbf: now,
        exp: now + lifetime,
        app_displayname: 'workiq-ci',
        appid: clientId,
        appidacr: secret ? '1' : '2',
        azp: clientId,
        idp: `https://sts.windows.net/${tenantId}/`,
        idtyp: 'app',
        oid: objectId,
        roles,
        sub: objectId,
        tid: tenantId,
        uti: randomBytes(16).toString('base64url'),
        ver: '1.0',
        ...(capabilities ? { xms_cc: capabilities } : {}),
        xms_tcdt: 1_600_000_000,
      };
      if (delegated) Object.assign(claims, { idtyp: 'user', ...delegated, roles: undefined });
      if (roles.length === 0) delete claims.roles;
      const token = signJwt({ kid, x5t: kid, nonce: randomUUID() }, claims, privateKey);
      issued.set(token, { claims, requested: requestedClaims });
      return token;
    },

    /** The claims of a good token, or the reason why it is not one. */
    async verify(token, audience) {
      let entry = issued.get(token);
      if (!entry?.verified) {
        try {
          const { publicKey } = await key.ready();
          await compactVerify(token, publicKey, { algorithms: ['RS256'] });
          entry ??= { claims: decodeJwt(token) };
          entry.verified = true;
        } catch {
          const parts = token.split('.').length;
          return {
            refused:
              parts === 3
                ? 'Access token validation failure. Invalid signature.'
                : 'CompactToken parsing failed with error code: 80049217',
          };
        }
      }
      if (entry.claims.aud !== audience)
        return { refused: 'Access token validation failure. Invalid audience.' };
      if (entry.claims.exp <= clock.now() / 1000) {
        return { refused: 'Lifetime validation failed, the token is expired.' };
      }
      return { claims: entry.claims, revoked: entry.revoked, requested: entry.requested };
    },

    /** True if the token was asked for with these claims (a JSON text). */
    carries(requested, claims) {
      return includes(requested, JSON.parse(claims));
    },

    /** The public half of the signing key, for JWKS. */
    async publicJwk() {
      const { publicKey, kid } = await key.ready();
      return { ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid };
    },

    revoke() {
      for (const entry of issued.values()) entry.revoked = true;
    },
  };
}
