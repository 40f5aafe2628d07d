/**
 * Client assertions, checked with `jose` and as Entra checks them.
 */
import { X509Certificate } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader, errors } from 'jose';
import { Refusal } from './aadsts.mjs';
import { thumbprints } from './ca.mjs';

const ALGORITHMS = ['PS256', 'RS256'];
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Reads the parts without trusting them. */
export function decodeAssertion(assertion) {
  try {
    return { header: decodeProtectedHeader(assertion), claims: decodeJwt(assertion) };
  } catch {
    throw new Refusal(50027, { reason: 'The assertion is not a compact JWT.' });
  }
}

const iso = (seconds) => new Date(seconds * 1000).toISOString();

/** Refuses what is not valid at `now`; all times must be numbers. */
export function checkTimes(claims, { now, skew, required = ['nbf', 'exp', 'iat'] }) {
  for (const name of required) {
    if (typeof claims[name] !== 'number') {
      throw new Refusal(50027, { reason: `The claim '${name}' is missing or not a number.` });
    }
  }
  const seconds = now / 1000;
  const from = claims.nbf ?? claims.iat ?? seconds;
  if (claims.exp + skew <= seconds || from - skew > seconds) {
    throw new Refusal(700024, { now: new Date(now).toISOString(), from: iso(from), until: iso(claims.exp) });
  }
}

const standardToUrl = (text) => text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** The registered certificate that the header names. */
function findCertificate(header, registered, clientId) {
  const { alg } = header;
  // x5t#S256 must be base64url without padding. For x5t Entra has always taken both alphabets.
  const print = header['x5t#S256'] ?? (alg === 'RS256' ? header.x5t && standardToUrl(header.x5t) : undefined);
  if (typeof print !== 'string') throw new Refusal(5002723);
  const entry = registered.get(print);
  const sha256 = header['x5t#S256'] !== undefined;
  if (!entry || (sha256 ? entry.x5tS256 : entry.x5t) !== print) {
    const thumbprint = Buffer.from(print, 'base64url').toString('hex').toUpperCase();
    throw new Refusal(700027, { clientId, reason: 'The key was not found.', thumbprint });
  }
  return { ...entry, used: sha256 ? entry.sha256 : entry.sha1 };
}

function checkChain(x5c, entry, clientId) {
  if (x5c === undefined) return;
  const malformed = () =>
    new Refusal(50027, { reason: "The header 'x5c' is not an array of base64 DER certificates." });
  if (!Array.isArray(x5c) || x5c.length === 0) throw malformed();
  const chain = x5c.map((item) => {
    if (typeof item !== 'string' || !BASE64.test(item)) throw malformed();
    const der = Buffer.from(item, 'base64');
    if (der[0] !== 0x30) throw malformed();
    try {
      return new X509Certificate(der);
    } catch {
      throw malformed();
    }
  });
  if (!chain[0].raw.equals(entry.der)) {
    throw new Refusal(700027, {
      clientId,
      reason: 'The first certificate of x5c is not the one that signed.',
      thumbprint: thumbprints(chain[0].raw).sha1,
    });
  }
}

const validity = (entry) => {
  const us = (date) => date.toLocaleDateString('en-US', { timeZone: 'UTC' });
  const clock = (date) => date.toISOString().slice(11, 19);
  const format = (date) => `${us(date)} ${clock(date)}`;
  return `, Found key 'Start=${format(entry.notBefore)}, End=${format(entry.notAfter)}'`;
};

/**
 * Checks an assertion that the application signed with its certificate.
 *
 * @param {string} assertion
 * @param {{clientId: string, audiences: string[], registered: Map<string, object>, now: number, skew: number}} expected
 */
export async function checkCertificateAssertion(assertion, expected) {
  const { clientId, audiences, registered, now, skew } = expected;
  const { header, claims } = decodeAssertion(assertion);
  if (!ALGORITHMS.includes(header.alg)) throw new Refusal(5002738, { alg: header.alg });
  if (header.typ !== 'JWT') throw new Refusal(50027, { reason: "The header 'typ' must be 'JWT'." });
  if (claims.iss !== clientId || claims.sub !== clientId) throw new Refusal(700021);
  const entry = findCertificate(header, registered, clientId);
  const failed = (reason, found) =>
    new Refusal(700027, {
      clientId,
      lead: 'Client assertion failed signature validation.',
      reason,
      thumbprint: entry.used,
      found,
    });
  if (entry.notAfter.getTime() <= now) throw failed('The key used is expired.', validity(entry));
  if (entry.notBefore.getTime() > now) throw failed('The key used is not yet valid.', validity(entry));
  try {
    await compactVerify(assertion, entry.x509.publicKey, { algorithms: ALGORITHMS });
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) {
      throw failed('The provided signature value did not match the expected signature value.');
    }
    throw new Refusal(50027, { reason: error.message });
  }
  checkChain(header.x5c, entry, clientId);
  checkTimes(claims, { now, skew });
  if (!audiences.includes(claims.aud)) throw new Refusal(700023);
  if (typeof claims.jti !== 'string' || claims.jti === '') {
    throw new Refusal(50027, { reason: "The claim 'jti' is missing." });
  }
}
