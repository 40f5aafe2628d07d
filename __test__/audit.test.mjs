// The audit: a line for all that was asked of Graph, over real processes, and nothing of what was answered.

import assert from 'node:assert/strict';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { auditLines, line, run, startTools, toolCall } from './support.mjs';
import { ALL_ROLES, startTenant } from './tenant/index.mjs';

const ADA = '/users/ada@contoso.com';

let tenant;
let count = 0;
let file;
let env;
before(async () => {
  tenant = await startTenant({ roles: 'all' });
});
beforeEach(() => {
  tenant.reset();
  tenant.setRoles('all');
  count += 1;
  file = join(tenant.dir, `audit-${count}.jsonl`);
  env = { ...tenant.env('secret'), WORKIQ_AUDIT_FILE: file };
});
after(() => tenant.close());

const read = (path = file) => auditLines(path);
const asked = (path) => read(path).filter(({ event }) => event !== 'start');
const fileOf = () => {
  const drive = tenant.data.drives[0];
  return { drive, item: drive.items.find((one) => one.file) };
};

describe('a line', () => {
  test('says what was asked, by whom, and how it ended', async () => {
    const tools = startTools({
      ...env,
      GITHUB_RUN_ID: '7',
      GITHUB_RUN_ATTEMPT: '2',
      GITHUB_REPOSITORY: 'contoso/agents',
    });
    await tools.fetch(`${ADA}/messages?$search="budget"&$top=1`);
    await tools.close();
    const [start, entry] = read();
    assert.deepEqual([start.event, start.app, start.tenant], ['start', tenant.clientId, tenant.tenantId]);
    const { time, pid, requestId, clientRequestId, bytes, ms, ...rest } = entry;
    assert.deepEqual(rest, {
      event: 'request',
      run: 'github:contoso/agents/runs/7/attempts/2',
      tool: 'fetch',
      method: 'GET',
      template: '/users/{id}/messages',
      resources: { users: ['ada@contoso.com'] },
      options: ['$search', '$top'],
      status: 200,
      attempts: 1,
    });
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(pid, start.pid);
    assert.ok(bytes > 100 && Number.isInteger(ms));
    assert.equal(clientRequestId, tenant.graphRequests[0].headers['client-request-id']);
    assert.match(requestId, /^[0-9a-f-]{36}$/);
  });

  test('is there for each item of a batch, and for each refusal', async () => {
    const tools = startTools(env);
    const paths = tenant.data.users.map(({ id }) => `/users/${id}/messages?$top=1`);
    const thirty = Array.from({ length: 30 }, (_, at) => paths[at % paths.length]);
    await tools.fetch(...thirty);
    const items = asked().filter(({ event }) => event === 'item');
    assert.equal(items.length, 30);
    assert.ok(items.every((one) => one.status === 200 && one.tool === 'fetch' && one.bytes > 0));
    assert.equal(asked().filter(({ template }) => template === '/$batch').length, 2);

    await tools
      .call('create_entity', { parentUrl: `${ADA}/messages`, jsonBody: { subject: 'x' } })
      .catch(() => {});
    await tools.call('do_action', { actionUrl: `${ADA}/sendMail`, jsonBody: {} });
    await tools.call('do_action', { actionUrl: '/search/query', headers: { Authorization: 'hush' } });
    await tools.call('do_action', { actionUrl: '/$batch', jsonBody: { requests: [] } });
    await tools.fetch('https://evil.example/?hush', '/users/%2e%2e/x', '/chats');
    tenant.setRoles(['Mail.Read']);
    tenant.revoke();
    await tools.fetch('/sites/root');
    await tools.close();
    const refused = asked()
      .filter(({ refusedBy }) => refusedBy)
      .map(({ refusedBy, template, status, tool }) => [refusedBy, template, status, tool]);
    assert.deepEqual(refused, [
      ['writes', '/users/{id}/messages', undefined, 'create_entity'],
      ['writes', '/users/{id}/sendMail', undefined, 'do_action'],
      ['path', '/search/query', undefined, 'do_action'],
      ['path', '/$batch', undefined, 'do_action'],
      ['path', '{path}', undefined, 'fetch'],
      ['path', '/users/{id}/{name}', undefined, 'fetch'],
      ['delegated', '/chats', undefined, 'fetch'],
      ['graph', '/sites/{id}', 403, 'fetch'],
    ]);
  });

  test('is there where sign-in failed, and where Graph was asked again', async () => {
    await run(['fetch', '-u', '/users'], { ...env, WORKIQ_CLIENT_SECRET: 'abc8Q~wrong' });
    tenant.fail({ at: 'graph', status: 429, headers: { 'Retry-After': '0' } });
    await run(['fetch', '-u', '/users'], env);
    const [unsigned, again] = asked();
    assert.deepEqual([unsigned.refusedBy, unsigned.attempts], ['signIn', undefined]);
    assert.deepEqual([again.status, again.attempts], [200, 2]);
  });

  test('is there where nobody waits for the answer any longer', async () => {
    const tools = startTools(env);
    tenant.fail({ at: 'graph', hang: true });
    tools.write(toolCall('doomed', 'fetch', { entityUrls: [ADA] }));
    while (tenant.graphRequests.length === 0) await new Promise(setImmediate);
    tools.write(line({ method: 'notifications/cancelled', params: { requestId: 'doomed' } }));
    await tenant.graphRequests[0].closed;
    await tools.close();
    const [doomed] = asked();
    assert.deepEqual([doomed.template, doomed.status, doomed.error], ['/users/{id}', undefined, 'no_answer']);
  });

  test('is there for content that Graph has elsewhere', async () => {
    const { drive, item } = fileOf();
    await run(['fetch-blob', '-p', `/drives/${drive.id}/items/${item.id}/content`], env);
    const lines = asked().map(({ event, template, status, bytes }) => [event, template, status, bytes]);
    const template = '/drives/{id}/items/{id}/content';
    assert.deepEqual(lines.at(-1), ['storage', template, 200, Buffer.byteLength(item.content)]);
    assert.deepEqual(lines[0].slice(0, 3), ['request', template, 302]);
    assert.deepEqual(asked()[0].resources, { drives: [drive.id], items: [item.id] });
  });
});

test('nothing that was read, searched for or signed with is in the file', async () => {
  const tools = startTools({ ...env, WORKIQ_ALLOW_WRITES: 'true' });
  const { drive, item } = fileOf();
  const words = ['Xylophone', 'Quagmire'];
  const [{ data }] = await tools.fetch(`${ADA}/messages?$search="${words[0]}"`);
  const [mail] = await tools.fetch(`${ADA}/messages?$filter=subject ne '${words[1]}'`);
  await tools.fetch(`/drives/${drive.id}/root/search(q='${words[0]}')`);
  await tools.call('fetch_blob', { path: `/drives/${drive.id}/items/${item.id}/content` });
  await tools.call('do_action', {
    actionUrl: '/search/query',
    jsonBody: { requests: [{ entityTypes: ['driveItem'], query: { queryString: words[1] } }] },
  });
  await tools.call('create_entity', { parentUrl: `${ADA}/messages`, jsonBody: { subject: words[1] } });
  await tools.close();
  assert.ok(data);
  const text = readFileSync(file, 'utf8');
  assert.ok(asked().length >= 7);
  const tokens = tenant.graphRequests.map(({ headers }) => headers.authorization?.replace('Bearer ', ''));
  const addresses = tenant.storageRequests.flatMap(({ path }) => path.split('?')[1]?.split('&') ?? []);
  assert.ok(addresses.length > 0 && mail.data.value.length > 0);
  const forbidden = [
    ...words,
    ...tokens.filter(Boolean),
    ...addresses,
    tenant.clientSecret,
    ...mail.data.value
      .flatMap(({ subject, bodyPreview }) => [subject, bodyPreview])
      .filter((one) => one?.length > 3),
    item.name,
    `${item.content}`.slice(0, 40),
  ];
  for (const one of forbidden) assert.ok(!text.includes(one), `${one} is in the audit`);
});

test('the file is its owner’s alone', { skip: process.platform === 'win32' }, async () => {
  await run(['fetch', '-u', '/users'], env);
  for (const name of [file, `${file}.lock`]) assert.equal(statSync(name).mode & 0o777, 0o600);
});

test('several processes write whole lines, and begin a new file together', async () => {
  const old = `${JSON.stringify({ time: 'x', event: 'request', template: '/old' })}\n`;
  // So near its end that none of them is done before it.
  writeFileSync(file, old.repeat(Math.floor(9_999_000 / old.length)));
  const sessions = Array.from({ length: 3 }, () => startTools(env));
  const calls = sessions.flatMap((tools) =>
    Array.from({ length: 30 }, () => tools.fetch('/users/ada@contoso.com')),
  );
  await Promise.all(calls);
  await Promise.all(sessions.map((tools) => tools.close()));
  const lines = [...read(`${file}.1`), ...read()].filter(({ template }) => template !== '/old');
  assert.equal(lines.filter(({ event }) => event === 'request').length, 90);
  assert.equal(new Set(read().map(({ pid }) => pid)).size, 3);
  assert.equal(
    readdirSync(tenant.dir).filter((name) => name.startsWith(`audit-${count}.jsonl`)).length,
    3,
    'the file, one old one and the lock',
  );
});

describe('without its audit nothing is sent', () => {
  test('where the file cannot be opened', async () => {
    const bad = { ...env, WORKIQ_AUDIT_FILE: join(tenant.dir, 'no', 'such', 'folder') };
    const { code, err } = await run(['fetch', '-u', '/users'], bad);
    assert.equal(code, 2);
    assert.match(err, /WORKIQ_AUDIT_FILE[\s\S]*What to do/);
    const tools = startTools(bad);
    assert.match(JSON.stringify(await tools.call('fetch', { entityUrls: ['/users'] })), /WORKIQ_AUDIT_FILE/);
    await tools.close();
    assert.equal(tenant.requests.length, 0);
  });

  test('where a line could not be written, until it could', async () => {
    const tools = startTools(env);
    await tools.fetch('/users');
    unlinkSync(file);
    mkdirSync(file);
    const codes = async () => (await tools.fetch('/users', '/sites/root')).map(({ error }) => error?.code);
    assert.deepEqual(await codes(), ['audit_failed', 'audit_failed']);
    const sent = tenant.graphRequests.length;
    assert.deepEqual(await codes(), ['audit_failed', 'audit_failed']);
    assert.equal(tenant.graphRequests.length, sent);
    rmdirSync(file);
    assert.deepEqual(await codes(), [undefined, undefined]);
    await tools.close();
    assert.equal(asked().length, tenant.graphRequests.length - 1, 'all but the first, which was deleted');
  });
});

describe('permissions --from-audit', () => {
  const permissions = async (...files) => {
    const { code, out, err } = await run(['permissions', '--from-audit', ...files]);
    assert.equal(code, 0, err);
    return JSON.parse(out);
  };

  test('tells what the tenant really asks for: with it all goes, without any of it not', async () => {
    const { drive, item } = fileOf();
    const team = tenant.data.teams[0];
    const paths = [
      `${ADA}/messages?$top=1`,
      `${ADA}/people`,
      `${ADA}/chats/getAllMessages()`,
      `/teams/${team.id}/channels/${team.channels[0].id}/messages`,
      `/drives/${drive.id}/items/${item.id}`,
      `/chats/${tenant.data.chats[0].id}/messages`,
      '/sites/root',
    ];
    const outcomes = async (extra) => {
      const { out } = await run(['fetch', '-u', ...paths], { ...env, ...extra });
      return JSON.parse(out).results.map(({ statusCode }) => statusCode);
    };
    const all = paths.map(() => 200);
    assert.deepEqual(await outcomes(), all);
    const report = await permissions(file);
    const names = report.permissions.map(({ name }) => name);
    assert.ok(names.length > 0 && names.length < ALL_ROLES.length);
    assert.ok(report.permissions.every(({ appRoleId }) => /^[0-9a-f-]{36}$/.test(appRoleId)));
    assert.deepEqual(report.unmapped, []);
    assert.deepEqual(report.boundary, {
      users: ['ada@contoso.com'],
      teams: [{ id: team.id, channels: [team.channels[0].id] }],
      chats: [tenant.data.chats[0].id],
      sites: ['root'],
      drives: [drive.id],
    });
    const unaudited = { WORKIQ_AUDIT_FILE: undefined };
    tenant.setRoles(names);
    assert.deepEqual(await outcomes(unaudited), all);
    for (const name of names) {
      tenant.setRoles(names.filter((other) => other !== name));
      assert.notDeepEqual(await outcomes(unaudited), all, `${name} is not needed`);
    }
  });

  test('reads old files too, and names damaged lines', async () => {
    await run(['fetch', '-u', `${ADA}/messages`], env);
    const old = `${file}.1`;
    writeFileSync(
      old,
      `${readFileSync(file, 'utf8').replaceAll('ada@', 'bob@')}{"time":"20\nnonsense\n{"time":"x"`,
    );
    const report = await permissions(file, old);
    assert.deepEqual(report.boundary, { users: ['ada@contoso.com', 'bob@contoso.com'] });
    assert.deepEqual(report.damaged, { lines: 3, at: [3, 4, 5].map((line) => `${old}:${line}`) });
    assert.equal((await run(['permissions', '--from-audit', '/no/such/file'])).code, 2);
  });
});
