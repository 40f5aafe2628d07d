// What people and servers do wrong with a secret does not make it show: it is in the wrong variable, or in an answer.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, describe, test } from 'node:test';
import { byApi, byCommand, findSecrets, keyLines } from './secrets-support.mjs';
import { startTenant } from './tenant/index.mjs';

let tenant;
let key;
before(async () => {
  tenant = await startTenant();
  key = readFileSync(tenant.certificates.pem, 'utf8');
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

/** Neither the command nor the API shows one of `secrets` in the tenant's environment with `changes`. */
async function assertHidden(changes, secrets = { 'the client secret': tenant.clientSecret }) {
  for (const drive of [byCommand, byApi]) {
    const { said } = await drive({ ...tenant.env('secret'), ...changes });
    assert.ok(said.length > 0);
    assert.deepEqual(findSecrets(said, secrets), [], drive.name);
  }
}

describe('a private key in the wrong place does not show', () => {
  const shapes = {
    'as it is': () => key,
    'in one line': () => key.replaceAll('\n', ' '),
    'with its line breaks escaped': () => key.replaceAll('\n', '\\n'),
    'cut off': () => key.slice(0, 900),
    'in base64': () => Buffer.from(key).toString('base64'),
  };
  for (const place of [
    'WORKIQ_CLIENT_CERTIFICATE_PATH',
    'WORKIQ_CLIENT_CERTIFICATE_PASSWORD',
    'WORKIQ_CLIENT_SECRET',
  ]) {
    for (const [shape, make] of Object.entries(shapes)) {
      test(`${shape}, in ${place}`, async () => {
        const text = make();
        // In base64 of the whole, stretches of it stand for the lines of the key.
        const stretches = text.match(/.{48}/g)?.map((part, index) => [`stretch ${index}`, part]);
        const secrets = shape === 'in base64' ? Object.fromEntries(stretches.slice(1)) : keyLines(key);
        await assertHidden({ WORKIQ_CLIENT_SECRET: undefined, [place]: text }, secrets);
      });
    }
  }
});

describe('a client secret in the wrong place does not show', () => {
  const cases = {
    'in exchange with the client id': (secret) => ({
      WORKIQ_CLIENT_ID: secret,
      WORKIQ_CLIENT_SECRET: tenant.clientId,
    }),
    'as the path of a certificate': (secret) => ({
      WORKIQ_CLIENT_SECRET: undefined,
      WORKIQ_CLIENT_CERTIFICATE_PATH: secret,
    }),
    'as a certificate': (secret) => ({
      WORKIQ_CLIENT_SECRET: undefined,
      WORKIQ_CLIENT_CERTIFICATE: secret,
    }),
    'as the password of a proxy that is no URL': (secret) => ({ HTTPS_PROXY: `http://ada:${secret}@` }),
    'as the password of an authority': (secret) => ({
      WORKIQ_AUTHORITY_HOST: `https://ada:${secret}@localhost:1`,
    }),
    'as the password of an authority over http': (secret) => ({
      WORKIQ_AUTHORITY_HOST: `http://ada:${secret}@localhost:1`,
    }),
    'as the password of Graph': (secret) => ({
      WORKIQ_GRAPH_ENDPOINT: `https://ada:${secret}@localhost:1`,
    }),
  };
  for (const [title, changes] of Object.entries(cases)) {
    test(title, () => assertHidden(changes(tenant.clientSecret)));
  }
});

describe('an answer that repeats what was sent does not make it show', () => {
  const echo = (secret) => `the server has read: client_secret=${secret}`;
  const json = (members) => JSON.stringify(members);
  const cases = {
    'in the words of OAuth': [400, (s) => json({ error: 'invalid_request', error_description: echo(s) })],
    'as the code of OAuth': [400, (s) => json({ error: s })],
    'encoded as it was sent': [400, (s) => `client_secret=${encodeURIComponent(s)}&scope=…`],
    'as a page': [403, (s) => `<html><pre>${echo(s)}</pre></html>`],
    'as a page with 200': [200, (s) => `<html><pre>${echo(s)}</pre></html>`],
    'in JSON that is not of OAuth': [500, (s) => json({ form: { client_secret: s } })],
  };
  for (const [title, [status, body]] of Object.entries(cases)) {
    test(title, { timeout: 30_000 }, async () => {
      tenant.fail({ at: 'token', status, body: body(tenant.clientSecret), times: Infinity });
      await assertHidden({});
      assert.ok(tenant.tokenRequests.length > 0);
    });
  }

  test('nor a token in an answer that is an error', { timeout: 30_000 }, async () => {
    const token = 'opaque.hush-hush-hush-hush-hush-hush-hush';
    tenant.fail({ at: 'token', status: 500, body: { access_token: token }, times: Infinity });
    await assertHidden({}, { token });
  });
});
