// A certificate whose file changes while the process runs, and one that is near its end.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { credentialIn, listenForWarnings, many } from './engine-support.mjs';
import { openGate } from './gate.mjs';
import { issue, thumbprints } from './tenant/ca.mjs';
import { startTenant } from './tenant/index.mjs';

const DAY = 86_400_000;
const warnings = listenForWarnings();

let tenant;
let scope;
let round = 0;
before(async () => {
  tenant = await startTenant();
  scope = `${tenant.graph}/.default`;
});
beforeEach(() => {
  tenant.reset();
  warnings.clear();
});
after(() => tenant.close());

/** A request, whatever is in memory; gives the thumbprint by which its assertion named the certificate. */
async function presented(credential) {
  round += 1;
  await credential.getToken(scope, { claims: `{"access_token":{"nbf":{"value":"${round}"}}}` });
  return decodeProtectedHeader(tenant.tokenRequests.at(-1).form.client_assertion)['x5t#S256'];
}

const thumbprint = (pem) =>
  thumbprints(Buffer.from(/BEGIN CERTIFICATE-----([^-]+)/.exec(pem)[1], 'base64')).x5tS256;

/** A new file beside it, then a rename: how agents that renew certificates do it. */
function replace(path, content) {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

/** A copy of the registered certificate, which a test may spoil, and a credential of it. */
function ownFile(name) {
  const path = join(tenant.dir, name);
  const content = readFileSync(tenant.certificates.pem, 'utf8');
  writeFileSync(path, content);
  const env = { ...tenant.env('certificate'), WORKIQ_CLIENT_CERTIFICATE_PATH: path };
  return { path, content, credential: credentialIn(env) };
}

describe('a file of a certificate', () => {
  test('is read once for many requests', async () => {
    const { credential, content } = ownFile('steady.pem');
    for (let request = 0; request < 3; request += 1) {
      assert.equal(await presented(credential), thumbprint(content));
    }
    assert.deepEqual(await warnings.heard(), []);
  });

  test('that is replaced: the next request is signed with the new one, and nobody is told', async () => {
    const { path, credential, content } = ownFile('rotated.pem');
    assert.equal(await presented(credential), thumbprint(content));
    const rotated = tenant.rotateCertificate();
    replace(path, rotated);
    assert.equal(await presented(credential), thumbprint(rotated));
    assert.notEqual(thumbprint(rotated), thumbprint(content));
    // Back again, in place and with the same length.
    writeFileSync(path, content);
    assert.equal(await presented(credential), thumbprint(content));
    assert.deepEqual(await warnings.heard(), []);
  });

  test('that is replaced under many callers: every request is signed by one or the other', async () => {
    const { path, credential, content } = ownFile('busy.pem');
    const rotated = tenant.rotateCertificate();
    const calls = many(40, async (_, index) => {
      if (index % 10 === 0) replace(path, index % 20 === 0 ? rotated : content);
      await credential.getToken(scope, { claims: `{"access_token":{"nbf":{"value":"busy ${index}"}}}` });
    });
    await calls;
    const seen = tenant.tokenRequests.map(
      ({ form }) => decodeProtectedHeader(form.client_assertion)['x5t#S256'],
    );
    assert.equal(seen.length, 40);
    assert.ok(seen.every((one) => [thumbprint(content), thumbprint(rotated)].includes(one)));
    assert.deepEqual(tenant.replayedJtis, []);
  });

  for (const [title, spoil] of [
    ['half written', (path, content) => replace(path, content.slice(0, content.length / 2))],
    ['empty', (path) => replace(path, '')],
    ['without its key', (path, content) => replace(path, /-----BEGIN CERTIFICATE[\s\S]*/.exec(content)[0])],
    ['gone', (path) => rmSync(path)],
  ]) {
    test(`whose new version is ${title}: the old one goes on, a warning says so once, a good one mends it`, async () => {
      const { path, credential, content } = ownFile(`${title.replace(' ', '-')}.pem`);
      await presented(credential);
      spoil(path, content);
      for (let request = 0; request < 3; request += 1) {
        assert.equal(await presented(credential), thumbprint(content));
      }
      const [warning, ...more] = await warnings.heard();
      assert.match(warning, /the certificate in use stays/);
      assert.deepEqual(more, []);
      const rotated = tenant.rotateCertificate();
      replace(path, rotated);
      assert.equal(await presented(credential), thumbprint(rotated));
      assert.deepEqual(await warnings.heard(), [warning]);
    });
  }

  test('that is broken from the start is told, and found when it is mended', async () => {
    const { path, credential, content } = ownFile('late.pem');
    replace(path, 'not yet');
    await assert.rejects(credential.getToken(scope), { code: 'certificate_format_unknown' });
    rmSync(path);
    await assert.rejects(credential.getToken(scope), { code: 'certificate_unreadable' });
    assert.equal(tenant.requests.length, 0);
    replace(path, content);
    assert.equal(await presented(credential), thumbprint(content));
  });
});

describe('the end of a certificate', () => {
  let gate;
  before(async () => {
    gate = await openGate(tenant);
  });
  after(() => gate.close());

  /** The warnings of three sign-ins with a certificate that ends in so many days. */
  async function warningsOf(days) {
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const notAfter = new Date(Date.now() + days * DAY);
    const { pem } = issue({ commonName: 'workiq-ci (ending)', ...keys, notAfter });
    const path = join(tenant.dir, `${days}-days.pem`);
    writeFileSync(path, keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) + pem);
    const env = { ...gate.env('certificate'), WORKIQ_CLIENT_CERTIFICATE_PATH: path };
    const credential = credentialIn(env);
    const token = await tenant.mintToken();
    gate.reset();
    gate.plan(...Array(3).fill((held) => held.grant(token)));
    for (let request = 0; request < 3; request += 1) {
      await credential.getToken(scope, { claims: `{"access_token":{"nbf":{"value":"${request}"}}}` });
    }
    assert.equal(gate.seen.length, 3);
    return warnings.heard();
  }

  test('that comes within ten days is told once, with the days left and the certificate', async () => {
    const [warning, ...more] = await warningsOf(10.5);
    assert.deepEqual(more, []);
    assert.match(warning, /expires in 10 days.*workiq-ci \(ending\)/);
  });

  test('that is far is not worth a word', async () => {
    assert.deepEqual(await warningsOf(40), []);
  });
});
