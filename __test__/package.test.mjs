// The package as npm makes it and as a user installs it: the tarballs, in a project of their own.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { npm, packInto } from './packed.mjs';
import { plain } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
test('the tarball has what a user needs, and nothing else', async () => {
  const [{ files }] = JSON.parse(await npm(root, 'pack', '--dry-run', '--json'));
  assert.deepEqual(files.map(({ path: name }) => name).sort(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'bin/workiq-auth.js',
    'binding.cjs',
    'broker.cjs',
    'index.d.ts',
    'index.js',
    'native.d.ts',
    'native.js',
    'package.json',
    'register.cjs',
    'register.mjs',
    'run.cjs',
    'takeover.cjs',
  ]);
});

describe('installed beside the unchanged @microsoft/workiq, in a folder with a space', () => {
  let tenant;
  let project;
  let bin;

  before(async () => {
    tenant = await startTenant();
    project = path.join(realpathSync(mkdtempSync(path.join(tmpdir(), 'workiq-auth-'))), 'a project');
    mkdirSync(project);
    bin = path.join(project, 'node_modules', '.bin');
    writeFileSync(path.join(project, 'package.json'), JSON.stringify({ name: 'a-project', private: true }));
    const tarballs = await packInto(project);
    const workiq = path.join(root, 'node_modules', '@microsoft', 'workiq');
    await npm(project, 'install', '--offline', '--no-audit', '--no-fund', '--no-save', ...tarballs, workiq);
  });
  after(async () => {
    await tenant.close();
    rmSync(path.dirname(project), { recursive: true, force: true });
  });

  /** Starts `command` as an MCP server in the project, and reads a mail through it. */
  async function readMail(command, args, env) {
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StdioClientTransport({
        command,
        args,
        cwd: project,
        env: { ...plain, ...tenant.env('certificate'), ...env },
        stderr: 'ignore',
      }),
    );
    try {
      const call = { name: 'fetch', arguments: { entityUrls: ['/users/ada@contoso.com/messages?$top=1'] } };
      const { structuredContent } = await client.callTool(call);
      return structuredContent.results[0].statusCode;
    } finally {
      await client.close();
    }
  }

  const unix = { skip: process.platform === 'win32' && 'npx is a batch file there' };

  test('workiq-auth exec -- npx @microsoft/workiq mcp', unix, async () => {
    assert.equal(
      await readMail('npx', ['workiq-auth', 'exec', '--', 'npx', '@microsoft/workiq', 'mcp']),
      200,
    );
  });

  test('exec wins over node-options in a project .npmrc', unix, async () => {
    writeFileSync(path.join(project, '.npmrc'), 'node-options=--no-warnings\n');
    assert.equal(
      await readMail('npx', ['workiq-auth', 'exec', '--', 'npx', '@microsoft/workiq', 'mcp']),
      200,
    );
    rmSync(path.join(project, '.npmrc'));
  });

  test('the option that preload prints, in NODE_OPTIONS and in an .npmrc', unix, async () => {
    const { stdout } = await promisify(execFile)(
      path.join(bin, 'workiq-auth'),
      ['preload', '--node-options'],
      { cwd: project },
    );
    const option = stdout.trim();
    assert.match(option, /^--require ".*a project.*register\.cjs"$/);
    assert.equal(await readMail('npx', ['@microsoft/workiq', 'mcp'], { NODE_OPTIONS: option }), 200);
    writeFileSync(path.join(project, '.npmrc'), `node-options=${option}\n`);
    assert.equal(await readMail('npx', ['@microsoft/workiq', 'mcp']), 200);
    rmSync(path.join(project, '.npmrc'));
  });

  test('exec ends with the code of its command, and says when there is none', unix, async () => {
    const run = (...args) =>
      promisify(execFile)(path.join(bin, 'workiq-auth'), ['exec', '--', ...args], { cwd: project });
    await run('true');
    await assert.rejects(run('sh', '-c', 'exit 7'), { code: 7 });
    await assert.rejects(
      run('no-such-command'),
      (error) => error.code === 127 && /no-such-command: command not found/.test(error.stderr),
    );
  });
});
