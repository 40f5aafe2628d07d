/**
 * One TLS origin on loopback: reads requests whole, hands them to a handler, writes its answer.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:https';

const readBody = (request) =>
  new Promise((resolve, reject) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });

/**
 * @typedef {{status?: number, headers?: Record<string, string>, body?: string | Buffer | object,
 *   reset?: boolean, hang?: boolean}} Answer
 */

/**
 * @param {object} setup
 * @param {{cert: string, key: string}} setup.identity
 * @param {{now(): number}} setup.clock
 * @param {(request: {method: string, path: string, headers: object, body: string, id: string}) => Promise<Answer>} setup.handle
 * @param {number} [setup.port]
 */
export async function openOrigin({ identity, clock, handle, port = 0 }) {
  const sockets = new Set();
  const timers = new Set();
  let connections = 0;

  const server = createServer({ ...identity, keepAlive: true }, async (request, response) => {
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
  });

  const send = (response, answer, method) => {
    if (response.destroyed) return;
    const { status = 200, headers = {}, body } = answer;
    const json = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body);
    const payload = json ? JSON.stringify(body) : (body ?? '');
    response.statusCode = status;
    response.setHeader('Date', new Date(clock.now()).toUTCString());
    if (json) response.setHeader('Content-Type', 'application/json; charset=utf-8');
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) response.setHeader(name, value);
    }
    if (status !== 204) response.setHeader('Content-Length', Buffer.byteLength(payload));
    response.end(method === 'HEAD' ? undefined : payload);
  };

  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  server.on('secureConnection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  server.on('tlsClientError', () => {});
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  return {
    url: `https://localhost:${server.address().port}`,
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
