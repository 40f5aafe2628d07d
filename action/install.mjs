// The program, from npm, in a folder of its own: a checkout may be a stranger's, and so may its .npmrc be.

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const VERSION = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/** The version to install: one version, and no range, so that a run does what it did yesterday. */
export function wantedVersion(given) {
  const own = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
  const version = given || own;
  if (VERSION.test(version)) return version;
  // A tarball, for tests and for networks without a registry.
  if (path.isAbsolute(version) && version.endsWith('.tgz')) return version;
  throw new Error(`workiq-version: "${version}" is no version such as ${own}`);
}

/** The job's environment without the step's inputs and the right to tokens: npm needs no secret. */
function withoutSecrets() {
  const isOurs = (name) => /^(?:INPUT|STATE|ACTIONS)_/i.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)));
}

function run(command, args, options) {
  const windows = process.platform === 'win32';
  return new Promise((resolve, reject) => {
    // npm is a batch file on Windows. The arguments are our own and a version.
    const child = spawn(windows ? `${command}.cmd` : command, args, { ...options, shell: windows });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        said += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`npm install ended with ${code}:\n${said}`)),
    );
  });
}

/**
 * Installs the program below `folder`.
 *
 * @returns {Promise<string>} the folder of the package
 */
export async function install(folder, version) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
  const what = VERSION.test(version) ? [`workiq-auth@${version}`] : version.split(path.delimiter);
  await run(
    'npm',
    ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', ...what],
    { cwd: folder, env: withoutSecrets(), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return path.join(folder, 'node_modules', 'workiq-auth');
}
