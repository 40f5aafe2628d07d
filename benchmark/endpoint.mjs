// The token endpoint of the benchmark, in a process of its own so that it takes no time from those it serves. Lean,
// and told by its parent how to answer; it counts what comes in.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import { LIFETIME_S, mint } from './token.mjs';

/** A thousand clients connect at once; a shorter queue would make some of them wait for a retransmission. */
const BACKLOG = 4096;
const KEEP_ALIVE_MS = 60_000;
/** Lets the last answer reach the client before the endpoint goes down. */
const LAST_ANSWER_MS = 100;

/** How to answer: each step is for one request, in their order, and the last for all that follow. */
let steps = [{}];
let requests = 0;
let connections = 0;
let server;
let origin;

function success({ refreshIn }) {
  return {
    token_type: 'Bearer',
    expires_in: LIFETIME_S,
    ext_expires_in: LIFETIME_S,
    ...(refreshIn && { refresh_in: refreshIn }),
    access_token: mint(origin),
  };
}

function refusal() {
  const [traceId, correlationId] = [randomUUID(), randomUUID()];
  const timestamp = new Date().toISOString().replace('T', ' ').replace(/\.\d+/, '');
  return {
    error: 'invalid_client',
    error_description: `AADSTS7000215: The client secret is not the application's. Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: [7000215],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
  };
}

function send(response, status, value) {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store, no-cache',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

function goDown() {
  server.close();
  server.closeAllConnections();
}

function answerToken(response) {
  const step = steps[Math.min(requests, steps.length - 1)];
  requests += 1;
  if (steps[requests]?.down) setTimeout(goDown, LAST_ANSWER_MS);
  const answer = () => (step.badSecret ? send(response, 401, refusal()) : send(response, 200, success(step)));
  if (step.delayMs) setTimeout(answer, step.delayMs);
  else answer();
}

/** What an authority says about itself, for clients that ask before their first token. */
function configuration(response, tenantPath) {
  const authority = origin + tenantPath;
  send(response, 200, {
    issuer: `${authority}/v2.0`,
    authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
    token_endpoint: `${authority}/oauth2/v2.0/token`,
    jwks_uri: `${authority}/discovery/v2.0/keys`,
  });
}

function serve(request, response) {
  const path = request.url.split('?', 1)[0];
  request.resume();
  request.on('end', () => {
    if (request.method === 'POST' && path.endsWith('/oauth2/v2.0/token')) return answerToken(response);
    const [, tenantPath] = /^(\/[^/]+)\/v2\.0\/\.well-known\/openid-configuration$/.exec(path) ?? [];
    if (tenantPath) return configuration(response, tenantPath);
    return send(response, 404, { error: 'not_found' });
  });
}

const listen = (port) =>
  new Promise((resolve) => server.listen({ port, host: 'localhost', backlog: BACKLOG }, resolve));

const commands = {
  async start({ identity }) {
    server = createServer({ ...identity, keepAliveTimeout: KEEP_ALIVE_MS }, serve);
    server.on('secureConnection', () => {
      connections += 1;
    });
    await listen(0);
    origin = `https://localhost:${server.address().port}`;
    return { origin };
  },

  async set(message) {
    if (!server.listening) await listen(new URL(origin).port);
    server.closeAllConnections();
    ({ steps } = message);
    requests = 0;
    connections = 0;
  },

  counts: async () => ({ requests, connections }),
};

process.on('message', async (message) => process.send((await commands[message.command](message)) ?? {}));
process.on('disconnect', () => process.exit(0));
