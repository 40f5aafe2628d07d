/**
 * The certificate files, read by other hands.
 */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import forge from 'node-forge';
import { startTenant } from '../index.mjs';
import { ask, asserted, assertion } from './helpers.mjs';

describe('certificate files', () => {
  let tenant;
  before(async () => {
    tenant = await startTenant();
  });
  after(() => tenant.close());
  const read = (name) => readFileSync(tenant.certificates[name], 'utf8');

  test('PEM in all its forms', () => {
    assert.match(read('pem'), /^-----BEGIN PRIVATE KEY-----[\s\S]*-----BEGIN CERTIFICATE-----/);
    assert.match(read('certFirstPem'), /^-----BEGIN CERTIFICATE-----[\s\S]*-----BEGIN PRIVATE KEY-----/);
    assert.match(read('pkcs1Pem'), /^-----BEGIN RSA PRIVATE KEY-----/);
    assert.match(read('encryptedPem'), /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    assert.ok(read('crlfPem').includes('-----\r\n') && !/[^\r]\n/.test(read('crlfPem')));
    assert.equal(read('chainPem').match(/BEGIN CERTIFICATE/g).length, 2);
    assert.ok(!read('noKeyPem').includes('PRIVATE KEY'));
    const key = createPrivateKey({
      key: read('encryptedPem'),
      passphrase: tenant.certificates.certificatePassword,
    });
    const spki = (one) => createPublicKey(one).export({ type: 'spki', format: 'der' });
    assert.deepEqual(spki(key), spki(read('pem')));
    const mismatched = read('mismatchedPem');
    const x509 = new X509Certificate(mismatched.slice(mismatched.indexOf('-----BEGIN CERTIFICATE')));
    assert.ok(!x509.checkPrivateKey(createPrivateKey(mismatched)));
  });

  test('PFX, read by another hand', () => {
    const { certificatePassword } = tenant.certificates;
    const legacy = forge.asn1.fromDer(readFileSync(tenant.certificates.legacyPfx).toString('binary'));
    const bags = forge.pkcs12
      .pkcs12FromAsn1(legacy, certificatePassword)
      .getBags({ bagType: forge.pki.oids.certBag });
    assert.equal(bags[forge.pki.oids.certBag][0].cert.subject.getField('CN').value, 'workiq-ci');
    for (const [name, passphrase] of [
      ['pfx', certificatePassword],
      ['pfxNoPassword', ''],
      ['chainPfx', certificatePassword],
    ]) {
      const pfx = readFileSync(tenant.certificates[name]);
      assert.doesNotThrow(() =>
        tlsConnect({ port: 1, pfx, passphrase, lookup: () => {} })
          .on('error', () => {})
          .destroy(),
      );
    }
  });

  test('a rotated certificate is registered', async () => {
    const pem = tenant.rotateCertificate();
    const x509 = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));
    const print = Buffer.from(x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    const jwt = await assertion(tenant, { key: pem, header: { 'x5t#S256': print } });
    assert.equal((await ask(tenant, asserted(jwt))).status, 200);
  });
});
