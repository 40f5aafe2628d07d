// A token endpoint that tests hold in their hands: each request waits until the test says what becomes of it. What is
// let pass goes on to the tenant, so that good answers and refusals are the tenant's own.

import { EventEmitter, once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { createAuthority } from './tenant/ca.mjs';
import { breakOff, trickle } from './tenant/wire.mjs';

const HEADERS_OF_A_HOP = new Set(['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding']);

const endToEnd = (headers) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HEADERS_OF_A_HOP.has(name)));

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** A request that stands at the gate. */
class Held {
  #response;
  #ask;

  constructor(request, body, response, ask) {
    this.#response = response;
    this.#ask = ask;
    this.form = Object.fromEntries(new URLSearchParams(body));
    this.headers = request.headers;
    this.at = performance.now();
    this.open = true;
    /** When the client has its answer or has gone. */
    this.closed = once(response, 'close').then(() => {
      this.open = false;
    });
  }

  /** Answers as the tenant does; `members` are put into the body. */
  async pass(members = {}) {
    const { status, headers, json, text } = await this.#ask(this);
    const body = json === undefined ? text : JSON.stringify({ ...json, ...members });
    this.answer(status, body, endToEnd(headers));
  }

  answer(status, body = '', headers = {}) {
    if (!this.#response.destroyed) this.#response.writeHead(status, headers).end(body);
  }

  /** Begins an answer, and leaves it at that. */
  begin(status, headers, part) {
    if (!this.#response.destroyed) this.#response.writeHead(status, headers).write(part);
  }

  /** Goes on with an answer that was begun. */
  more(part) {
    if (!this.#response.destroyed) this.#response.write(part);
  }

  /** Answers with a token that the tenant minted, whatever was presented. */
  grant(token, members = {}) {
    const body = { token_type: 'Bearer', expires_in: 3599, access_token: token, ...members };
    this.answer(200, JSON.stringify(body), { 'content-type': 'application/json' });
  }

  /** Answers with half of a body, of which the whole was promised. */
  truncate(status, body, headers = {}) {
    this.#response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    breakOff(this.#response, Buffer.from(body));
  }

  /** Answers a byte at a time. */
  trickle(status, body, headers = {}) {
    this.#response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    trickle(this.#response, Buffer.from(body));
  }

  reset() {
    this.#response.destroy();
  }
}

/**
 * @param {object} tenant where requests go on to
 */
export async function openGate(tenant) {
  const authority = createAuthority('Gate Root');
  const arrivals = new EventEmitter();
  /** @type {Held[]} */
  const seen = [];
  const waiting = [];
  let plan = [];
  let otherwise;
  const sockets = { open: 0, most: 0 };

  const ask = ({ form, headers }, path) =>
    tenant.request(tenant.authority + path, { form, headers: endToEnd(headers) });

  const server = createServer(authority.serverIdentity(), async (request, response) => {
    response.on('error', () => {});
    let body;
    try {
      body = await bodyOf(request);
    } catch {
      return;
    }
    const held = new Held(request, body, response, (one) => ask(one, request.url));
    seen.push(held);
    const act = plan.shift() ?? otherwise;
    if (act) act(held);
    else waiting.push(held);
    arrivals.emit('arrival');
  });
  server.keepAliveTimeout = 60_000;
  server.on('secureConnection', (socket) => {
    sockets.open += 1;
    sockets.most = Math.max(sockets.most, sockets.open);
    socket.once('close', () => {
      sockets.open -= 1;
    });
  });
  server.on('clientError', (_, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://localhost:${server.address().port}`;
  const trust = join(tenant.dir, `gate-${server.address().port}.pem`);
  writeFileSync(trust, readFileSync(tenant.caPath, 'utf8') + authority.root.pem);

  return {
    /** Every request since the last reset, the oldest first. */
    seen,
    /** The next request that no plan is for, when it comes. */
    async next() {
      while (waiting.length === 0) await once(arrivals, 'arrival');
      return waiting.shift();
    },
    /** What becomes of the requests to come, one function each; those after them wait for the test. */
    plan(...acts) {
      plan = acts;
    },
    /** What becomes of each request that no plan is for, from now on. */
    always(act) {
      otherwise = act;
    },
    /** How many connections are open, and how many were at most. */
    sockets,
    /** Forgets what it has seen, and lets go of what it holds. */
    reset() {
      for (const held of seen) held.reset();
      seen.length = 0;
      waiting.length = 0;
      plan = [];
      otherwise = undefined;
    },
    /** The tenant's environment, with the gate in front of its token endpoint. */
    env: (kind = 'secret') => ({
      ...tenant.env(kind),
      WORKIQ_AUTHORITY_HOST: url,
      NODE_EXTRA_CA_CERTS: trust,
    }),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Lets a request pass. */
export const pass = (held) => held.pass();
