// A server in a process of its own, spoken to over its stdin and stdout as an MCP client does.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { keptEnvironment } from '../process.mjs';

const NEWLINE = 0x0a;
const PROTOCOL = '2025-06-18';
const CLIENT = { name: 'benchmark', version: '1' };

const toLine = (message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;

/**
 * Starts a server and begins a session.
 *
 * @param {{args: string[], env: Record<string, string>}} command what Node is to run
 * @returns {Promise<{
 *   pid: number,
 *   initializeMs: number,
 *   request: (method: string, params: object) => Promise<{result: object, line: string, at: number}>,
 *   end: () => Promise<void>,
 * }>} `initializeMs` is from just before the process is started until the answer to `initialize` is here; `at` is when
 *   the line of an answer was here, by this process's clock, before it was parsed
 */
export async function openSession({ args, env }) {
  const waiting = new Map();
  let id = 0;
  let rest = [];
  let errors = '';

  const before = performance.now();
  const child = spawn(process.execPath, args, { env: { ...keptEnvironment(), ...env } });
  const gone = once(child, 'close');
  child.stdin.on('error', () => {});
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  child.stdout.on('data', (chunk) => {
    const at = performance.now();
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, end)]).toString();
      rest = [];
      from = end + 1;
      settle(line, at);
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  });
  gone.then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`${args[0]} ended: ${errors}`));
  });

  function settle(line, at) {
    const message = JSON.parse(line);
    const { resolve, reject } = waiting.get(message.id) ?? {};
    waiting.delete(message.id);
    if (message.error) reject?.(new Error(`${args[0]}: ${message.error.message}`));
    else resolve?.({ result: message.result, line, at });
  }

  const request = (method, params = {}) =>
    new Promise((resolve, reject) => {
      id += 1;
      waiting.set(id, { resolve, reject });
      child.stdin.write(toLine({ id, method, params }));
    });

  const { at } = await request('initialize', {
    protocolVersion: PROTOCOL,
    capabilities: {},
    clientInfo: CLIENT,
  });
  child.stdin.write(toLine({ method: 'notifications/initialized' }));
  return {
    pid: child.pid,
    initializeMs: at - before,
    request,
    async end() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
