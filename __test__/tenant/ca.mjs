/**
 * X.509: certificates written by hand, so that a tenant starts in milliseconds and with any kind of key.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { bits, implicit, integer, nil, octets, oid, pem, seq, set, tagged, time, utf8, yes } from './der.mjs';

const DAY = 86_400_000;
const SIGNATURE = {
  rsa: () => seq(oid('1.2.840.113549.1.1.11'), nil()),
  ec: () => seq(oid('1.2.840.10045.4.3.2')),
};

const name = (commonName) =>
  seq(set(seq(oid('2.5.4.10'), utf8('Contoso (test tenant)'))), set(seq(oid('2.5.4.3'), utf8(commonName))));

const keyId = (publicKey) =>
  createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();

const extension = (id, value, critical = false) =>
  critical ? seq(oid(id), yes(), octets(value)) : seq(oid(id), octets(value));

function extensions({ publicKey, issuer, isCa, hosts }) {
  const list = [
    extension('2.5.29.19', isCa ? seq(yes()) : seq(), true),
    extension('2.5.29.15', isCa ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7), true),
    extension('2.5.29.14', octets(keyId(publicKey))),
    extension('2.5.29.35', seq(implicit(0, keyId(issuer?.publicKey ?? publicKey)))),
  ];
  if (hosts) {
    const names = hosts.map((host) =>
      Buffer.isBuffer(host) ? implicit(7, host) : implicit(2, Buffer.from(host)),
    );
    list.push(extension('2.5.29.17', seq(...names)));
    list.push(extension('2.5.29.37', seq(oid('1.3.6.1.5.5.7.3.1'))));
  }
  return tagged(3, seq(...list));
}

/**
 * Issues a certificate; self-signed where no issuer is given.
 *
 * @param {object} wanted
 * @param {string} wanted.commonName
 * @param {import('node:crypto').KeyObject} wanted.publicKey
 * @param {import('node:crypto').KeyObject} [wanted.privateKey] signs when there is no issuer
 * @param {{commonName: string, publicKey: object, privateKey: object}} [wanted.issuer]
 * @param {boolean} [wanted.isCa]
 * @param {(string | Buffer)[]} [wanted.hosts] DNS names, and addresses as bytes: makes it a TLS server's
 * @param {Date} [wanted.notBefore]
 * @param {Date} [wanted.notAfter]
 * @returns {{der: Buffer, pem: string, x509: X509Certificate, commonName: string, publicKey: object, privateKey?: object}}
 */
export function issue(wanted) {
  const { commonName, publicKey, privateKey, issuer } = wanted;
  const signer = issuer?.privateKey ?? privateKey;
  const algorithm = SIGNATURE[signer.asymmetricKeyType]();
  const body = seq(
    tagged(0, integer(2)),
    integer(Buffer.concat([Buffer.from([0x4c]), randomBytes(15)])),
    algorithm,
    name(issuer?.commonName ?? commonName),
    seq(
      time(wanted.notBefore ?? new Date(Date.now() - DAY)),
      time(wanted.notAfter ?? new Date(Date.now() + 365 * DAY)),
    ),
    name(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions(wanted),
  );
  const der = seq(body, algorithm, bits(sign('sha256', body, signer)));
  return {
    der,
    pem: pem('CERTIFICATE', der),
    x509: new X509Certificate(der),
    commonName,
    publicKey,
    privateKey,
  };
}

/** A root of its own, with the identity that the tenant's servers show. Elliptic: made in a millisecond. */
export function createAuthority(commonName = 'Contoso Test Root') {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const root = issue({ commonName, ...keys, isCa: true });
  return {
    root,
    /**
     * A TLS server certificate for loopback, as options for node:https.
     *
     * @param {string[]} [names] further DNS names
     */
    serverIdentity(names = []) {
      const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const loopback = ['localhost', Buffer.from([127, 0, 0, 1]), Buffer.from([...Array(15).fill(0), 1])];
      const leaf = issue({
        commonName: 'localhost',
        ...server,
        issuer: root,
        hosts: [...loopback, ...names],
      });
      return { cert: leaf.pem, key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }) };
    },
  };
}

/** The thumbprints by which Entra knows a certificate. */
export function thumbprints(der) {
  const sha1 = createHash('sha1').update(der).digest();
  const sha256 = createHash('sha256').update(der).digest();
  return {
    sha1: sha1.toString('hex').toUpperCase(),
    sha256: sha256.toString('hex').toUpperCase(),
    x5t: sha1.toString('base64url'),
    x5tS256: sha256.toString('base64url'),
  };
}
