/**
 * What the machine itself offers: managed identity, and a signed-in `az`.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { delimiter } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { startTenant } from '../index.mjs';

let tenant;
before(async () => {
  tenant = await startTenant();
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

describe('managed identity', () => {
  const get = (parameters, headers = {}, method = 'GET') =>
    new Promise((resolve, reject) => {
      const url = new URL(tenant.managedIdentity.endpoint);
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      const sent = { 'x-identity-header': tenant.managedIdentity.header, ...headers };
      const outgoing = request(url, { method, headers: sent, agent: false }, async (response) => {
        const text = Buffer.concat(await response.toArray()).toString('utf8');
        resolve({ status: response.statusCode, json: JSON.parse(text) });
      });
      outgoing.on('error', reject).end();
    });
  const good = () => ({ 'api-version': '2019-08-01', resource: tenant.graph });

  test('gives a token of the host, or of the identity asked for', async () => {
    const { status, json } = await get(good());
    assert.equal(status, 200);
    assert.match(json.expires_on, /^\d+$/);
    assert.equal(json.token_type, 'Bearer');
    const claims = decodeJwt(json.access_token);
    assert.deepEqual([claims.aud, claims.appid], [tenant.graph, tenant.managedIdentity.systemAssigned]);
    assert.equal(Number(json.expires_on), claims.exp);
    const assigned = await get({ ...good(), client_id: tenant.clientId });
    assert.equal(decodeJwt(assigned.json.access_token).appid, tenant.clientId);
    const read = await tenant.request(`${tenant.graph}/v1.0/`, { token: json.access_token });
    assert.equal(read.status, 200);
    assert.equal(tenant.managedIdentity.requests.length, 2);
  });

  test('each mistake is refused', async () => {
    for (const [parameters, headers, method, status] of [
      [good(), { 'x-identity-header': 'wrong' }, 'GET', 401],
      [{ ...good(), 'api-version': '2017-09-01' }, {}, 'GET', 400],
      [{ 'api-version': '2019-08-01' }, {}, 'GET', 400],
      [{ ...good(), client_id: crypto.randomUUID() }, {}, 'GET', 400],
      [{ ...good(), client_id: tenant.clientId, object_id: 'x' }, {}, 'GET', 400],
      [{ ...good(), resource: `${tenant.graph}/.default` }, {}, 'GET', 400],
      [good(), {}, 'POST', 405],
    ]) {
      const answer = await get(parameters, headers, method);
      assert.equal(answer.status, status, JSON.stringify([parameters, answer.json]));
      assert.equal(answer.json.statusCode, status);
    }
  });

  test('fails on demand', async () => {
    tenant.fail({ at: 'managed-identity', status: 503, body: { statusCode: 503 } });
    tenant.fail({ at: 'managed-identity', members: { expires_on: '11/24/2026 3:04:05 PM +00:00' } });
    assert.equal((await get(good())).status, 503);
    assert.equal((await get(good())).json.expires_on, '11/24/2026 3:04:05 PM +00:00');
    assert.equal((await get(good())).status, 200);
  });

  test('has its environment', () => {
    const env = tenant.env('managed-identity');
    assert.equal(env.WORKIQ_CREDENTIAL, 'managed-identity');
    assert.match(env.IDENTITY_ENDPOINT, /^http:\/\/localhost:\d+\//);
    assert.equal(env.IDENTITY_HEADER, tenant.managedIdentity.header);
    assert.equal(env.WORKIQ_CLIENT_SECRET, undefined);
  });
});

describe('az', () => {
  beforeEach(() => tenant.azureCli.answer('app-only'));

  const az = (...args) => {
    const { PATH } = tenant.env('azure-cli');
    const child = spawn('az', args, { env: { ...process.env, PATH }, shell: process.platform === 'win32' });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    const ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal, out, err }));
    });
    return { child, ended };
  };
  const getToken = (...more) => az('account', 'get-access-token', '--output', 'json', ...more);

  test('is first on PATH, and gives a token in the shape of az', async () => {
    const env = tenant.env('azure-cli');
    assert.ok(env.PATH.split(delimiter)[0].startsWith(tenant.dir));
    assert.equal(env.WORKIQ_CREDENTIAL, 'azure-cli');
    for (const asked of [
      ['--resource', tenant.graph],
      ['--scope', `${tenant.graph}/.default`, '--tenant', tenant.tenantId],
      [`--scope=${tenant.graph}/.default`],
    ]) {
      const { code, out, err } = await getToken(...asked).ended;
      assert.equal(code, 0, err);
      const answer = JSON.parse(out);
      assert.match(answer.expiresOn, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
      const claims = decodeJwt(answer.accessToken);
      assert.deepEqual([claims.aud, claims.idtyp, claims.exp], [tenant.graph, 'app', answer.expires_on]);
      assert.equal(new Date(answer.expiresOn).getTime(), answer.expires_on * 1000);
      assert.deepEqual([answer.tenant, answer.tokenType], [tenant.tenantId, 'Bearer']);
      assert.deepEqual(tenant.azureCli.calls.at(-1).args.slice(4), asked);
    }
  });

  test('refuses what the real one would', async () => {
    for (const [args, code, text] of [
      [['account', 'get-access-tokens'], 2, /unknown command/],
      [['account', 'get-access-token', '--scopes', 'x'], 2, /unrecognized arguments: --scopes/],
      [['account', 'get-access-token', '--resource'], 2, /expected one argument/],
      [['account', 'get-access-token', '--resource', 'https://x.example'], 1, /AADSTS500011/],
      [
        ['account', 'get-access-token', '--resource', tenant.graph, '--tenant', 'fabrikam.com'],
        1,
        /AADSTS90002/,
      ],
    ]) {
      const ended = await az(...args).ended;
      assert.equal(ended.code, code, ended.err);
      assert.match(ended.err, text);
      assert.equal(ended.out, '');
    }
  });

  test("can be a person's, or signed out", async () => {
    tenant.azureCli.answer('delegated');
    const { out } = await getToken('--resource', tenant.graph).ended;
    const claims = decodeJwt(JSON.parse(out).accessToken);
    assert.equal(claims.idtyp, 'user');
    assert.ok(claims.scp);
    assert.equal(claims.roles, undefined);
    tenant.azureCli.answer('signed-out');
    const ended = await getToken('--resource', tenant.graph).ended;
    assert.deepEqual([ended.code, ended.out], [1, '']);
    assert.match(ended.err, /Please run 'az login'/);
  });

  test('can hang until it is killed, and tells when it was', async () => {
    tenant.azureCli.answer('hang');
    const next = tenant.azureCli.next();
    const { child, ended } = getToken('--resource', tenant.graph);
    const call = await next;
    child.kill('SIGKILL');
    await call.ended;
    assert.notEqual((await ended).code, 0);
  });
});
