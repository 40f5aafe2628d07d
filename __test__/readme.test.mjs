// What the README tells a reader to do, done.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fetchCall, hello, plain, run } from './support.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const windows = process.platform === 'win32';

test('npm run demo does the main job', async () => {
  assert.match(readme, /```sh ci\nnpm run demo\nnpm test\n```/);
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'demo'], {
    cwd: root,
    env: plain,
    shell: windows,
  });
  for (const part of [
    'server WorkIQ',
    'app-only',
    'CN=workiq-ci',
    'no GraphQL this year',
    'with 1 sign-in, no browser',
  ]) {
    assert.ok(stdout.includes(part), `${part} is not in\n${stdout}`);
  }
});

test('npm run tenant prints exports with which the command works', {
  skip: windows && 'exports are for a shell',
}, async () => {
  const tenant = spawn(process.execPath, ['__test__/tenant/main.mjs'], { cwd: root, env: plain });
  try {
    let said = '';
    for await (const text of tenant.stdout.setEncoding('utf8')) {
      said += text;
      if (said.includes('Ctrl-C')) break;
    }
    const exports = said.split('\n').filter((line) => line.startsWith('export '));
    const call = hello + fetchCall(1, '/users/ada@contoso.com/messages?$top=1&$select=subject');
    const script = `${exports.join('\n')}\nprintf '%s' "$CALL" | npx workiq-auth exec -- npx --no-install @microsoft/workiq mcp`;
    const { stdout } = await promisify(execFile)('sh', ['-c', script], {
      cwd: root,
      env: { ...plain, CALL: call },
    });
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(answers.find(({ id }) => id === 1).result.structuredContent.results[0].statusCode, 200);
  } finally {
    tenant.kill();
  }
});

test('its links lead somewhere, and its variables are those of the help', async () => {
  for (const [, target] of readme.matchAll(/\]\((?!https:)([^)]+)\)/g))
    assert.ok(existsSync(path.join(root, target.split('#')[0])), target);
  const known = (await run(['--help'])).out + readFileSync(path.join(root, 'index.d.ts'), 'utf8');
  for (const [name] of readme.matchAll(/WORKIQ_[A-Z_]+/g)) assert.ok(known.includes(name), name);
});
