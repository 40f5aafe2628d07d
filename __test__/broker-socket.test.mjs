// The broker as a process sees it that has its address: who may ask, what it gets, and how it ends.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { askRaw, closeBrokers, openBroker } from './brokers.mjs';
import { findSecrets } from './secrets-support.mjs';
import { hello, line, plain, run, startServer, toolCall, until } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const CHILD = fileURLToPath(new URL('children/behind-broker.mjs', import.meta.url));
const ADA = '/users/ada@contoso.com/messages?$top=1&$select=subject';
const BOUNDARY = '{"users": ["ada@contoso.com"]}';

let tenant;
let folder;
before(async () => {
  tenant = await startTenant({ roles: 'all' });
  folder = mkdtempSync(path.join(tmpdir(), 'broker test '));
});
beforeEach(() => tenant.reset());
afterEach(() => closeBrokers());
after(async () => {
  await tenant.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A broker with a secret, and more settings. */
const open = (more) => openBroker({ ...tenant.env('secret'), ...more });

describe('the socket', { skip: process.platform === 'win32' && 'a named pipe there' }, () => {
  test('is the owner’s alone, in a folder of its own, and goes with the broker', async () => {
    const broker = await open();
    const mode = (file) => statSync(file).mode & 0o777;
    assert.equal(mode(broker.address), 0o600);
    assert.equal(mode(path.dirname(broker.address)), 0o700);
    const { code } = await broker.close();
    assert.equal(code, 143);
    assert.ok(!existsSync(path.dirname(broker.address)));
    const { code: later, err } = await run(['fetch', '-u', ADA], broker.env);
    assert.equal(later, 3);
    assert.match(err, /nobody listens at/);
  });

  test('answers no other user, whatever its rights are', {
    skip: process.getuid?.() !== 0 && 'takes root',
  }, async () => {
    const broker = await open();
    const nobody = { uid: 65534, gid: 65534, encoding: 'utf8', env: { ...plain, ...broker.env } };
    const raw = `require('node:net').connect(${JSON.stringify(broker.address)})
      .on('connect', () => console.log('connected')).on('close', () => console.log('closed')).on('error', (e) => console.log(e.code))`;
    const asked = () => spawnSync(process.execPath, ['-e', raw], nobody).stdout.trim().split('\n');
    assert.deepEqual(asked(), ['EACCES', 'closed']);
    chmodSync(path.dirname(broker.address), 0o755);
    chmodSync(broker.address, 0o666);
    assert.deepEqual(asked(), ['connected', 'closed']);
    await broker.close();
  });

  test('of another user is not asked', { skip: process.getuid?.() !== 0 && 'takes root' }, async () => {
    const place = path.join(folder, 'stranger');
    const code = `require('node:fs').rmSync(${JSON.stringify(place)}, {force: true});
      require('node:net').createServer((s) => s.on('data', (d) => console.log(String(d)))).listen(${JSON.stringify(place)}, () => console.log('up'))`;
    chmodSync(folder, 0o777);
    const stranger = spawn(process.execPath, ['-e', code], {
      uid: 65534,
      gid: 65534,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = [];
    stranger.stdout.setEncoding('utf8').on('data', (text) => said.push(text));
    await once(stranger.stdout, 'data');
    const { code: exit, err } = await run(['fetch', '-u', ADA], {
      WORKIQ_AUTH_MODE: 'app-only',
      WORKIQ_BROKER: place,
    });
    assert.equal(exit, 3);
    assert.match(err, /is not this user's/);
    stranger.kill();
    assert.deepEqual(said, ['up\n']);
  });

  test('gives who speaks its protocol by himself no more than a tool', async () => {
    const env = { WORKIQ_BOUNDARY: BOUNDARY };
    const broker = await open(env);
    const ask = (question) => askRaw(broker.address, { version: 1, question });
    const view = { presentation: { exact: true, budget: 1 << 30 }, rendering: 'Short' };
    const call = (tool, args, wishes = {}) => ask({ call: { tool, arguments: args, view, wishes } });
    assert.equal(
      (await ask({ token: { scope: `${tenant.graph}/.default` } })).failed.code,
      'token_not_handed_out',
    );
    const shown = async (...paths) => (await call('fetch', { entityUrls: paths })).done.structured.results;
    const [inside, outside, batch] = await shown(ADA, '/users/grace@contoso.com/messages', '/$batch');
    assert.deepEqual([inside.statusCode, outside.error.code], [200, 'outsideBoundary']);
    assert.equal(batch.statusCode, 400);
    const wide = await call(
      'delete_entity',
      { entityUrl: '/users/ada@contoso.com/messages/x' },
      { writes: 'create,update,delete,action', callTimeout: { secs: 99, nanos: 0 } },
    );
    assert.equal(wide.done.structured.error.code, 'writesNotAllowed');
    assert.equal((await call('no_such_tool', {})).done, null);
    assert.equal((await ask({ settings: {} })).failed.code, 'broker_version');
    assert.equal(
      (await askRaw(broker.address, { version: 2, question: { about: {} } })).failed.code,
      'broker_version',
    );
    assert.equal((await askRaw(broker.address, Buffer.from('hello'))).failed.code, 'broker_version');
    // It goes on.
    assert.equal((await shown(ADA))[0].statusCode, 200);
    await broker.close();
  });
});

describe('what a process relies on', () => {
  test('is asked for before anything is', async () => {
    const broker = await open();
    for (const env of [
      { WORKIQ_BOUNDARY: BOUNDARY },
      { WORKIQ_AUDIT_FILE: path.join(folder, 'own.jsonl') },
    ]) {
      const { code, err } = await run(['fetch', '-u', ADA], { ...broker.env, ...env });
      assert.equal(code, 2);
      assert.match(err, /and the broker that it asks has (another boundary, or none|no audit)/);
    }
    assert.equal(tenant.graphRequests.length, 0);
    await broker.close();
    const with_ = await open({ WORKIQ_BOUNDARY: BOUNDARY, WORKIQ_AUDIT_FILE: path.join(folder, 'a.jsonl') });
    const same = {
      WORKIQ_BOUNDARY: '{"users":["ada@contoso.com"]}',
      WORKIQ_AUDIT_FILE: path.join(folder, 'b.jsonl'),
    };
    const { code, err } = await run(['fetch', '-u', ADA], { ...with_.env, ...same });
    assert.equal(code, 0, err);
    await with_.close();
  });
});

describe('an MCP server behind a broker', () => {
  test('tells progress, is cancelled as far as Graph, and survives its broker', async () => {
    const broker = await open();
    const server = startServer(broker.env);
    server.write(hello);
    await server.answer('hello');
    server.write(line({ id: 'list', method: 'tools/list' }));
    const { result } = await server.answer('list');
    assert.ok(result.tools.some((tool) => tool.name === 'fetch'));

    tenant.fail({ at: 'graph', hang: true, times: Infinity });
    server.write(toolCall('slow', 'fetch', { entityUrls: [ADA] }, { progressToken: 'p' }));
    await until(() => tenant.graphRequests.length === 1);
    server.write(line({ method: 'notifications/cancelled', params: { requestId: 'slow' } }));
    await tenant.graphRequests[0].closed;
    tenant.reset();

    server.write(toolCall('after', 'fetch', { entityUrls: [ADA] }));
    assert.equal((await server.answer('after')).result.structuredContent.results[0].statusCode, 200);
    await broker.close();
    server.write(toolCall('late', 'fetch', { entityUrls: [ADA] }));
    const late = (await server.answer('late')).result;
    assert.ok(late.isError);
    assert.match(late.content[0].text, /The process that holds the credential has ended/);
    server.child.kill();
    await server.ended;
  });
});

describe('mcpServer', () => {
  test('keeps a secret given in code, and serves by it for as long as the process runs', async () => {
    const given = tenant.env('secret');
    const { WORKIQ_CLIENT_SECRET: clientSecret, ...others } = given;
    const child = spawn(process.execPath, [CHILD, 'mcpServer'], {
      env: { ...plain, ...others, OPTIONS: JSON.stringify({ clientSecret, user: 'ada@contoso.com' }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    await new Promise((resolve) => child.once('close', resolve));
    const { entries, subject, address } = JSON.parse(text);
    assert.equal(entries[0].env.WORKIQ_BROKER, address);
    assert.deepEqual(entries[0], entries[1], 'one broker for the same settings');
    assert.notEqual(entries[2].env.WORKIQ_BROKER, address, 'and another for others');
    assert.deepEqual(findSecrets(JSON.stringify(entries), { clientSecret }), []);
    assert.ok(subject.length > 0);
    assert.ok(!existsSync(address), 'it ends with its process');
  });
});
