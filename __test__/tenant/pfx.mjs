/**
 * PKCS#12 as today's and as yesterday's tools write it.
 */
import { createCipheriv, createPrivateKey, pbkdf2Sync, randomBytes } from 'node:crypto';
import forge from 'node-forge';
import { bmp, implicit, integer, nil, octets, oid, seq, set, tagged } from './der.mjs';

const ITERATIONS = 2048;
const DATA = '1.2.840.113549.1.7.1';
const binary = (buffer) => forge.util.createBuffer(buffer.toString('binary'));
const bytes = (text) => Buffer.from(text, 'binary');

const MAC = {
  sha1: () => seq(oid('1.3.14.3.2.26'), nil()),
  sha256: () => seq(oid('2.16.840.1.101.3.4.2.1'), nil()),
};

const derive = (password, salt, id, size, md) =>
  bytes(forge.pkcs12.generateKey(password, binary(salt), id, ITERATIONS, size, md).getBytes());

const content = (der) => seq(oid(DATA), tagged(0, octets(der)));

const encryptedContent = (algorithm, ciphertext) =>
  seq(
    oid('1.2.840.113549.1.7.6'),
    tagged(0, seq(integer(0), seq(oid(DATA), algorithm, implicit(0, ciphertext)))),
  );

function modernCertificates(plain, password) {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256'), iv);
  const kdf = seq(
    oid('1.2.840.113549.1.5.12'),
    seq(octets(salt), integer(ITERATIONS), seq(oid('1.2.840.113549.2.9'), nil())),
  );
  const algorithm = seq(
    oid('1.2.840.113549.1.5.13'),
    seq(kdf, seq(oid('2.16.840.1.101.3.4.1.42'), octets(iv))),
  );
  return encryptedContent(algorithm, Buffer.concat([cipher.update(plain), cipher.final()]));
}

function legacyEncrypt(cipher, plain, iv) {
  cipher.start(binary(iv), undefined);
  cipher.update(binary(plain));
  cipher.finish();
  return bytes(cipher.output.getBytes());
}

function legacyCertificates(plain, password) {
  const salt = randomBytes(8);
  const key = derive(password, salt, 1, 5, forge.md.sha1.create());
  const iv = derive(password, salt, 2, 8, forge.md.sha1.create());
  const cipher = forge.rc2.createEncryptionCipher(key.toString('binary'), 40);
  const algorithm = seq(oid('1.2.840.113549.1.12.1.6'), seq(octets(salt), integer(ITERATIONS)));
  return encryptedContent(algorithm, legacyEncrypt(cipher, plain, iv));
}

function legacyKey(plain, password) {
  const salt = randomBytes(8);
  const key = derive(password, salt, 1, 24, forge.md.sha1.create());
  const iv = derive(password, salt, 2, 8, forge.md.sha1.create());
  const cipher = createCipheriv('des-ede3-cbc', key, iv);
  const algorithm = seq(oid('1.2.840.113549.1.12.1.3'), seq(octets(salt), integer(ITERATIONS)));
  return seq(algorithm, octets(Buffer.concat([cipher.update(plain), cipher.final()])));
}

const bag = (id, value, attributes) => seq(oid(id), tagged(0, value), attributes);
const certificateBag = (der, attributes) =>
  bag('1.2.840.113549.1.12.10.1.3', seq(oid('1.2.840.113549.1.9.22.1'), tagged(0, octets(der))), attributes);

/**
 * @param {object} parts
 * @param {string} parts.key PEM
 * @param {Buffer[]} parts.certificates DER, the leaf first
 * @param {string} [parts.password] empty: encrypted under the empty password, as tools do
 * @param {boolean} [parts.legacy] RC2-40 for certificates, 3DES for the key, SHA-1 for the MAC;
 *   otherwise PBES2 with AES-256 and SHA-256
 * @returns {Buffer}
 */
export function writePfx({ key, certificates, password = '', legacy = false }) {
  const attributes = set(
    seq(oid('1.2.840.113549.1.9.20'), set(bmp('workiq'))),
    seq(oid('1.2.840.113549.1.9.21'), set(octets(Buffer.from([1])))),
  );
  const certificateBags = seq(
    ...certificates.map((der, index) => certificateBag(der, index === 0 ? attributes : Buffer.alloc(0))),
  );
  const privateKey = createPrivateKey(key);
  const shrouded = legacy
    ? legacyKey(privateKey.export({ type: 'pkcs8', format: 'der' }), password)
    : privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: password });
  const safe = seq(
    (legacy ? legacyCertificates : modernCertificates)(certificateBags, password),
    content(seq(bag('1.2.840.113549.1.12.10.1.2', shrouded, attributes))),
  );
  const hash = legacy ? 'sha1' : 'sha256';
  const salt = randomBytes(8);
  const md = forge.md[hash].create();
  const mac = forge.hmac.create();
  mac.start(hash, derive(password, salt, 3, md.digestLength, md).toString('binary'));
  mac.update(safe.toString('binary'));
  const macData = seq(
    seq(MAC[hash](), octets(bytes(mac.digest().getBytes()))),
    octets(salt),
    integer(ITERATIONS),
  );
  return seq(integer(3), content(safe), macData);
}
