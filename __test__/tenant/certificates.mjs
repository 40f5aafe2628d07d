/**
 * The client's certificates, in every form that people bring. Each is a file made when first asked for.
 */
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issue, thumbprints } from './ca.mjs';
import { writePfx } from './pfx.mjs';

const DAY = 86_400_000;
const PASSWORD = 'correct horse battery staple';
const pkcs8 = (key) => key.export({ type: 'pkcs8', format: 'pem' });
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Memo for things that are slow to make. */
const once = (make) => {
  let value;
  return () => (value ??= make());
};

/**
 * Certificates registered on the application, by thumbprint, and the files on disk.
 *
 * The properties of `files` are getters with a memo: reading `files.pem` makes the file.
 * All forms of the registered certificate (`pem`, `certFirstPem`, `pkcs1Pem`, `encryptedPem`, `crlfPem`,
 * `pfx`, `pfxNoPassword`, `legacyPfx`) hold one and the same key and certificate.
 *
 * @param {string} dir
 */
export function createCertificates(dir) {
  /** @type {Map<string, {x509: object, sha1: string, notBefore: Date, notAfter: Date}>} */
  const registered = new Map();

  const register = (certificate) => {
    const prints = thumbprints(certificate.der);
    const entry = {
      x509: certificate.x509,
      der: certificate.der,
      ...prints,
      notBefore: new Date(certificate.x509.validFrom),
      notAfter: new Date(certificate.x509.validTo),
    };
    registered.set(prints.x5t, entry);
    registered.set(prints.x5tS256, entry);
    return certificate;
  };

  const keys = once(rsa);
  const otherKeys = once(rsa);
  const make = (commonName, more = {}) => issue({ commonName, ...keys(), ...more });
  const main = once(() => register(make('workiq-ci')));
  const chainRoot = once(() => {
    const root = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return issue({ commonName: 'Contoso Issuing CA', ...root, isCa: true });
  });
  const chainLeaf = once(() => register(make('workiq-ci (issued)', { issuer: chainRoot() })));

  const write = (file, content) => {
    const path = join(dir, file);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const key = () => keys().privateKey;
  const keyPem = () => pkcs8(key());
  const outside = (from, to) => ({
    notBefore: new Date(Date.now() + from * DAY),
    notAfter: new Date(Date.now() + to * DAY),
  });

  const makers = {
    pem: () => write('client.pem', keyPem() + main().pem),
    certFirstPem: () => write('cert-first.pem', main().pem + keyPem()),
    pkcs1Pem: () => write('pkcs1.pem', key().export({ type: 'pkcs1', format: 'pem' }) + main().pem),
    encryptedPem: () =>
      write(
        'encrypted.pem',
        key().export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSWORD }) +
          main().pem,
      ),
    crlfPem: () => write('crlf.pem', (keyPem() + main().pem).replaceAll('\n', '\r\n')),
    chainPem: () => write('chain.pem', keyPem() + chainLeaf().pem + chainRoot().pem),
    pfx: () =>
      write('client.pfx', writePfx({ key: keyPem(), certificates: [main().der], password: PASSWORD })),
    pfxNoPassword: () => write('no-password.pfx', writePfx({ key: keyPem(), certificates: [main().der] })),
    legacyPfx: () =>
      write(
        'legacy.pfx',
        writePfx({ key: keyPem(), certificates: [main().der], password: PASSWORD, legacy: true }),
      ),
    chainPfx: () =>
      write(
        'chain.pfx',
        writePfx({ key: keyPem(), certificates: [chainLeaf().der, chainRoot().der], password: PASSWORD }),
      ),
    expiredPem: () =>
      write('expired.pem', keyPem() + register(make('workiq-ci (expired)', outside(-90, -2))).pem),
    notYetValidPem: () =>
      write('not-yet-valid.pem', keyPem() + register(make('workiq-ci (future)', outside(2, 90))).pem),
    ecPem: () => {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return write(
        'ec.pem',
        pkcs8(pair.privateKey) + register(issue({ commonName: 'workiq-ci (EC)', ...pair })).pem,
      );
    },
    noKeyPem: () => write('no-key.pem', main().pem),
    mismatchedPem: () => write('mismatched.pem', pkcs8(otherKeys().privateKey) + main().pem),
    unregisteredPem: () => write('unregistered.pem', keyPem() + make('workiq-ci (not registered)').pem),
  };

  const files = { certificatePassword: PASSWORD };
  for (const [name, maker] of Object.entries(makers)) {
    Object.defineProperty(files, name, { enumerable: true, get: once(maker) });
  }

  return {
    files,
    registered,
    password: PASSWORD,
    /** Key, certificate and thumbprints of the registered certificate, for clients that want them apart. */
    identity: () => ({ key: keyPem(), certificate: main().pem, der: main().der, ...thumbprints(main().der) }),
    /** Another certificate for the application: what rotation brings. Returns PEM text of key and certificate. */
    rotate: () => keyPem() + register(make('workiq-ci (rotated)')).pem,
    /** Registers somebody else's certificate, given as PEM text. */
    upload(pem) {
      const x509 = new X509Certificate(pem);
      register({ x509, der: x509.raw });
    },
  };
}
