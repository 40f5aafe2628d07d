// The MCP server from the outside: over each kind of descriptor that clients hand over, with bad lines, to its end.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { command, fetchCall, hello, line, plain, run, startServer } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const MAIL = '/users/ada@contoso.com/messages?$top=1';

let tenant;
before(async () => {
  tenant = await startTenant();
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

const parse = (text) =>
  text
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one));
const byId = (messages, id) => messages.find((message) => message.id === id);

describe('descriptors', () => {
  test('a socketpair, as Node hands over', async () => {
    const server = startServer(tenant.env('secret'));
    server.write(hello + fetchCall(1, MAIL));
    assert.equal((await server.answer(1)).result.structuredContent.results[0].statusCode, 200);
    server.child.stdin.end();
    assert.deepEqual(await server.ended, { code: 0, signal: null });
  });

  test('a FIFO, as shells hand over: requests that stdin ends behind are answered', {
    skip: process.platform === 'win32',
  }, async () => {
    const input = join(tenant.dir, 'fifo-input.jsonl');
    writeFileSync(input, hello + fetchCall(1, MAIL));
    const script = `cat "$1" | "$2" "$3" mcp | cat`;
    const child = spawn('sh', ['-c', script, 'sh', input, process.execPath, command], {
      env: { ...plain, ...tenant.env('secret') },
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.equal(byId(parse(out), 1).result.structuredContent.results[0].statusCode, 200);
  });

  test('files, in and out', async () => {
    const [input, output] = ['input.jsonl', 'output.jsonl'].map((name) => join(tenant.dir, name));
    writeFileSync(input, hello + fetchCall(1, MAIL));
    const stdio = [openSync(input, 'r'), openSync(output, 'w'), 'ignore'];
    const child = spawn(process.execPath, [command, 'mcp'], {
      env: { ...plain, ...tenant.env('secret') },
      stdio,
    });
    assert.deepEqual(await once(child, 'close'), [0, null]);
    for (const descriptor of stdio.slice(0, 2)) closeSync(descriptor);
    assert.equal(
      byId(parse(readFileSync(output, 'utf8')), 1).result.structuredContent.results[0].statusCode,
      200,
    );
  });

  test('nothing at all on stdin', async () => {
    assert.deepEqual(await run(['mcp'], { ...tenant.env('secret'), WORKIQ_LOG: 'error' }), {
      code: 0,
      out: '',
      err: '',
    });
  });
});

describe('the end', () => {
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ]) {
    test(`${signal} ends it, with a call under way`, { skip: process.platform === 'win32' }, async () => {
      const hang = tenant.fail({ at: 'graph', hang: true, times: Infinity });
      const server = startServer(tenant.env('secret'));
      server.write(hello + fetchCall(1, MAIL) + line({ id: 2, method: 'tools/list' }));
      await server.answer(2);
      server.child.kill(signal);
      assert.deepEqual(await server.ended, { code, signal: null });
      hang.remove();
    });
  }

  test('a reader that goes away ends it', async () => {
    const server = startServer(tenant.env('secret'));
    server.write(hello);
    await server.answer('hello');
    server.child.stdout.destroy();
    server.child.stdin.on('error', () => {});
    server.write(line({ id: 2, method: 'tools/list' }));
    server.child.stdin.end();
    await server.ended;
  });
});

describe('bad input', () => {
  const lines = [
    ['not JSON', '{oops\n', -32700],
    ['JSON that is no message', '{"id":7}\n', -32600],
    ['an array', '[]\n', -32600],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x0a]), -32700],
    ['ten megabytes in a line', `${'x'.repeat(10 << 20)}\n`, -32600],
  ];
  for (const [title, bad, code] of lines) {
    test(`${title}: an error, and the session lives on`, async () => {
      const server = startServer(tenant.env('secret'));
      server.write(hello);
      await server.answer('hello');
      server.write(bad);
      server.write(line({ id: 2, method: 'ping' }));
      await server.answer(2);
      assert.equal(server.messages.find((message) => message.error)?.error.code, code);
      server.child.stdin.end();
      await server.ended;
    });
  }

  test('unknown tool, missing and mistyped arguments', async () => {
    const call = (id, name, args) => line({ id, method: 'tools/call', params: { name, arguments: args } });
    const input =
      hello +
      call(1, 'fetsch', {}) +
      call(2, 'fetch', {}) +
      call(3, 'fetch', { entityUrls: { path: MAIL } }) +
      call(4, 'fetch', { entityUrls: [] }) +
      call(5, 'fetch', { entityUrls: [7] }) +
      call(6, 'fetch_work_iq', { entityUrls: [MAIL] });
    const messages = parse((await run(['mcp'], tenant.env('secret'), input)).out);
    assert.equal(byId(messages, 1).error.code, -32602);
    assert.match(byId(messages, 1).error.message, /no tool "fetsch".*fetch/);
    for (const id of [2, 3, 4, 5]) {
      const { isError, content } = byId(messages, id).result;
      assert.equal(isError, true);
      assert.match(content[0].text, /entityUrls/);
    }
    assert.equal(byId(messages, 6).result.isError, false);
  });

  test('a bad secret is the error of the first call, in words', async () => {
    const env = { ...tenant.env('secret'), WORKIQ_CLIENT_SECRET: 'abc8Q~hush' };
    const { code, out } = await run(
      ['mcp'],
      env,
      hello + line({ id: 1, method: 'tools/list' }) + fetchCall(2, MAIL),
    );
    assert.equal(code, 0);
    assert.equal(byId(parse(out), 1).result.tools[0].name, 'fetch');
    const { isError, content } = byId(parse(out), 2).result;
    assert.equal(isError, true);
    assert.match(content[0].text, /AADSTS7000215[\s\S]*What to do/);
    assert.ok(!out.includes('hush'));
  });

  test('so are settings that are missing', async () => {
    const { code, out, err } = await run(
      ['mcp'],
      { WORKIQ_AUTH_MODE: 'app-only' },
      hello + fetchCall(1, MAIL),
    );
    assert.equal(code, 0);
    assert.match(byId(parse(out), 1).result.content[0].text, /3 settings are missing or wrong/);
    assert.match(err, /WORKIQ_TENANT_ID/);
  });

  test('an unknown mode is no session', async () => {
    const { code, err } = await run(['mcp'], { WORKIQ_AUTH_MODE: 'app' }, hello);
    assert.equal(code, 2);
    assert.match(err, /delegated, app-only or agent-user/);
  });
});

describe('the official client', () => {
  const connect = async (options) => {
    const client = new Client({ name: 'test', version: '1' }, options);
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [command, 'mcp'],
        env: { ...plain, ...tenant.env('certificate') },
        stderr: 'ignore',
      }),
    );
    return client;
  };

  for (const [era, options, version] of [
    ['legacy', {}, /^2025-/],
    ['2026-07-28', { versionNegotiation: { mode: { pin: '2026-07-28' } } }, /^2026-07-28$/],
  ]) {
    test(`${era}: lists, calls, and the results fit the schemas`, async () => {
      const client = await connect(options);
      try {
        assert.match(client.getNegotiatedProtocolVersion(), version);
        const { tools } = await client.listTools();
        assert.equal(tools[0].annotations.readOnlyHint, true);
        const { structuredContent, isError } = await client.callTool({
          name: 'fetch',
          arguments: { entityUrls: [MAIL, '/me'] },
        });
        assert.equal(isError ?? false, false);
        assert.deepEqual(
          structuredContent.results.map((one) => one.statusCode),
          [200, 400],
        );
      } finally {
        await client.close();
      }
    });
  }
});

test('nothing of ours is on stdout but the protocol, at any log level', async () => {
  const { out } = await run(
    ['mcp'],
    { ...tenant.env('secret'), WORKIQ_LOG: 'trace' },
    hello + fetchCall(1, MAIL),
  );
  for (const message of parse(out)) assert.equal(message.jsonrpc, '2.0');
});

test('the blocking mode of stdin and stdout is left alone', { skip: process.platform !== 'linux' }, () => {
  // The shell's own descriptors, which the server shares, looked at after it has ended.
  const script =
    '"$1" "$2" mcp 2>/dev/null; grep flags /proc/self/fdinfo/0 >&2; grep flags /proc/self/fdinfo/1 >&2';
  const { stderr, stdout } = spawnSync('sh', ['-c', script, 'sh', process.execPath, command], {
    env: { ...plain, ...tenant.env('secret') },
    input: hello,
    encoding: 'utf8',
  });
  assert.match(stdout, /"id":"hello"/);
  const flags = [...stderr.matchAll(/flags:\s+([0-7]+)/g)].map(([, octal]) => Number.parseInt(octal, 8));
  assert.equal(flags.length, 2);
  for (const value of flags) assert.equal(value & constants.O_NONBLOCK, 0);
});
