// What the preload's tests share: Microsoft's package as published, our package under a path with a space,
// and processes with a clean environment. Nothing here waits for a time to pass, and the proxy settings keep
// every child on this machine.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { finish } from './support.mjs';

export { finish };

export const root = fileURLToPath(new URL('..', import.meta.url));
export const windows = process.platform === 'win32';
export const work = mkdtempSync(path.join(realpathSync(tmpdir()), 'workiq-auth preload '));
after(() => rmSync(work, { recursive: true, force: true, maxRetries: 3 }));

/** Microsoft's package, as npm installed it. */
export const workiqFolder = realpathSync(path.join(root, 'node_modules', '@microsoft', 'workiq'));
export const workiqScript = path.join(workiqFolder, 'bin', 'workiq.js');

/** Our package under a path with a space, so that every case covers its quoting. */
const ours = path.join(work, 'our package');
symlinkSync(root, ours, 'junction');

export const requireUs = `--require "${path.join(ours, 'register.cjs').replaceAll('\\', '\\\\')}"`;
const importUs = `--import ${pathToFileURL(path.join(ours, 'register.mjs')).href}`;
export const ways = { require: requireUs, import: importUs, both: `${requireUs} ${importUs} ${requireUs}` };

const home = folder('home');
const closed = 'http://127.0.0.1:9';
const baseEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(WORKIQ_|AZURE_|NODE_|npm_)/i.test(name)),
  ),
  HOME: home,
  USERPROFILE: home,
  HTTPS_PROXY: closed,
  HTTP_PROXY: closed,
  npm_config_offline: 'true',
  npm_config_update_notifier: 'false',
};

/** A setting that takes over, and that no request can come of. */
export const appOnly = {
  WORKIQ_AUTH_MODE: 'app-only',
  WORKIQ_TENANT_ID: '11111111-2222-3333-4444-555555555555',
  WORKIQ_CLIENT_ID: '11111111-2222-3333-4444-666666666666',
  WORKIQ_CLIENT_SECRET: 'not-a-real-secret',
  WORKIQ_AUTHORITY_HOST: 'https://127.0.0.1:9',
  WORKIQ_GRAPH_ENDPOINT: 'https://127.0.0.1:9',
};

export const hasAddon = readdirSync(root).some((name) => /^workiq-auth\..+\.node$/.test(name));
export const needsAddon = { skip: hasAddon ? false : 'the native add-on is not built (npm run build)' };

export function folder(name) {
  const made = path.join(work, name);
  mkdirSync(made, { recursive: true });
  return made;
}

/** Writes a package: its name, and the text of its one script. */
function packageWith(where, name, script) {
  const at = folder(path.join(where, 'bin'));
  writeFileSync(
    path.join(at, '..', 'package.json'),
    JSON.stringify({ name, version: '1.0.0', bin: 'bin/main.js' }),
  );
  const file = path.join(at, 'main.js');
  writeFileSync(file, script, { mode: 0o755 });
  return file;
}

export function start(program, args, { env = {}, cwd = work } = {}) {
  return spawn(program, args, { cwd, env: { ...baseEnv, ...env }, stdio: 'pipe' });
}

export const run = (program, args, options) => finish(start(program, args, options));
export const node = (args, options) => run(process.execPath, args, options);

/** npm's scripts, run by Node itself: its commands are batch files on Windows. */
export function npmScript(name) {
  const bin = path.dirname(process.execPath);
  const npmFolders = [
    process.env.npm_execpath && path.dirname(process.env.npm_execpath),
    path.join(bin, 'node_modules', 'npm', 'bin'),
    path.join(bin, '..', 'lib', 'node_modules', 'npm', 'bin'),
    '/usr/share/nodejs/npm/bin',
  ];
  const found = npmFolders
    .map((dir) => dir && path.join(dir, `${name}-cli.js`))
    .find((file) => file && existsSync(file));
  assert.ok(found, 'npm is not where this Node has it');
  return found;
}

/** A script that reports what it got, and which of our code this process has loaded. */
const REPORTER = `
process.report.excludeNetwork = true;
const loaded = process.report.getReport().sharedObjects.filter((name) => /workiq-auth.*\\.node$/.test(name));
const modules = Object.keys(require.cache).filter((name) => /(run\\.cjs|native\\.js)$/.test(name));
console.log(JSON.stringify({ loaded, modules, args: process.argv.slice(2), execArgv: process.execArgv }));
process.exitCode = 3;
`;
const REACHED = "console.log('main reached');";
export const reporter = packageWith('user', 'some-user-package', REPORTER);
export const lookalike = packageWith('lookalike', '@microsoft/workiq', REACHED);

const untouched = new Map();

/** What Microsoft's program answers to `args` with no preload; asked once for each Node. */
export function plain(args, program = process.execPath) {
  const key = JSON.stringify([program, args]);
  if (!untouched.has(key)) untouched.set(key, run(program, [workiqScript, ...args]));
  return untouched.get(key);
}

/** The unknown mode's error: the surest sign of a takeover, and no credential takes part in it. */
export async function refuseMode(program, args, env, cwd) {
  const result = await run(program, [...args, 'mcp'], { env: { ...env, WORKIQ_AUTH_MODE: 'app_only' }, cwd });
  assert.notEqual(result.code, 0);
  assert.equal(result.stdout, '');
  for (const part of ['WORKIQ_AUTH_MODE', 'app_only', 'delegated', 'app-only', 'agent-user']) {
    assert.ok(result.stderr.includes(part), `${part} in: ${result.stderr}`);
  }
}

/** Speaks the first words of MCP to `mcp`, then ends it by a signal (by closing stdin on Windows). */
export async function serveMcp(program, args, env) {
  const child = start(program, [...args, 'mcp'], { env });
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  };
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
  const line = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.once('close', () => reject(new Error(`mcp ended without an answer: ${text}`)));
  });
  const answer = JSON.parse(line);
  assert.equal(answer.id, 1);
  assert.equal(typeof answer.result.serverInfo.name, 'string');

  const sent = performance.now();
  const ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
  // stdin stays open on purpose: the way out must not wait for the reader.
  if (windows) child.stdin.end();
  else child.kill('SIGTERM');
  assert.equal(await ended, windows ? 0 : 143);
  assert.ok(performance.now() - sent < 3000, 'the end took too long');
}
