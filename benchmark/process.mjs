// Starts one fresh process and takes its time from outside.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('child.cjs', import.meta.url));
const TIME_LIMIT_MS = 120_000;

/** Only these are handed down: a proxy, a credential or an option for Node in the shell would change the result. */
const KEPT = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot', 'USERPROFILE'];

/** The environment of a fresh process, to which is added what it is about. */
export const keptEnvironment = () =>
  Object.fromEntries(KEPT.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));

/**
 * Runs `child.cjs` on `task` and returns what it reports, with `outsideMs` where it had a first token to show:
 * from just before the process was started to the moment its sign arrived here.
 *
 * @param {{candidate: string, scenario: string, setup: object, parameters?: object}} task
 * @param {string} caPath the CA that everyone trusts, by way of NODE_EXTRA_CA_CERTS
 * @returns {Promise<Record<string, number>>}
 */
export function runFresh(task, caPath) {
  const env = {
    ...keptEnvironment(),
    NODE_EXTRA_CA_CERTS: caPath,
    NODE_NO_WARNINGS: '1',
    BENCHMARK_TASK: JSON.stringify(task),
  };
  return new Promise((resolve, reject) => {
    const before = process.hrtime.bigint();
    let outsideMs;
    let output = '';
    const child = spawn(process.execPath, [script], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: TIME_LIMIT_MS,
    });
    child.stdout.setEncoding('utf8').on('data', (text) => {
      outsideMs ??= Number(process.hrtime.bigint() - before) / 1e6;
      output += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code !== 0) {
        reject(new Error(`${task.candidate}, ${task.scenario}: ended with ${signal ?? code}`));
        return;
      }
      const result = JSON.parse(output.slice(output.indexOf('{')));
      resolve(output.startsWith('.') ? { ...result, outsideMs } : result);
    });
  });
}
