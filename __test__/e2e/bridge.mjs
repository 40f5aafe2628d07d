// Streamable HTTP in front of a stdio server, for a client that speaks HTTP only. It carries messages and knows nothing
// of what they say, beyond what the transport itself needs: sessions until 2025-11-25, none since 2026-07-28.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const SESSION = 'mcp-session-id';
const VERSION = 'mcp-protocol-version';

/** The first version of the protocol that has no sessions. */
const STATELESS = '2026-07-28';

/** A stdio server that runs, and who waits for what it says. */
class Child {
  #process;
  #waiting = new Map();

  constructor({ command, args, env }) {
    this.#process = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#process.stdin.on('error', () => {});
    this.ended = once(this.#process, 'close');
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#heard(JSON.parse(line)));
    this.ended.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the server ended'));
    });
  }

  #heard(message) {
    const waiting = this.#waiting.get(message.id);
    if (waiting && message.method === undefined) {
      this.#waiting.delete(message.id);
      waiting.resolve(message);
      return;
    }
    const token = message.params?.progressToken;
    for (const one of this.#waiting.values()) if (one.progressToken === token) one.notify(message);
  }

  send(message) {
    this.#process.stdin.write(`${JSON.stringify(message)}\n`);
  }

  /** The answer to a request; its progress goes to `notify` before. */
  request(message, notify) {
    const progressToken = message.params?._meta?.progressToken;
    return new Promise((resolve, reject) => {
      this.#waiting.set(message.id, { resolve, reject, notify, progressToken });
      this.send(message);
    });
  }

  end() {
    this.#process.stdin.end();
    return this.ended;
  }
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function fail(response, status, code, message, id = null) {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }));
}

/** Errors that have a status of HTTP's own since 2026-07-28: what is wrong with the request, not with what it asks for. */
const STATUS = { [-32601]: 404, [-32602]: 400, [-32021]: 400, [-32022]: 400 };

/** Answers a request as a stream of events, whose last is the answer. */
async function answer(child, message, response, headers = {}, statuses = {}) {
  const events = [];
  const told = await child.request(message, (event) => events.push(event));
  const status = statuses[told.error?.code];
  if (status) {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(told));
    return;
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', ...headers });
  for (const event of [...events, told]) response.write(`event: message\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
}

/**
 * Opens the bridge on loopback.
 *
 * @param {{command: string, args: string[], env: Record<string, string>}} server started anew for each session, and for
 *   each request of a client that has no sessions
 * @returns {Promise<{url: string, close: () => Promise<void>}>}
 */
export async function openBridge(server) {
  const sessions = new Map();

  async function stateless(message, response) {
    const child = new Child(server);
    try {
      await answer(child, message, response, {}, STATUS);
    } finally {
      await child.end();
    }
  }

  async function begin(message, response) {
    const id = randomUUID();
    const child = new Child(server);
    sessions.set(id, child);
    await answer(child, message, response, { [SESSION]: id });
  }

  async function post(request, response) {
    const message = JSON.parse(await bodyOf(request));
    const isRequest = message.method !== undefined && message.id !== undefined;
    if (isRequest && request.headers[SESSION] === undefined) {
      const hasSessions = (request.headers[VERSION] ?? '') < STATELESS;
      return message.method === 'initialize' && hasSessions
        ? begin(message, response)
        : stateless(message, response);
    }
    const child = sessions.get(request.headers[SESSION]);
    if (!child) return fail(response, 404, -32001, 'there is no such session', message.id);
    if (isRequest) return answer(child, message, response);
    child.send(message);
    response.writeHead(202).end();
  }

  async function remove(request, response) {
    const child = sessions.get(request.headers[SESSION]);
    sessions.delete(request.headers[SESSION]);
    await child?.end();
    response.writeHead(child ? 200 : 404).end();
  }

  const methods = { POST: post, DELETE: remove };
  const http = createServer((request, response) => {
    const handle = methods[request.method];
    if (!handle) return response.writeHead(405, { Allow: 'POST, DELETE' }).end();
    handle(request, response).catch((error) => {
      if (response.headersSent) response.destroy();
      else fail(response, 400, -32700, error.message);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${http.address().port}/mcp`,
    async close() {
      await Promise.all([...sessions.values()].map((child) => child.end()));
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
