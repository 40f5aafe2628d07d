// What the end-to-end tests share: the clients, as npm installed them; an agent's surroundings, in which nothing is
// anybody's own; and the search for what must not have leaked.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  finish,
  folder,
  hasAddon,
  node,
  npmScript,
  root,
  windows,
  workiqFolder,
} from '../preload-support.mjs';
import { findSecrets, keyLines } from '../secrets-support.mjs';
import { plain } from '../support.mjs';
import { startProxy } from '../tenant/proxy.mjs';

const modules = fileURLToPath(new URL('node_modules', import.meta.url));

/** This project's own package, by its name. */
export const workiqAuth = createRequire(path.join(root, 'package.json'))('workiq-auth');

/** The script of a client's command. */
export function script(name, command) {
  const at = path.join(modules, name);
  const { bin } = JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8'));
  return path.join(at, typeof bin === 'string' ? bin : bin[command]);
}

/** The platform as Copilot's packages name it. */
function platform() {
  const musl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
  return `${process.platform}${musl ? 'musl' : ''}-${process.arch}`;
}

/** Why tests that need these packages cannot run here; false if they can. */
function without(...names) {
  if (!hasAddon) return 'the native add-on is not built (npm run build)';
  const missing = names.find((name) => !existsSync(path.join(modules, name, 'package.json')));
  return missing ? `${missing} is not installed (npm ci in __test__/e2e)` : false;
}

/** Copilot's command. It brings a program for each platform, which is the SDK's runtime as well. */
export const COPILOT = '@github/copilot';

/** The same for Copilot's command and its SDK. */
export function withoutCopilot(name) {
  return without(name, `${COPILOT}-${platform()}`);
}

/** The oldest Node that the Inspector runs on; the conformance suite needs 22 as well. */
const MODERN = [22, 19];

/** A Node that is new enough for MCP's own tools: this one, or the one that is installed beside them. */
const modern = (() => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MODERN[0] || (major === MODERN[0] && minor >= MODERN[1])) return process.execPath;
  const beside = path.join(modules, 'node22', 'bin', 'node');
  return existsSync(beside) ? beside : undefined;
})();

/** Why MCP's own tools cannot run here; false if they can. */
export function withoutTool(name) {
  if (!modern) return `${name} needs Node ${MODERN.join('.')}, and this is ${process.versions.node}`;
  return without(name);
}

/** Runs one of MCP's own tools to its end. */
export function runTool(name, command, args, { env, cwd, signal }) {
  return finish(spawn(modern, [script(name, command), ...args], { env, cwd, signal, stdio: 'pipe' }));
}

/** A suite, or one skipped test in its place that says why: a skipped suite would be in no count. */
export function suite(name, skip, body) {
  if (skip) test(name, { skip });
  else describe(name, body);
}

/** How a configuration starts Microsoft's package. */
export const npxWorkiq = {
  command: windows ? 'npx.cmd' : 'npx',
  args: ['--no-install', '@microsoft/workiq', 'mcp'],
};

/**
 * Where an agent works: a home, a folder for what is temporary and a project with Microsoft's package, all new; and an
 * environment in which everything that asks for the network outside of loopback asks a proxy that refuses and remembers.
 */
export async function openSurroundings(name) {
  const proxy = await startProxy();
  const at = folder(name);
  const [home, temp, project] = ['home', 'temp', 'project'].map((one) => path.join(at, one));
  for (const one of [home, temp, project]) mkdirSync(one, { recursive: true });
  writeFileSync(path.join(project, 'package.json'), JSON.stringify({ name: 'project', private: true }));
  const install = ['install', '--no-audit', '--no-fund', workiqFolder];
  const installed = await node([npmScript('npm'), ...install], { cwd: project });
  assert.equal(installed.code, 0, installed.stderr);

  const env = {
    ...plain,
    HOME: home,
    USERPROFILE: home,
    TMPDIR: temp,
    TEMP: temp,
    TMP: temp,
    HTTPS_PROXY: proxy.url,
    HTTP_PROXY: proxy.url,
    NO_PROXY: '127.0.0.1,localhost',
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  };
  return {
    env,
    home,
    temp,
    project,
    /** All that was written below the home and the temporary folder, but for the programs that clients unpack. */
    get written() {
      return [home, temp].flatMap(filesBelow).map((file) => readFileSync(file, 'latin1'));
    },
    /** Fails if anything wanted to leave the machine. */
    assertLoopbackOnly() {
      const asked = [...proxy.connects.map((one) => one.authority), ...proxy.requests.map((one) => one.url)];
      assert.deepEqual(asked, []);
    },
    close: () => proxy.close(),
  };
}

/** Where Copilot unpacks itself: hundreds of megabytes that are none of its output. */
const UNPACKED = path.join('.cache', 'copilot', 'pkg');

function filesBelow(at) {
  return readdirSync(at, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !file.includes(UNPACKED));
}

/** What nobody but the server, Entra and Graph may have seen of the sign-ins so far. */
function secretsOf(tenant) {
  const numbered = (name, values) => values.map((value, index) => [`${name} ${index}`, value]);
  const bearer = tenant.graphRequests
    .filter(({ headers }) => headers.authorization)
    .map((request) => request.headers.authorization.slice('Bearer '.length));
  const assertions = tenant.tokenRequests.map((request) => request.form.client_assertion);
  return {
    ...Object.fromEntries(numbered('access token', [...new Set(bearer)])),
    ...Object.fromEntries(numbered('assertion', assertions)),
    ...keyLines(readFileSync(tenant.certificates.pem, 'utf8')),
  };
}

/** Fails if any of these texts has a secret in it, in whatever form; and if there was no sign-in to have one of. */
export function assertNoSecret(tenant, texts) {
  assert.ok(tenant.tokenRequests.length > 0 && tenant.graphRequests.length > 0, 'nobody signed in');
  const secrets = secretsOf(tenant);
  for (const text of texts) assert.deepEqual(findSecrets(text, secrets), []);
}
