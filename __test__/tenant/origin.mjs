/**
 * One origin on loopback: reads requests whole, hands them to a handler, writes its answer.
 */
import { randomUUID } from 'node:crypto';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import { breakOff, payloadOf, trickle } from './wire.mjs';

const readBody = (request) =>
  new Promise((resolve, reject) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });

/**
 * @typedef {{status?: number, headers?: Record<string, string>, body?: string | Buffer | object,
 *   reset?: boolean, hang?: boolean, trickle?: boolean, truncated?: boolean}} Answer
 */

/**
 * @param {object} setup
 * @param {{cert: string, key: string}} [setup.identity] none for plain HTTP
 * @param {{now(): number}} setup.clock
 * @param {(request: {method: string, path: string, headers: object, body: string, id: string,
 *   tls?: string, closed: Promise<void>}) => Promise<Answer>} setup.handle
 *   `tls` is the version spoken; `closed` is when the client has its answer or has gone
 * @param {number} [setup.port]
 * @param {boolean} [setup.ipv6] listens on ::1
 * @param {'TLSv1.2' | 'TLSv1.3'} [setup.tls] speaks no other version
 */
export async function openOrigin({ identity, clock, handle, port = 0, ipv6 = false, tls }) {
  const sockets = new Set();
  const timers = new Set();
  let connections = 0;

  const serve = async (request, response) => {
    const closed = new Promise((resolve) => response.once('close', resolve));
    request.on('error', () => {});
    response.on('error', () => {});
    response.sendDate = false;
    let body;
    try {
      body = await readBody(request);
    } catch {
      return;
    }
    const id = randomUUID();
    let answer;
    try {
      answer = await handle({
        method: request.method,
        path: request.url,
        headers: request.headers,
        body,
        id,
        tls: request.socket.getProtocol?.(),
        closed,
      });
    } catch (error) {
      answer = { status: 500, headers: { 'content-type': 'text/plain' }, body: `${error?.stack ?? error}` };
    }
    if (answer.hang) return;
    if (answer.reset) {
      request.socket.destroy();
      return;
    }
    send(response, answer, request.method);
  };

  const send = (response, answer, method) => {
    if (response.destroyed) return;
    const { status = 200, headers = {}, body } = answer;
    const json = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body);
    const payload = payloadOf(body);
    response.statusCode = status;
    response.setHeader('Date', new Date(clock.now()).toUTCString());
    if (json) response.setHeader('Content-Type', 'application/json; charset=utf-8');
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) response.setHeader(name, value);
    }
    if (status !== 204) response.setHeader('Content-Length', payload.length);
    if (answer.trickle) trickle(response, payload);
    else if (answer.truncated) breakOff(response, payload);
    else response.end(method === 'HEAD' ? undefined : payload);
  };

  const versions = tls ? { minVersion: tls, maxVersion: tls } : {};
  const server = identity
    ? createServer({ ...identity, ...versions, keepAlive: true }, serve)
    : createPlainServer({ keepAlive: true }, serve);
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
  const track = (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  };
  const count = () => {
    connections += 1;
  };
  server.on('connection', track);
  server.on('secureConnection', track);
  server.on(identity ? 'secureConnection' : 'connection', count);
  server.on('tlsClientError', () => {});
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ipv6 ? '::1' : '127.0.0.1', resolve);
  });

  return {
    url: `${identity ? 'https' : 'http'}://${ipv6 ? '[::1]' : 'localhost'}:${server.address().port}`,
    get connections() {
      return connections;
    },
    /** Waits in a way that does not keep a closed tenant alive. */
    delay: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          timers.delete(timer);
          resolve();
        }, ms);
        timers.add(timer);
      }),
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
