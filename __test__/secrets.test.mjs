// No secret is in any log, error or output, however sign-in ends: with a client secret, with a certificate, by a proxy.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { byApi, byCommand, findSecrets, formsOf, keyLines } from './secrets-support.mjs';
import { startTenant } from './tenant/index.mjs';

const PROXY = { user: 'ada', password: 'p@ss:word/100%&~secret' };

let tenant;
let proxy;
let fixed;
before(async () => {
  tenant = await startTenant();
  fixed = {
    'the client secret': tenant.clientSecret,
    'the expired secret': tenant.expiredSecret,
    'the wrong secret': 'abc8Q~hush.hush/hush+hush',
    "the certificate's password": tenant.certificates.certificatePassword,
    'the wrong password': 'hush hush, not this one',
    "the proxy's password": PROXY.password,
    ...keyLines(readFileSync(tenant.certificates.pem, 'utf8')),
    ...keyLines(readFileSync(tenant.certificates.pkcs1Pem, 'utf8')),
  };
});
beforeEach(() => tenant.reset());
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});
after(() => tenant.close());

/** The assertions that the tenant was shown, which are secrets until they expire. */
const assertions = () =>
  Object.fromEntries(
    tenant.tokenRequests
      .filter(({ form }) => form.client_assertion)
      .map(({ form }, index) => [`assertion ${index}`, form.client_assertion]),
  );

function assertNothingSecret({ said, secrets }) {
  assert.deepEqual(findSecrets(said, { ...fixed, ...assertions(), ...secrets }), []);
}

test('the search finds a secret in each form, wherever it stands', () => {
  const secret = 'abc8Q~hush/hush+"hush"ü';
  for (const [form, shown] of Object.entries(formsOf(secret))) {
    assert.notDeepEqual(findSecrets(`said: ${shown}!`, { secret }), [], form);
  }
  for (const around of ['', 'a', 'ab', 'abc', 'abcd']) {
    for (const encoding of ['base64', 'base64url']) {
      const text = Buffer.from(`${around}${secret}${around}`).toString(encoding);
      assert.equal(findSecrets(text, { secret }).length, 1, `${encoding} with ${around} around`);
    }
  }
  assert.deepEqual(findSecrets('abc8Q~hush', { secret }), []);
  assert.equal(findSecrets(tenant.issueFederatedToken(), {}).length, 1);
  assert.throws(() => findSecrets('', { short: 'abc' }), RangeError);
});

const certificate = (name, more = {}) => ({
  kind: 'certificate',
  env: async () => ({ WORKIQ_CLIENT_CERTIFICATE_PATH: await tenant.certificates[name], ...more }),
});
const always = (rule) => () => tenant.fail({ at: 'token', times: Infinity, ...rule });
const withProxy = (credentials, url) => ({
  env: async () => {
    proxy = await tenant.startProxy({ credentials: PROXY });
    return { HTTPS_PROXY: url?.() ?? proxy.urlWith(credentials) };
  },
});

/** Each way to end: `code` of the error, or none; `sent` where a request is made, and its log line is looked for. */
const CASES = {
  'a secret that is right': { sent: true },
  'a wrong secret': {
    env: () => ({ WORKIQ_CLIENT_SECRET: fixed['the wrong secret'] }),
    code: 'invalid_client',
    sent: true,
  },
  'an expired secret': {
    env: () => ({ WORKIQ_CLIENT_SECRET: tenant.expiredSecret }),
    code: 'invalid_client',
    sent: true,
  },
  'a secret with a line break': {
    env: () => ({ WORKIQ_CLIENT_SECRET: `${tenant.clientSecret}\n` }),
    code: 'invalid_settings',
  },
  'two credentials': {
    env: () => ({ WORKIQ_CLIENT_CERTIFICATE: readFileSync(tenant.certificates.pem, 'utf8') }),
    code: 'invalid_settings',
  },
  'an unknown application': {
    env: () => ({ WORKIQ_CLIENT_ID: '33333333-2222-4333-8444-555555555555' }),
    code: 'unauthorized_client',
    sent: true,
  },
  'an unknown CA': { env: () => ({ NODE_EXTRA_CA_CERTS: undefined }), code: 'tls_error' },
  'a host that is not there': {
    env: () => ({ WORKIQ_AUTHORITY_HOST: 'https://127.0.0.1:9' }),
    code: 'network_error',
  },
  'a page of HTML': { fault: always({ html: true, status: 200 }), code: 'unexpected_response', sent: true },
  'a redirect': {
    fault: always({ redirect: 'https://login.contoso.example/' }),
    code: 'unexpected_response',
    sent: true,
  },
  'a connection that breaks': { fault: always({ reset: true }), code: 'network_error', sent: true },
  'an answer that breaks off': { fault: always({ truncated: true }), code: 'network_error', sent: true },
  'an answer without its expiry': {
    fault: always({ members: { expires_in: undefined } }),
    code: 'unexpected_response',
    sent: true,
  },
  'a token of another type': {
    fault: always({ members: { token_type: 'pop' } }),
    code: 'unexpected_response',
    sent: true,
  },
  'an answer that is no UTF-8': {
    fault: always({ invalidUtf8: true }),
    code: 'unexpected_response',
    sent: true,
  },
  'an answer that is too large': {
    fault: always({ oversize: 2 << 20 }),
    code: 'unexpected_response',
    sent: true,
  },
  'a time-out': { fault: always({ hang: true }), options: { timeoutMs: 500 }, code: 'timeout', sent: true },
  'a certificate that is right': { ...certificate('pem'), sent: true },
  'a certificate with its chain': {
    ...certificate('chainPem', { WORKIQ_CLIENT_SEND_CERTIFICATE_CHAIN: 'true' }),
    sent: true,
  },
  'a certificate inline': {
    kind: 'certificate',
    env: () => ({
      WORKIQ_CLIENT_CERTIFICATE_PATH: undefined,
      WORKIQ_CLIENT_CERTIFICATE: readFileSync(tenant.certificates.pkcs1Pem, 'utf8'),
    }),
    sent: true,
  },
  'a certificate with half a key': {
    kind: 'certificate',
    env: () => ({
      WORKIQ_CLIENT_CERTIFICATE_PATH: undefined,
      WORKIQ_CLIENT_CERTIFICATE: readFileSync(tenant.certificates.pem, 'utf8').replace(/(\n.{64}){4}/, ''),
    }),
    code: 'certificate_malformed',
  },
  'a certificate that is not registered': {
    ...certificate('unregisteredPem'),
    code: 'invalid_client',
    sent: true,
  },
  'a certificate with a wrong clock': {
    ...certificate('pem'),
    offset: 3600,
    code: 'invalid_client',
    sent: true,
  },
  ...Object.fromEntries(
    ['encryptedPem', 'pfx', 'legacyPfx'].flatMap((name) => [
      [`${name} with its password`, { ...certificate(name), password: true, sent: true }],
      [
        `${name} with a wrong password`,
        {
          ...certificate(name, { WORKIQ_CLIENT_CERTIFICATE_PASSWORD: 'hush hush, not this one' }),
          code: 'certificate_password_wrong',
        },
      ],
      [`${name} without a password`, { ...certificate(name), code: 'certificate_password_missing' }],
    ]),
  ),
  'a proxy that asks for its password': { ...withProxy(), sent: true },
  'a proxy that refuses another': {
    ...withProxy({ user: 'ada', password: 'hush hush, not this one' }),
    code: 'proxy_error',
  },
  'a proxy that is not there': {
    ...withProxy(undefined, () => `http://ada:${encodeURIComponent(PROXY.password)}@127.0.0.1:9`),
    code: 'proxy_error',
  },
  'a proxy that is no URL': {
    ...withProxy(undefined, () => `http://ada:${encodeURIComponent(PROXY.password)}@`),
    code: 'invalid_settings',
  },
};

describe('no secret shows', () => {
  for (const [
    title,
    { kind = 'secret', env = () => ({}), fault, options, password, offset = 0, code, sent },
  ] of Object.entries(CASES)) {
    for (const [way, drive] of [
      ['the command', byCommand],
      ['the API', byApi],
    ]) {
      // The command has no setting for the deadline, and thirty seconds are too long to wait for.
      if (options && drive === byCommand) continue;
      test(`${title}, by ${way}`, { timeout: 30_000 }, async () => {
        fault?.();
        tenant.setClockOffset(offset);
        const secret = password
          ? { WORKIQ_CLIENT_CERTIFICATE_PASSWORD: fixed["the certificate's password"] }
          : {};
        const outcome = await drive({ ...tenant.env(kind), ...secret, ...(await env()) }, options);
        tenant.setClockOffset(0);
        assertNothingSecret(outcome);
        assert.equal(outcome.ok, code === undefined, outcome.err);
        if (drive === byApi) assert.equal(outcome.code, code, outcome.err);
        // There was something to look through: the log is on, and the request was made.
        if (sent) assert.match(outcome.said, /asking for a token/);
      });
    }
  }
});
