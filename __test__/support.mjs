// What the tests of the command share: running it as a user does, in an environment of its own.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The command. */
export const command = fileURLToPath(new URL('../bin/workiq-auth.js', import.meta.url));

/** Variables of this process that a child needs, and none that signs in or is a proxy. */
export const plain = Object.fromEntries(
  ['PATH', 'HOME', 'SystemRoot', 'TEMP', 'TMPDIR']
    .filter((name) => process.env[name])
    .map((name) => [name, process.env[name]]),
);

/** What a child says until it ends, which gets nothing on stdin: `{code, signal, stdout, stderr}`. */
export async function finish(child) {
  const out = [];
  const err = [];
  child.stdout.on('data', (data) => out.push(data));
  child.stderr.on('data', (data) => err.push(data));
  child.stdin.on('error', () => {}).end();
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (...end) => resolve(end));
  });
  return { code, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/**
 * Runs the command to its end.
 *
 * @param {string[]} args
 * @param {Record<string, string | undefined>} env besides {@link plain}; undefined unsets
 * @param {string | Buffer} [input] for stdin
 * @returns {Promise<{code: number, out: string, err: string}>}
 */
export function run(args, env = {}, input = '') {
  const given = Object.fromEntries(
    Object.entries({ ...plain, ...env }).filter(([, value]) => value !== undefined),
  );
  const child = spawn(process.execPath, [command, ...args], { env: given });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

/** A JSON-RPC line. */
export const line = (message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;

/** The lines that begin a session as clients before 2026-07-28 do. */
export const hello =
  line({
    id: 'hello',
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  }) + line({ method: 'notifications/initialized' });

/** A call of `fetch`. */
export const fetchCall = (id, ...entityUrls) =>
  line({ id, method: 'tools/call', params: { name: 'fetch', arguments: { entityUrls } } });

/** A call of any tool. */
export const toolCall = (id, name, args = {}, meta) =>
  line({ id, method: 'tools/call', params: { name, arguments: args, ...(meta && { _meta: meta }) } });

/** A server that is running, to which lines are written and whose messages are waited for by id. */
export function startServer(env, { args = ['mcp'], stdio = ['pipe', 'pipe', 'pipe'] } = {}) {
  const child = spawn(process.execPath, [command, ...args], { env: { ...plain, ...env }, stdio });
  const messages = [];
  const waiting = new Map();
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => (err += text));
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  createInterface({ input: child.stdout }).on('line', (text) => {
    const message = JSON.parse(text);
    messages.push(message);
    waiting.get(message.id)?.(message);
  });
  return {
    child,
    messages,
    ended,
    get err() {
      return err;
    },
    write: (text) => child.stdin.write(text),
    /** The message with that id, or a failure that shows what was said instead. */
    answer: (id) =>
      Promise.race([
        new Promise((resolve) => {
          const found = messages.find((message) => message.id === id);
          if (found) resolve(found);
          else waiting.set(id, resolve);
        }),
        ended.then(() => {
          throw new Error(`ended without an answer to ${id}: ${err}`);
        }),
      ]),
  };
}

/**
 * A session with a server of tools.
 *
 * @param {Record<string, string>} env
 * @param {object} [options] of {@link startServer}
 */
export function startTools(env, options) {
  const server = startServer(env, options);
  server.write(hello);
  let count = 0;
  return {
    ...server,
    get err() {
      return server.err;
    },
    /** The result of a call. */
    async call(name, args, meta) {
      count += 1;
      server.write(toolCall(count, name, args, meta));
      const { result, error } = await server.answer(count);
      if (error) throw new Error(`${name}: ${error.message}`);
      return result;
    },
    /** The tools that are listed. */
    async list() {
      count += 1;
      server.write(line({ id: count, method: 'tools/list' }));
      return (await server.answer(count)).result.tools;
    },
    /** The results of `fetch`. */
    async fetch(...entityUrls) {
      return (await this.call('fetch', { entityUrls })).structuredContent.results;
    },
    close() {
      server.child.stdin.end();
      return server.ended;
    },
  };
}

/** Waits for something to be so, a turn of the event loop at a time. */
export async function until(holds) {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** The lines of an audit, each of them whole. */
export function auditLines(file) {
  const text = readFileSync(file, 'utf8');
  assert.ok(text.endsWith('\n'));
  return text
    .trimEnd()
    .split('\n')
    .map((one) => JSON.parse(one));
}
