// The command from the outside: what a user types, what is printed, how it ends.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { run } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

let tenant;
before(async () => {
  tenant = await startTenant();
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

/** Everything secret in use, in each form in which it could show. */
function assertNothingSecret(result, ...secrets) {
  const said = result.out + result.err;
  for (const secret of [
    tenant.clientSecret,
    tenant.expiredSecret,
    tenant.certificates.certificatePassword,
    ...secrets,
  ]) {
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      assert.ok(!said.includes(form), `a secret was printed:\n${said}`);
    }
  }
}

describe('token', () => {
  test('prints the token alone on stdout', async () => {
    const { code, out } = await run(['token'], tenant.env('secret'));
    assert.equal(code, 0);
    assert.equal(decodeJwt(out.trim()).aud, tenant.graph);
    assert.equal(out.split('\n').length, 2);
  });

  test('prints JSON with expiry, and takes flags for what is not secret', async () => {
    const { WORKIQ_TENANT_ID, WORKIQ_CLIENT_ID, ...env } = tenant.env('secret');
    const flags = ['--tenant-id', WORKIQ_TENANT_ID, '--client-id', WORKIQ_CLIENT_ID];
    const { code, out } = await run(
      ['token', '--json', ...flags, '--scope', `${tenant.graph}/.default`],
      env,
    );
    assert.equal(code, 0);
    const { token, tokenType, expiresOn, scope } = JSON.parse(out);
    assert.equal(tokenType, 'Bearer');
    assert.equal(scope, `${tenant.graph}/.default`);
    assert.equal(Math.round(Date.parse(expiresOn) / 60_000), Math.round(decodeJwt(token).exp / 60));
  });

  for (const name of ['pem', 'certFirstPem', 'pkcs1Pem', 'crlfPem', 'pfxNoPassword']) {
    test(`signs in with ${name}`, async () => {
      const env = {
        ...tenant.env('certificate'),
        WORKIQ_CLIENT_CERTIFICATE_PATH: await tenant.certificates[name],
      };
      const { code, err } = await run(['token'], env);
      assert.equal(code, 0, err);
      assert.equal(tenant.tokenRequests.length, 1);
    });
  }

  for (const name of ['encryptedPem', 'pfx', 'legacyPfx']) {
    test(`signs in with ${name} and its password, and not without`, async () => {
      const env = {
        ...tenant.env('certificate'),
        WORKIQ_CLIENT_CERTIFICATE_PATH: await tenant.certificates[name],
      };
      const good = await run(['token'], {
        ...env,
        WORKIQ_CLIENT_CERTIFICATE_PASSWORD: tenant.certificates.certificatePassword,
      });
      assert.equal(good.code, 0, good.err);
      const wrong = await run(['token'], { ...env, WORKIQ_CLIENT_CERTIFICATE_PASSWORD: 'wrong' });
      assert.equal(wrong.code, 3);
      assert.match(wrong.err, /the password does not fit[\s\S]*WORKIQ_CLIENT_CERTIFICATE_PASSWORD/);
      const none = await run(['token'], env);
      assert.match(none.err, /no password is set[\s\S]*Set WORKIQ_CLIENT_CERTIFICATE_PASSWORD/);
      assertNothingSecret(good);
      assert.equal(tenant.tokenRequests.length, 1);
    });
  }

  test('sends the chain when asked to, and RS256 when asked to', async () => {
    const env = {
      ...tenant.env('certificate'),
      WORKIQ_CLIENT_SEND_CERTIFICATE_CHAIN: 'true',
      WORKIQ_ASSERTION_ALG: 'RS256',
    };
    assert.equal((await run(['token'], env)).code, 0);
    const [header] = tenant.tokenRequests[0].form.client_assertion.split('.');
    const { alg, x5t, x5c } = JSON.parse(Buffer.from(header, 'base64url'));
    assert.equal(alg, 'RS256');
    assert.ok(x5t);
    assert.equal(x5c.length, 1);
  });

  test('takes the path of a certificate in WORKIQ_CLIENT_SECRET, and never sends it as a secret', async () => {
    const { WORKIQ_CLIENT_SECRET: _, ...env } = tenant.env('secret');
    assert.equal((await run(['token'], { ...env, WORKIQ_CLIENT_SECRET: tenant.certificates.pem })).code, 0);
    const missing = await run(['token'], { ...env, WORKIQ_CLIENT_SECRET: './no-such.pem' });
    assert.equal(missing.code, 3);
    assert.match(missing.err, /certificate file that WORKIQ_CLIENT_SECRET names cannot be read/);
    assert.ok(tenant.tokenRequests.every(({ form }) => form.client_secret === undefined));
  });

  test('takes a certificate inline, as PEM and as base64', async () => {
    const { readFileSync } = await import('node:fs');
    const { WORKIQ_CLIENT_CERTIFICATE_PATH: path, ...env } = tenant.env('certificate');
    for (const text of [readFileSync(path, 'utf8'), readFileSync(path).toString('base64')]) {
      const { code, err } = await run(['token'], { ...env, WORKIQ_CLIENT_CERTIFICATE: text });
      assert.equal(code, 0, err);
    }
  });
});

describe('settings', () => {
  const cases = [
    ['no mode', { WORKIQ_AUTH_MODE: undefined }, ['delegated', 'WORKIQ_AUTH_MODE=app-only']],
    [
      'an unknown mode',
      { WORKIQ_AUTH_MODE: 'apponly' },
      ['WORKIQ_AUTH_MODE', '"apponly"', 'delegated, app-only or agent-user'],
    ],
    ['agent-user', { WORKIQ_AUTH_MODE: 'agent-user' }, ['not available in this version']],
    ['no tenant', { WORKIQ_TENANT_ID: '' }, ['WORKIQ_TENANT_ID', 'is missing']],
    ['tenant common', { WORKIQ_TENANT_ID: 'common' }, ['"common"', 'just one']],
    ['no client', { WORKIQ_CLIENT_ID: undefined }, ['WORKIQ_CLIENT_ID', 'is missing']],
    [
      'no credential',
      { WORKIQ_CLIENT_SECRET: undefined },
      ['WORKIQ_CLIENT_SECRET', 'are missing|is missing'],
    ],
    [
      'a secret with a line break',
      { WORKIQ_CLIENT_SECRET: 'abc8Q~hush\n' },
      ['WORKIQ_CLIENT_SECRET', 'ends with a line break'],
    ],
    [
      'both secret and certificate',
      { WORKIQ_CLIENT_CERTIFICATE_PATH: '/c.pem' },
      ['WORKIQ_CLIENT_CERTIFICATE_PATH and WORKIQ_CLIENT_SECRET'],
    ],
    ['an authority over http', { WORKIQ_AUTHORITY_HOST: 'http://localhost:1' }, ['is not https']],
    ['an unknown cloud', { WORKIQ_CLOUD: 'mars' }, ['"mars"', 'usgov-dod']],
    ['a log level that is none', { WORKIQ_LOG: 'loud' }, ['WORKIQ_LOG', '"loud"']],
  ];
  for (const [title, changes, parts] of cases) {
    test(`${title}: exit 2, and what to do`, async () => {
      const result = await run(['token'], { ...tenant.env('secret'), ...changes });
      assert.equal(result.code, 2, result.err);
      assert.equal(result.out, '');
      for (const part of parts) assert.match(result.err, new RegExp(part.replace(/[.]/g, '\\.')));
      assertNothingSecret(result, 'abc8Q~hush');
      assert.equal(tenant.requests.length, 0);
    });
  }

  test('all that is wrong is told at once', async () => {
    const { err } = await run(['token'], { WORKIQ_AUTH_MODE: 'app-only' });
    assert.match(
      err,
      /3 settings are missing or wrong:\n {2}- WORKIQ_TENANT_ID.*\n {2}- WORKIQ_CLIENT_ID.*\n {2}- WORKIQ_CLIENT_CERT/,
    );
  });

  for (const command of ['token', 'mcp', 'doctor']) {
    test(`with nothing set ${command} names all that is missing, and where it is told how to get it`, async () => {
      const { code, out, err } = await run([command], {});
      assert.notEqual(code, 0);
      const names = [
        'WORKIQ_AUTH_MODE=app-only',
        'WORKIQ_TENANT_ID',
        'WORKIQ_CLIENT_ID',
        'WORKIQ_CLIENT_SECRET',
        'https://github.com/workiq-auth/workiq-auth/blob/main/docs/getting-started.md',
      ];
      for (const name of names) assert.ok((out + err).includes(name), `${name} in ${out}${err}`);
    });
  }

  test('a secret as an argument is refused', async () => {
    const result = await run(['token', '--client-secret', 'abc8Q~hush'], tenant.env('secret'));
    assert.equal(result.code, 2);
    assert.match(result.err, /WORKIQ_CLIENT_SECRET/);
    assertNothingSecret(result, 'abc8Q~hush');
  });
});

describe('what Entra refuses', () => {
  const id = '33333333-2222-4333-8444-555555555555';
  const cases = [
    ['a wrong secret', 'secret', { WORKIQ_CLIENT_SECRET: 'abc8Q~hush' }, /AADSTS7000215[\s\S]*whole/],
    ['a secret id', 'secret', { WORKIQ_CLIENT_SECRET: id }, /AADSTS7000215[\s\S]*shape of a GUID/],
    [
      'an expired secret',
      'secret',
      () => ({ WORKIQ_CLIENT_SECRET: tenant.expiredSecret }),
      /AADSTS7000222[\s\S]*has expired/,
    ],
    ['a wrong client', 'secret', { WORKIQ_CLIENT_ID: id }, /AADSTS700016[\s\S]*WORKIQ_CLIENT_ID/],
    ['a wrong tenant', 'secret', { WORKIQ_TENANT_ID: id }, /AADSTS90002[\s\S]*WORKIQ_TENANT_ID/],
    [
      'an unregistered certificate',
      'certificate',
      async () => ({ WORKIQ_CLIENT_CERTIFICATE_PATH: await tenant.certificates.unregisteredPem }),
      /AADSTS700027[\s\S]*SHA-1 thumbprint [0-9A-F]{40}[\s\S]*WORKIQ_ASSERTION_ALG=RS256/,
    ],
  ];
  for (const [title, kind, changes, expected] of cases) {
    test(`${title}: exit 3, with a hint`, async () => {
      const given = typeof changes === 'function' ? await changes() : changes;
      const result = await run(['token'], { ...tenant.env(kind), ...given, WORKIQ_LOG: 'trace' });
      assert.equal(result.code, 3, result.err);
      assert.match(result.err, expected);
      assert.match(result.err, /correlation id [0-9a-f-]{36}/);
      assert.equal(result.out, '');
      assertNothingSecret(result, 'abc8Q~hush');
      assert.equal(tenant.tokenRequests.length, 1);
    });
  }

  const certificates = [
    ['expiredPem', /has expired: .*CN=.*SHA-1 thumbprint [0-9A-F]{40}/],
    ['notYetValidPem', /is not valid yet: .*CN=/],
    ['ecPem', /elliptic-curve \(EC\) key[\s\S]*AADSTS5002738/],
    ['noKeyPem', /has no private key/],
    ['mismatchedPem', /belongs to another certificate/],
  ];
  for (const [name, expected] of certificates) {
    test(`${name} is refused before anything is sent`, async () => {
      const path = await tenant.certificates[name];
      const result = await run(['token'], {
        ...tenant.env('certificate'),
        WORKIQ_CLIENT_CERTIFICATE_PATH: path,
      });
      assert.equal(result.code, 3);
      assert.match(result.err, expected);
      assert.ok(result.err.includes(path));
      assert.equal(tenant.requests.length, 0);
    });
  }
});

describe('the way to Entra', () => {
  test('an unknown CA: the hint names NODE_EXTRA_CA_CERTS', async () => {
    const result = await run(['token'], { ...tenant.env('secret'), NODE_EXTRA_CA_CERTS: undefined });
    assert.equal(result.code, 1);
    assert.match(result.err, /TLS with localhost:\d+ failed[\s\S]*NODE_EXTRA_CA_CERTS/);
    assert.equal(tenant.tokenRequests.length, 0);
  });

  test('nobody listens', async () => {
    const unused = await new Promise((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => resolve(port));
      });
    });
    const result = await run(['token'], {
      ...tenant.env('secret'),
      WORKIQ_AUTHORITY_HOST: `https://127.0.0.1:${unused}`,
    });
    assert.equal(result.code, 1);
    assert.match(result.err, new RegExp(`could not connect to 127.0.0.1:${unused}`));
  });

  test('a page of HTML instead of an answer', async () => {
    tenant.fail({ at: 'token', html: true, times: Infinity });
    const result = await run(['token'], tenant.env('secret'));
    assert.equal(result.code, 1);
    assert.match(result.err, /answered with HTTP 502 and no OAuth error/);
    assertNothingSecret(result);
  });

  test('a connection that breaks', async () => {
    tenant.fail({ at: 'token', reset: true, times: Infinity });
    const result = await run(['token'], tenant.env('secret'));
    assert.equal(result.code, 1);
    assert.match(result.err, /the connection to localhost:\d+ broke/);
  });

  test('a file of CAs that is none', async () => {
    const file = join(tenant.dir, 'not-a-ca.pem');
    writeFileSync(file, 'hello');
    const result = await run(['token'], { ...tenant.env('secret'), NODE_EXTRA_CA_CERTS: file });
    assert.equal(result.code, 2);
    assert.match(result.err, /NODE_EXTRA_CA_CERTS.*not-a-ca\.pem/);
  });
});

describe('fetch', () => {
  test('prints results in order, and one that fails does not sink the others', async () => {
    const ada = tenant.data.users?.[0]?.id ?? tenant.data.meetings[0].organizerId;
    const { code, out } = await run(
      ['fetch', '-u', `/users/${ada}/messages?$top=2`, '/me', '/nope'],
      tenant.env('secret'),
    );
    assert.equal(code, 0);
    const { results } = JSON.parse(out);
    assert.deepEqual(
      results.map((one) => one.statusCode),
      [200, 400, 400],
    );
    assert.equal(results[0].data.value.length, 2);
    assert.match(results[1].error.message, /WORKIQ_USER/);
    assert.match(results[2].error.innerError['request-id'], /^[0-9a-f-]{36}$/);
  });

  test('/me is WORKIQ_USER', async () => {
    const { code, out } = await run(['fetch', '--urls', '/me/messages?$top=1'], {
      ...tenant.env('secret'),
      WORKIQ_USER: 'ada@contoso.com',
    });
    assert.equal(code, 0, out);
    assert.match(tenant.graphRequests[0].path, /^\/v1\.0\/users\/ada@contoso\.com\/messages/);
  });

  test('what is not permitted ends with 3', async () => {
    const { code, out, err } = await run(['fetch', '-u', '/users'], tenant.env('secret'));
    assert.equal(code, 3, err);
    assert.equal(JSON.parse(out).results[0].error.code, 'Authorization_RequestDenied');
  });

  test('a claims challenge is answered with one new token and one retry', async () => {
    tenant.fail({
      at: 'graph',
      claimsChallenge: '{"access_token":{"nbf":{"essential":true,"value":"1795425978"}}}',
    });
    const { code, err } = await run(
      ['fetch', '-u', '/users/ada@contoso.com/messages?$top=1'],
      tenant.env('secret'),
    );
    assert.equal(code, 0, err);
    assert.equal(tenant.tokenRequests.length, 2);
    assert.match(tenant.tokenRequests[1].form.claims, /1795425978/);
    assert.equal(tenant.graphRequests.length, 2);
  });

  test('a redirect is not followed, and no token leaves for another origin', async () => {
    tenant.fail({ at: 'graph', status: 302, headers: { Location: `${tenant.storage}/x?sig=hush` } });
    const { out } = await run(['fetch', '-u', '/users/ada@contoso.com/messages'], tenant.env('secret'));
    assert.match(out, /"code": "redirect"/);
    assert.ok(!out.includes('hush'));
    assert.equal(tenant.storageRequests.length, 0);
    assert.ok(tenant.tokenRequests.every(({ headers }) => headers.authorization === undefined));
  });

  for (const error of [
    'GraphAccessToTranscriptsDisabled',
    'SpeakerAttributionNotAllowed',
    'NoApplicationAccessPolicy',
  ]) {
    test(`Graph's refusal ${error} comes back whole`, async () => {
      tenant.fail({ at: 'graph', graphError: error });
      const { out } = await run(
        ['fetch', '-u', '/users/ada@contoso.com/onlineMeetings/x/transcripts'],
        tenant.env('secret'),
      );
      const [{ statusCode, error: told }] = JSON.parse(out).results;
      assert.equal(statusCode, 403);
      assert.ok(told.message && JSON.stringify(told).includes('request-id'));
    });
  }
});

test('--help is for a newcomer, --version is the package, no command is usage', async () => {
  const { code, out } = await run(['--help']);
  assert.equal(code, 0);
  for (const part of ['mcp', 'token', 'fetch', 'exec', 'preload', 'WORKIQ_TENANT_ID', 'Exit codes'])
    assert.ok(out.includes(part), part);
  assert.equal((await run(['--version'])).out, 'workiq-auth 0.1.0\n');
  assert.equal((await run([])).code, 2);
  assert.equal((await run(['frobnicate'])).code, 2);
});
