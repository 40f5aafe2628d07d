// The verbs of Work IQ's command line: JSON for pipes, lines on a terminal, exit codes.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { command, plain, run } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const ADA = '/users/ada@contoso.com';

let tenant;
let env;
before(async () => {
  tenant = await startTenant({ roles: 'all' });
  env = tenant.env('secret');
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

const verb = async (...args) => {
  const { code, out, err } = await run(args, env);
  return { code, err, out, json: out.startsWith('{') ? JSON.parse(out) : undefined };
};

describe('pipes get JSON', () => {
  test('fetch', async () => {
    const { code, json } = await verb('fetch', '-u', `${ADA}/messages?$top=2`, '/sites/root');
    assert.equal(code, 0);
    assert.deepEqual(
      json.results.map(({ statusCode }) => statusCode),
      [200, 200],
    );
  });

  test('fetch-blob, and its content into a file and through a pipe', async () => {
    const drive = tenant.data.drives[0];
    const item = drive.items.find((one) => one.file);
    const path = `/drives/${drive.id}/items/${item.id}/content`;
    const content = Buffer.from(item.content);
    assert.equal((await verb('fetch-blob', '-p', path)).json.base64Content, content.toString('base64'));
    const file = join(tenant.dir, 'content');
    const { json } = await verb('fetch-blob', '-p', path, '-o', file);
    assert.deepEqual([json.file, json.base64Content], [file, undefined]);
    assert.deepEqual(readFileSync(file), content);
    assert.equal((await run(['fetch-blob', '-p', path, '-o', '-'], env)).out, content.toString());
  });

  test('create, update, delete, with a body from a file and from stdin', async () => {
    const file = join(tenant.dir, 'draft.json');
    writeFileSync(file, '{"subject":"Draft"}');
    const created = await verb(
      '--allow-writes',
      'create',
      'create',
      '-u',
      `${ADA}/messages`,
      '-b',
      `@${file}`,
    );
    assert.equal(created.json.statusCode, 201);
    const { id, '@odata.etag': etag } = created.json.data;
    const url = `${ADA}/messages/${id}`;
    const updated = await run(
      ['update', '-u', url, '-b', '-', '--if-match', etag, '--allow-writes', 'update'],
      env,
      '{"subject":"Better"}',
    );
    assert.equal(JSON.parse(updated.out).data.subject, 'Better');
    const stale = await verb('update', '-u', url, '-b', '{}', '--if-match', etag, '--allow-writes', 'update');
    assert.deepEqual([stale.code, stale.json.statusCode], [1, 412]);
    assert.equal((await verb('delete', '-u', url, '--allow-writes', 'delete')).json.statusCode, 204);
  });

  test('do-action and call-function', async () => {
    const body = { requests: [{ entityTypes: ['driveItem'], query: { queryString: 'Contoso' } }] };
    assert.equal(
      (await verb('do-action', '-u', '/search/query', '-b', JSON.stringify(body))).json.statusCode,
      200,
    );
    assert.equal((await verb('call-function', '-u', `${ADA}/chats/getAllMessages()`)).json.statusCode, 200);
  });

  test('search-paths and get-schema', async () => {
    const { json } = await verb('search-paths', '-f', '/users/{id}/mess');
    const messages = json.paths.find(({ path }) => path === '/users/{user-id}/messages');
    assert.deepEqual(messages.operations, ['fetch', 'create']);
    assert.ok(messages.permitted.includes('fetch'));
    for (const [args, expected] of [
      [[], /"\$schema": ?"https:\/\/json-schema\.org\/draft\/2020-12\/schema"/],
      [['-m', 'POST', '--format', 'typescript'], /interface Message/],
      [['-m', 'create', '--format', 'cddl'], /message = \{/],
    ]) {
      const { code, out } = await verb('get-schema', '-p', `${ADA}/messages`, ...args);
      assert.equal(code, 0);
      assert.match(out, expected);
    }
    const { code, err } = await verb('get-schema', '-p', `${ADA}/sendMail`, '-m', 'update');
    assert.equal(code, 1);
    assert.match(err, /sendMail[\s\S]*update/);
  });
});

describe('exit codes', () => {
  test('0 where something was read, 1 where nothing was', async () => {
    assert.equal((await verb('fetch', '-u', '/users/nobody@contoso.com', '/sites/root')).code, 0);
    assert.equal((await verb('fetch', '-u', '/users/nobody@contoso.com')).code, 1);
  });

  test('3 where it was not permitted', async () => {
    const write = await verb('create', '-u', `${ADA}/messages`, '-b', '{}');
    assert.equal(write.code, 3);
    assert.match(write.json.error.message, /WORKIQ_ALLOW_WRITES/);
    tenant.fail({ at: 'graph', graphError: 'AuthorizationRequestDenied' });
    assert.equal((await verb('fetch', '-u', '/users')).code, 3);
    assert.equal(
      (await run(['fetch', '-u', '/users'], { ...env, WORKIQ_CLIENT_SECRET: 'abc8Q~wrong' })).code,
      3,
    );
  });

  test('2 where the command is wrong', async () => {
    for (const args of [
      ['fetch'],
      ['create', '-u', '/x'],
      ['get-schema', '-p', '/users', '-v', 'beta'],
      ['update', '-u', '/x', '-b', '@/no/such/file'],
    ]) {
      assert.equal((await verb(...args)).code, 2, args.join(' '));
    }
  });

  test('a path that is wrong costs no sign-in', async () => {
    const { code, json } = await verb('fetch', '-u', 'https://graph.microsoft.com/v1.0/users');
    assert.equal(code, 1);
    assert.equal(json.results[0].error.code, 'invalidPath');
    assert.equal(tenant.requests.length, 0);
  });

  test('what an application cannot have says what to use', async () => {
    for (const args of [
      ['ask', '-q', 'What did we decide?'],
      ['agents', 'list'],
    ]) {
      const { code, err } = await verb(...args);
      assert.equal(code, 3);
      assert.match(err, /signed-in users only[\s\S]*search_paths/);
    }
  });
});

const noTerminal = process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0;

describe('a terminal', { skip: noTerminal && 'script (util-linux) makes one, and it is not here' }, () => {
  const shown = (...args) =>
    new Promise((resolve) => {
      const words = [process.execPath, command, ...args].map((word) => `'${word}'`).join(' ');
      const child = spawn('script', ['-qec', words, '/dev/null'], {
        env: { ...plain, ...env, WORKIQ_LOG: 'error' },
      });
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
      child.once('close', () => resolve(out.replaceAll('\r\n', '\n')));
    });

  test('gets lines, and JSON if it wants', async () => {
    assert.match(await shown('fetch', '-u', `${ADA}/messages?$top=2`), /^200 · 2 items[^\n]*\n {3}- /);
    assert.match(await shown('fetch', '-u', ADA), /"displayName": "Ada Lovelace"/);
    assert.match(await shown('fetch', '--json', '-u', `${ADA}/messages?$top=2`), /^\{\n {2}"results"/);
  });

  test('is not steered by what a stranger wrote, exact or not', async () => {
    tenant.fail({
      at: 'graph',
      match: '/content',
      status: 200,
      headers: { 'Content-Type': 'text/plain' },
      body: 'a\u001b]0;title\u0007b\u009b2Jc',
      times: 2,
    });
    for (const more of [[], ['--exact-text']]) {
      const out = await shown(...more, 'fetch', '-u', '/drives/d/items/i/content');
      assert.ok(
        out.startsWith('a') && !['\u001b', '\u0007', '\u009b'].some((c) => out.includes(c)),
        JSON.stringify(out),
      );
    }
  });
});
