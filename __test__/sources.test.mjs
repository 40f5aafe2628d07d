// Where the credential comes from when it is neither secret nor certificate: a CI system, a file, the host, az, a token
// from outside, or the program itself.

import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { AuthError } from 'workiq-auth';
import { credentialIn, program } from './engine-support.mjs';
import { run } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
const PUBLIC = 'api://AzureADTokenExchange';

let tenant;
let scope;
before(async () => {
  tenant = await startTenant();
  scope = `${tenant.graph}/.default`;
});
beforeEach(() => {
  tenant.reset();
  tenant.azureCli.answer('app-only');
});
after(() => tenant.close());

/** The application's environment with no credential in it. */
const bare = () => ({ ...tenant.env('secret'), WORKIQ_CLIENT_SECRET: undefined });
const federated = (more) => tenant.issueFederatedToken({ aud: tenant.federatedAudience, ...more });
const assertions = () => tenant.tokenRequests.map(({ form }) => form.client_assertion);

async function refused(env, code, ...parts) {
  const { code: exit, err, out } = await run(['token'], env);
  assert.equal(exit, code, err);
  assert.equal(out, '');
  for (const part of parts) assert.match(err, part);
}

for (const kind of ['github', 'pipelines', 'token-file', 'managed-identity', 'azure-cli']) {
  test(`${kind} signs in, by command and from JavaScript`, async () => {
    const { code, out, err } = await run(['token'], tenant.env(kind));
    assert.equal(code, 0, err);
    assert.equal(decodeJwt(out.trim()).aud, tenant.graph);
    // In a process of its own: a managed identity and az are the process', whatever it hands to us.
    const api = await program(
      `createCredential().getToken(${JSON.stringify(scope)}).then(({ token }) => console.log(token));`,
      tenant.env(kind),
    );
    assert.equal(decodeJwt(api.out.trim()).appid, tenant.clientId);
  });
}

describe('a federated token is asked for anew for each request', () => {
  for (const [kind, path] of [
    ['github', '/_github/oidc'],
    ['pipelines', '/_pipelines/oidc'],
  ]) {
    test(kind, async () => {
      const credential = credentialIn(tenant.env(kind));
      await credential.getToken(scope);
      await credential.getToken(scope);
      await credential.getToken(scope, { claims: CLAIMS });
      assert.equal(new Set(assertions()).size, 2);
      assert.equal(tenant.requests.filter((request) => request.path.startsWith(path)).length, 2);
    });
  }

  test('in a file that is replaced', async () => {
    const file = join(tenant.dir, 'rotating.jwt');
    const replace = (token) => {
      writeFileSync(`${file}.new`, `${token}\n`);
      renameSync(`${file}.new`, file);
    };
    const first = federated();
    replace(first);
    const env = { ...tenant.env('token-file'), WORKIQ_FEDERATED_TOKEN_FILE: file };
    const credential = credentialIn(env);
    await credential.getToken(scope);
    const second = federated();
    replace(second);
    await credential.getToken(scope, { claims: CLAIMS });
    assert.deepEqual(assertions(), [first, second]);
  });

  test('from a callback, which is called only when a request is sent', async () => {
    let calls = 0;
    const credential = credentialIn(
      { ...bare(), WORKIQ_FEDERATED_AUDIENCE: tenant.federatedAudience },
      {
        clientAssertion: async () => {
          calls += 1;
          return federated();
        },
      },
    );
    assert.equal(calls, 0);
    await Promise.all(Array.from({ length: 50 }, () => credential.getToken(scope)));
    await credential.getToken(scope);
    assert.equal(calls, 1);
    tenant.fail({ at: 'token', status: 500 });
    await credential.getToken(scope, { claims: CLAIMS });
    assert.equal(calls, 3);
    assert.equal(new Set(assertions()).size, 3);
  });
});

describe('a callback that fails is an error, never a crash', () => {
  const cases = {
    'throws at once': [
      () => {
        throw new Error('the vault is sealed');
      },
      /the vault is sealed/,
    ],
    'rejects with no error': [() => Promise.reject('sealed'), /sealed/],
    'gives a number': [async () => 42, /number in place of a string/],
    'gives nothing': [async () => {}, /undefined in place of a string/],
  };
  for (const [title, [clientAssertion, expected]] of Object.entries(cases)) {
    test(title, async () => {
      const env = { ...bare(), WORKIQ_FEDERATED_AUDIENCE: tenant.federatedAudience };
      const outcome = credentialIn(env, { clientAssertion }).getToken(scope);
      await assert.rejects(outcome, (error) => {
        assert.ok(error instanceof AuthError);
        assert.equal(error.code, 'client_assertion_failed');
        assert.match(error.message, expected);
        return true;
      });
      assert.equal(tenant.tokenRequests.length, 0);
    });
  }

  test('never answers: the deadline ends it', async () => {
    const env = { ...bare(), WORKIQ_FEDERATED_AUDIENCE: tenant.federatedAudience };
    const options = { clientAssertion: () => new Promise(() => {}), timeoutMs: 200 };
    await assert.rejects(credentialIn(env, options).getToken(scope), AuthError);
  });

  test('is no function', () => {
    assert.throws(() => credentialIn(bare(), { clientAssertion: 'a JWT' }), { code: 'invalid_settings' });
  });
});

describe('what is said when it does not fit', () => {
  test('a runner whose job may not ask for id tokens', () =>
    refused({ ...bare(), GITHUB_ACTIONS: 'true' }, 2, /permissions: id-token: write/));

  test('a pipeline that hands no access token to the step', () => {
    const { SYSTEM_ACCESSTOKEN: _, ...env } = tenant.env('pipelines');
    return refused({ ...env, TF_BUILD: 'True' }, 2, /SYSTEM_ACCESSTOKEN: \$\(System\.AccessToken\)/);
  });

  test('a subject that no credential has: the presented one is printed, and the command that adds it', async () => {
    const file = join(tenant.dir, 'other.jwt');
    const sub = 'repo:contoso@5544123/decisions@821093847:environment:production';
    writeFileSync(file, federated({ sub }));
    const env = { ...tenant.env('token-file'), WORKIQ_FEDERATED_TOKEN_FILE: file };
    await refused(env, 3, /AADSTS700213/, new RegExp(`subject +${sub}`), /federated-credential create/);
  });

  test('the audience of a cloud, at an authority that is not that cloud', async () => {
    const file = join(tenant.dir, 'public.jwt');
    writeFileSync(file, federated({ aud: PUBLIC }));
    const env = { ...tenant.env('token-file'), WORKIQ_FEDERATED_TOKEN_FILE: file };
    await refused(env, 3, /It was not sent to https:\/\/localhost/);
    await refused({ ...env, WORKIQ_FEDERATED_AUDIENCE: undefined }, 2, /WORKIQ_FEDERATED_AUDIENCE/);
    await refused({ ...env, WORKIQ_FEDERATED_AUDIENCE: PUBLIC }, 2, /WORKIQ_FEDERATED_AUDIENCE/);
    assert.equal(tenant.tokenRequests.length, 0);
  });

  test('a token file that is gone, empty, or holds no JWT', async () => {
    const env = (path) => ({ ...tenant.env('token-file'), WORKIQ_FEDERATED_TOKEN_FILE: path });
    await refused(env(join(tenant.dir, 'none')), 3, /WORKIQ_FEDERATED_TOKEN_FILE/, /none/);
    for (const content of ['', 'no JWT']) {
      const file = join(tenant.dir, 'odd.jwt');
      writeFileSync(file, content);
      await refused(env(file), 3, /it was not sent|was not used|not a JWT|empty/i);
    }
    assert.equal(tenant.tokenRequests.length, 0);
  });

  test('az with a person signed in to it, and az with nobody', async () => {
    tenant.azureCli.answer('delegated');
    await refused(tenant.env('azure-cli'), 3, /az login --service-principal/);
    tenant.azureCli.answer('signed-out');
    await refused(tenant.env('azure-cli'), 3, /az login/);
  });
});

describe('a token from outside', () => {
  const env = (token) => ({ ...bare(), WORKIQ_ACCESS_TOKEN: token });

  test('is used as it is, and needs neither tenant nor client', async () => {
    const token = await tenant.mintToken();
    const { out, code, err } = await run(['token'], {
      ...env(token),
      WORKIQ_TENANT_ID: undefined,
      WORKIQ_CLIENT_ID: undefined,
    });
    assert.equal(code, 0, err);
    assert.equal(out.trim(), token);
    assert.equal(tenant.tokenRequests.length, 0);
    const fetched = await run(['fetch', '-u', '/users/ada@contoso.com/messages?$top=1'], env(token));
    assert.equal(fetched.code, 0, fetched.err);
  });

  test('for another resource, or with a person in it, is refused', async () => {
    await refused(
      env(await tenant.mintToken({ audience: 'https://other.example' })),
      3,
      /other\.example.*was not used/,
    );
    const delegated = await tenant.mintToken();
    const [header, , signature] = delegated.split('.');
    const claims = { ...decodeJwt(delegated), scp: 'User.Read' };
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    await refused(env(`${header}.${body}.${signature}`), 3, /scp|person|delegated/);
  });
});

test('the one that is pinned is taken, and none else', async () => {
  const both = { ...tenant.env('github'), ...tenant.env('secret') };
  await run(['token'], both);
  assert.ok(tenant.tokenRequests[0].form.client_secret);
  await run(['token'], { ...both, WORKIQ_CREDENTIAL: 'github' });
  assert.ok(tenant.tokenRequests[1].form.client_assertion);
  const { err } = await run(['token'], { ...tenant.env('github'), WORKIQ_CREDENTIAL: 'certificate' });
  assert.match(err, /WORKIQ_CLIENT_CERTIFICATE_PATH/);
});
