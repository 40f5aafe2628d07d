// The step itself: installs, opens the broker, tells later steps of it, and lets the doctor look.

import { spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { boundaryText } from './boundary.mjs';
import { maskSecrets, ownEnvironment, publicSettings, unbounded } from './credential.mjs';
import { install, wantedVersion } from './install.mjs';
import {
  addPath,
  error,
  flag,
  input,
  notice,
  saveState,
  setOutput,
  setVariable,
  warning,
} from './runner.mjs';

/** The file with the boundary, if there is to be one; only its owner can change it. */
async function boundaryFile(folder) {
  const boundary = input('boundary');
  if (!boundary) {
    if (!unbounded()) {
      throw new Error(
        'boundary: name what may be touched, as JSON or the path of a JSON file (docs/boundary.md), or set ' +
          "allow-unbounded: 'true' to allow all that the application's permissions do.",
      );
    }
    warning('No boundary: all can be read that the permissions of the application allow.');
    return undefined;
  }
  const where = { boundary, folder: input('working-directory') || '.', token: input('github-token') };
  const file = path.join(folder, 'boundary.json');
  writeFileSync(file, await boundaryText(where), { mode: 0o400 });
  return file;
}

/** Starts the broker; gives its address as soon as it listens. */
function openBroker(command, env, folder) {
  const log = path.join(folder, 'broker.log');
  const written = openSync(log, 'w', 0o600);
  const child = spawn(process.execPath, [command, 'broker'], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', written],
  });
  closeSync(written);
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      if (!said.includes('\n')) return;
      child.stdout.destroy();
      child.unref();
      resolve({ pid: child.pid, address: JSON.parse(said).broker });
    });
    child.once('exit', () => reject(new Error(readFileSync(log, 'utf8').trim())));
    child.once('error', reject);
  });
}

function runDoctor(command, env) {
  const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY, GITHUB_EVENT_PATH } = process.env;
  const surroundings = { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY, GITHUB_EVENT_PATH };
  const given = Object.fromEntries(Object.entries({ ...env, ...surroundings }).filter(([, value]) => value));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, 'doctor'], {
      env: given,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('close', resolve);
  });
}

async function main() {
  maskSecrets();
  const version = wantedVersion(input('workiq-version'));
  const folder = mkdtempSync(path.join(process.env.RUNNER_TEMP, 'workiq-auth-'));
  chmodSync(folder, 0o700);
  saveState('folder', folder);

  const root = process.env.GITHUB_WORKSPACE ?? '.';
  const audit =
    input('audit-file') && path.resolve(root, input('working-directory') || '.', input('audit-file'));
  const boundary = await boundaryFile(folder);
  const env = ownEnvironment({ boundary, audit });
  notice(`Installing workiq-auth ${path.isAbsolute(version) ? 'from a file' : version}`);
  const home = await install(path.join(folder, 'program'), version);
  const command = path.join(home, 'bin', 'workiq-auth.js');

  const broker = await openBroker(command, env, folder);
  saveState('broker', String(broker.pid));

  addPath(path.join(folder, 'program', 'node_modules', '.bin'));
  const option = `--require "${path.join(home, 'register.cjs').replaceAll('\\', '\\\\')}"`;
  for (const [name, value] of Object.entries(publicSettings())) setVariable(name, value);
  setVariable('WORKIQ_BROKER', broker.address);
  if (boundary) setVariable('WORKIQ_BOUNDARY', boundary);
  // The runner refuses NODE_OPTIONS here. npx hands this on to what it starts.
  setVariable('npm_config_node_options', option);
  setOutput('node-options', option);
  setOutput('broker', broker.address);
  notice('Signed in as an application: later steps call tools through a broker, and hold no credential.');

  if (flag('doctor')) {
    const code = await runDoctor(command, env);
    if (code !== 0)
      throw new Error(
        `workiq-auth doctor found something that is wrong (exit code ${code}); see the summary.`,
      );
  }
}

try {
  await main();
} catch (cause) {
  error(cause.message);
  process.exitCode = 1;
}
