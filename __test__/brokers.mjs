// What the tests of the broker share.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { command, plain } from './support.mjs';

const running = new Set();

/** Ends those that a test which failed left open. */
export function closeBrokers() {
  for (const server of running) server.kill('SIGKILL');
}

/**
 * A broker that is open until it is closed.
 *
 * @param {Record<string, string>} env that it signs in with
 * @param {string[]} [flags]
 */
export async function openBroker(env, flags = []) {
  const server = spawn(process.execPath, [command, 'broker', ...flags], {
    env: { ...plain, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(server);
  const ended = new Promise((resolve) => server.once('exit', (code, signal) => resolve({ code, signal })));
  ended.then(() => running.delete(server));
  const text = await new Promise((resolve) => server.stdout.setEncoding('utf8').once('data', resolve));
  const address = JSON.parse(text).broker;
  return {
    address,
    pid: server.pid,
    env: { WORKIQ_AUTH_MODE: 'app-only', WORKIQ_BROKER: address },
    close() {
      server.kill('SIGTERM');
      return ended;
    },
  };
}

/** The whole messages in what a broker said, each behind its length. */
function messages(bytes) {
  const found = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readUInt32BE(at)) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end <= bytes.length) found.push(JSON.parse(bytes.subarray(at + 4, end).toString()));
  }
  return found;
}

/** One question in the broker's own protocol, as a program might ask that is not ours, and its answer, if it has one. */
export function askRaw(address, message) {
  const bytes = Buffer.isBuffer(message) ? message : Buffer.from(JSON.stringify(message));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return new Promise((resolve, reject) => {
    const socket = connect(address, () => socket.write(Buffer.concat([length, bytes])));
    let said = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      said = Buffer.concat([said, chunk]);
      const answer = messages(said).find((one) => !one.doing);
      if (answer) socket.destroy();
      if (answer) resolve(answer);
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(undefined));
  });
}

/** What is written to a file by somebody else, once it is whole. */
export async function waitForFile(file) {
  const events = watch(path.dirname(file), { signal: AbortSignal.timeout(30_000) });
  const read = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  if (read().endsWith('\n')) return read();
  for await (const _ of events) if (read().endsWith('\n')) return read();
}
