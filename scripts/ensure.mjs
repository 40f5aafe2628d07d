// What the other scripts stand on: running programs, and having dependencies and the add-on in place.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a program in the repository, its output shown as it comes.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{cwd?: string, env?: Record<string, string>, capture?: boolean, quiet?: boolean}} [options]
 *   `capture` also collects stdout; `quiet` collects it without showing it
 * @returns {Promise<{code: number, output: string}>}
 */
export function run(program, args, { cwd = root, env = {}, capture = false, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', capture || quiet ? 'pipe' : 'inherit', quiet ? 'ignore' : 'inherit'],
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (!quiet) process.stdout.write(text);
    });
    child.once('error', (error) => {
      if (!quiet)
        console.error(`${program}: ${error.code === 'ENOENT' ? 'command not found' : error.message}`);
      resolve({ code: 127, output });
    });
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * Runs cargo for this machine's own target, named, as the build of the add-on does: so that all stages share one
 * folder of compiled dependencies.
 */
export async function cargo(args, options) {
  const { output } = await run('rustc', ['-vV'], { quiet: true });
  const target = /^host: (\S+)$/m.exec(output)?.[1];
  return run('cargo', args, { ...options, env: target ? { CARGO_BUILD_TARGET: target } : {} });
}

/** npm's own script, found without a shell: `npm` is a batch file on Windows, which Node does not start. */
function npmScript() {
  const bin = path.dirname(process.execPath);
  const candidates = [
    process.env.npm_execpath,
    path.join(bin, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(bin, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  return candidates.find((file) => file?.endsWith('npm-cli.js') && existsSync(file));
}

/** Runs npm, as {@link run} does. */
export function npm(args, options) {
  const script = npmScript();
  return script ? run(process.execPath, [script, ...args], options) : run('npm', args, options);
}

/**
 * Runs a command that a development dependency brings.
 *
 * @param {string} dependency
 * @param {string} command its name in that package's `bin`
 * @param {string[]} args
 */
export function tool(dependency, command, args, options) {
  const folder = path.join(root, 'node_modules', dependency);
  const { bin } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = path.join(folder, typeof bin === 'string' ? bin : bin[command]);
  return run(process.execPath, [file, ...args], options);
}

/** When `file` was last written; 0 if it is not there. */
function written(file) {
  return statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** When the newest file in `folder` was last written. */
function newestIn(folder) {
  const entries = readdirSync(path.join(root, folder), { recursive: true });
  return Math.max(0, ...entries.map((entry) => written(path.join(folder, entry))));
}

/** Installs the dependencies of the package in `folder` if they are missing or older than the lock file. */
export async function ensureInstalled(folder = '.') {
  const installed = written(path.join(folder, 'node_modules', '.package-lock.json'));
  if (installed > 0 && installed >= written(path.join(folder, 'package-lock.json'))) return;
  console.log(`Installing dependencies${folder === '.' ? '' : ` of ${folder}`}: npm ci`);
  const cwd = path.join(root, folder);
  const { code } = await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd });
  if (code !== 0) throw new Error('The dependencies could not be installed: npm ci failed');
}

/** The add-ons built for this platform that lie in the repository. */
export function builtAddons() {
  const prefix = `workiq-auth.${process.platform}-${process.arch}`;
  return readdirSync(root).filter((name) => name.startsWith(prefix) && name.endsWith('.node'));
}

/** Builds the add-on if there is none, or if a Rust source is newer. Says whether it had to. */
export async function ensureBuilt() {
  const sources = [written('Cargo.toml'), written('Cargo.lock'), newestIn('src'), newestIn('napi')];
  const results = [...builtAddons(), 'native.js', 'native.d.ts'].map(written);
  if (results.length > 2 && Math.min(...results) >= Math.max(...sources)) return false;
  const { code } = await npm(['run', 'build']);
  if (code !== 0) throw new Error('npm run build failed');
  return true;
}

/** Dependencies and the add-on, both in place. */
export async function ensure() {
  await ensureInstalled();
  await ensureBuilt();
}

// `node scripts/ensure.mjs`; with `--install`, the dependencies only.
if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await (process.argv.includes('--install') ? ensureInstalled() : ensure());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
