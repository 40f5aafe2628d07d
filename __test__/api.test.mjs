// The JavaScript API as a program uses it.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import * as esm from 'workiq-auth';
import { startTenant } from './tenant/index.mjs';

const { AuthError, createCredential, diagnose, mcpServer, resolveAuthMode } = esm;

let tenant;
let scope;
const saved = { ...process.env };

before(async () => {
  tenant = await startTenant();
  scope = `${tenant.graph}/.default`;
});
beforeEach(() => {
  tenant.reset();
  for (const name of Object.keys(process.env))
    if (/^(WORKIQ|AZURE)_|_proxy$/i.test(name)) delete process.env[name];
  Object.assign(process.env, tenant.env('secret'));
});
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
});
after(() => tenant.close());

test('CommonJS and ESM give the same', () => {
  const cjs = createRequire(import.meta.url)('workiq-auth');
  assert.deepEqual({ ...cjs }, { AuthError, createCredential, resolveAuthMode, mcpServer, diagnose });
  assert.deepEqual(Object.keys(cjs).sort(), [
    'AuthError',
    'createCredential',
    'diagnose',
    'mcpServer',
    'resolveAuthMode',
  ]);
});

describe('getToken', () => {
  test('gives a token that Graph takes, and the second time the same from memory', async () => {
    const credential = createCredential();
    const first = await credential.getToken(scope);
    const second = await credential.getToken([scope]);
    assert.deepEqual(second, first);
    assert.equal(first.tokenType, 'Bearer');
    assert.ok(first.expiresOnTimestamp > Date.now() + 3_000_000);
    assert.equal(tenant.tokenRequests.length, 1);
  });

  test('options win over variables', async () => {
    process.env.WORKIQ_CLIENT_SECRET = 'abc8Q~wrong';
    await createCredential({ clientSecret: tenant.clientSecret }).getToken(scope);
    assert.equal(tenant.tokenRequests[0].form.client_secret, tenant.clientSecret);
  });

  test('any number of callers share one request, in success and in failure', async () => {
    const credential = createCredential();
    await Promise.all(Array.from({ length: 200 }, () => credential.getToken(scope)));
    assert.equal(tenant.tokenRequests.length, 1);
    tenant.reset();
    const wrong = createCredential({ clientSecret: 'abc8Q~wrong' });
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => wrong.getToken(scope)));
    assert.ok(outcomes.every(({ reason }) => reason instanceof AuthError && reason.aadsts === 7000215));
    assert.equal(tenant.tokenRequests.length, 1);
  });

  test('claims bring a new token, which replaces the old one', async () => {
    const credential = createCredential();
    const old = await credential.getToken(scope);
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
    const renewed = await credential.getToken(scope, { claims });
    assert.notEqual(renewed.token, old.token);
    assert.equal((await credential.getToken(scope)).token, renewed.token);
    assert.deepEqual(JSON.parse(tenant.tokenRequests[1].form.claims), {
      access_token: { nbf: { essential: true, value: '1' }, xms_cc: { values: ['cp1'] } },
    });
  });

  test('aborts at once, before and midway, and leaves others alone', async () => {
    const credential = createCredential();
    await assert.rejects(credential.getToken(scope, { abortSignal: AbortSignal.abort() }), {
      name: 'AbortError',
    });
    assert.equal(tenant.requests.length, 0);
    const hang = tenant.fail({ at: 'token', hang: true });
    const controller = new AbortController();
    const aborted = credential.getToken(scope, { abortSignal: controller.signal });
    controller.abort();
    await assert.rejects(aborted, { name: 'AbortError' });
    hang.remove();
    await credential.getToken(scope);
  });

  test('a token endpoint that hangs ends at the deadline', async () => {
    const hang = tenant.fail({ at: 'token', hang: true, times: Infinity });
    await assert.rejects(createCredential({ timeoutMs: 300 }).getToken(scope), {
      code: 'timeout',
      retryable: true,
    });
    hang.remove();
  });

  test('errors carry everything', async () => {
    const error = await createCredential({ clientSecret: 'abc8Q~wrong' })
      .getToken(scope)
      .catch((reason) => reason);
    assert.ok(error instanceof AuthError && error instanceof Error);
    assert.equal(error.name, 'AuthError');
    assert.equal(error.code, 'invalid_client');
    assert.equal(error.aadsts, 7000215);
    assert.equal(error.status, 401);
    assert.match(error.correlationId, /^[0-9a-f-]{36}$/);
    assert.match(error.traceId, /^[0-9a-f-]{36}$/);
    assert.match(error.hint, /WORKIQ_CLIENT_SECRET|clientSecret/);
    assert.equal(error.retryable, false);
    assert.match(error.stack, /api\.test\.mjs/);
  });

  test('another tenant is refused, the own one is not', async () => {
    const credential = createCredential();
    await assert.rejects(credential.getToken(scope, { tenantId: 'other.com' }), {
      code: 'tenant_not_allowed',
    });
    await credential.getToken(scope, { tenantId: tenant.tenantId.toUpperCase() });
  });

  test('only <resource>/.default, one at a time', async () => {
    const credential = createCredential();
    for (const scopes of ['User.Read', [], [scope, scope], '/.default']) {
      await assert.rejects(credential.getToken(scopes), { code: 'invalid_scope' });
    }
    assert.equal(tenant.requests.length, 0);
  });
});

test('createCredential says what is wrong, all at once', () => {
  for (const name of ['WORKIQ_TENANT_ID', 'WORKIQ_CLIENT_ID', 'WORKIQ_CLIENT_SECRET'])
    delete process.env[name];
  assert.throws(
    () => createCredential(),
    (error) => error instanceof AuthError && /^3 settings/.test(error.message),
  );
  assert.throws(() => createCredential({ tenantID: 'x' }), /tenantID/);
  assert.throws(() => createCredential({ mode: 'delegated' }), { code: 'mode_delegated' });
});

test('resolveAuthMode', () => {
  assert.equal(resolveAuthMode({}), 'delegated');
  assert.equal(resolveAuthMode({ WORKIQ_AUTH_MODE: 'agent-user' }), 'agent-user');
  assert.equal(resolveAuthMode(), 'app-only');
  assert.throws(() => resolveAuthMode({ WORKIQ_AUTH_MODE: 'x' }), /delegated, app-only or agent-user/);
});

describe('mcpServer', () => {
  test('gives what a client needs, and no secret', () => {
    const server = mcpServer({ user: 'ada@contoso.com' });
    assert.equal(server.type, 'stdio');
    assert.equal(server.env.WORKIQ_USER, 'ada@contoso.com');
    assert.ok(server.timeout > 45_000);
    assert.ok(!JSON.stringify(server).includes(tenant.clientSecret));
    // What a client would pass on of the environment is unset.
    assert.equal(server.env.WORKIQ_CLIENT_SECRET, '');
    assert.throws(
      () => mcpServer({ clientSecret: 'abc8Q~hush', tenantId: 'common' }),
      (error) => !error.message.includes('hush') && error.code === 'invalid_settings',
    );
  });

  test('starts a server that works', async () => {
    const { Client } = await import('@modelcontextprotocol/client');
    const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
    const { WORKIQ_CLIENT_SECRET: _, ...others } = tenant.env('secret');
    delete process.env.WORKIQ_CLIENT_SECRET;
    Object.assign(process.env, others, { WORKIQ_CLIENT_CERTIFICATE_PATH: tenant.certificates.pem });
    const { command, args, env } = mcpServer();
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StdioClientTransport({ command, args, env, stderr: 'ignore' }));
    const { isError } = await client.callTool({
      name: 'fetch',
      arguments: { entityUrls: ['/users/ada@contoso.com/messages?$top=1'] },
    });
    assert.equal(isError ?? false, false);
    await client.close();
  });
});

test('a worker thread can sign in, and be ended while it does', async () => {
  const code = `
    const { createCredential } = require(${JSON.stringify(createRequire(import.meta.url).resolve('workiq-auth'))});
    const { parentPort } = require('node:worker_threads');
    createCredential().getToken(${JSON.stringify(scope)}).then(({ tokenType }) => parentPort.postMessage(tokenType));
    parentPort.on('message', () => {});
  `;
  const worker = new Worker(code, { eval: true });
  assert.equal(await new Promise((resolve) => worker.once('message', resolve)), 'Bearer');
  await worker.terminate();
  const hang = tenant.fail({ at: 'token', hang: true });
  const busy = new Worker(code, { eval: true });
  await new Promise((resolve) => busy.once('online', resolve));
  await busy.terminate();
  hang.remove();
});
