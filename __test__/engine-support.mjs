// What the tests of the engine share: a credential in an environment of its own, the warnings of this process, a wait
// for a condition, a program in a process of its own.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { createCredential } from 'workiq-auth';
import { plain } from './support.mjs';

/** Where the package is, for code that is given as text. */
export const packagePath = createRequire(import.meta.url).resolve('workiq-auth');

/** `createCredential` as it would be in `env`; undefined unsets. This process' own environment stays as it is. */
export function credentialIn(env, options) {
  const saved = { ...process.env };
  const put = (variables) => {
    for (const name of Object.keys(process.env)) delete process.env[name];
    for (const [name, value] of Object.entries(variables)) if (value !== undefined) process.env[name] = value;
  };
  put({ ...plain, ...env });
  try {
    return createCredential(options);
  } finally {
    put(saved);
  }
}

/** Said of every credential for a test tenant, since it is none of Microsoft's clouds. */
const OF_THE_PLACE = /none of Microsoft's clouds|^Microsoft Graph is taken to be at/;

/** Our warnings of this process from now on, but those about where the tenant is. */
export function listenForWarnings() {
  let heard = [];
  process.on('warning', ({ code, message }) => {
    if (code === 'WORKIQ_AUTH' && !OF_THE_PLACE.test(message)) heard.push(message);
  });
  return {
    /** All so far. Node hands a warning on a tick after it was given. */
    async heard() {
      await setImmediate();
      return [...heard];
    },
    clear() {
      heard = [];
    },
  };
}

/** Waits until `condition` gives something that is true. It is the test's own timeout that ends a wait for nothing. */
export async function until(condition) {
  for (;;) {
    const value = await condition();
    if (value) return value;
    await setTimeout(5);
  }
}

/** As much of a token as tells it from others: a test that fails shows it, and shows no token. */
export const short = ({ token }) => `…${token.slice(-12)}`;

/** What `count` concurrent calls of `call` come to. */
export const many = (count, call) => Promise.all(Array.from({ length: count }, call));

/** Runs the CommonJS program `code`, in which `createCredential` is there, to its end. */
export function program(code, env, { onSpawn } = {}) {
  const text = `const { createCredential } = require(${JSON.stringify(packagePath)});\n${code}`;
  const child = spawn(process.execPath, ['-e', text], { env: { ...plain, NODE_NO_WARNINGS: '1', ...env } });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (err += chunk));
  onSpawn?.(child);
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, out, err })));
}
