/**
 * An HTTP proxy on loopback that knows CONNECT only, and lets nothing leave the machine.
 */
import { createServer as createPlainServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);

/** Host and port of `host:port` or `[host]:port`. */
function split(authority) {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(authority);
  return match && { host: match[1] ?? match[2], port: Number(match[3]) };
}

const dialable = ({ host, port }) => ({ host: host === 'localhost' ? '127.0.0.1' : host, port });

const REASONS = {
  400: 'Bad Request',
  403: 'Forbidden',
  407: 'Proxy Authentication Required',
  502: 'Bad Gateway',
};

/**
 * @param {object} [options]
 * @param {{user: string, password: string}} [options.credentials] that it asks for, as Basic
 * @param {Record<string, string>} [options.map] from what is asked for (`login.microsoftonline.com:443`) to a
 *   `host:port` on loopback; what is neither in it nor on loopback gets 403
 * @param {{cert: string, key: string}} [options.identity] speaks TLS with the client: an `https://` proxy
 */
export async function startProxy({ credentials, map = {}, identity } = {}) {
  /** @type {{authority: string, headers: object, status: number}[]} */
  const connects = [];
  const requests = [];
  const sockets = new Set();
  const track = (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    return socket;
  };

  const authorized = ({ headers }) => {
    if (!credentials) return true;
    const [scheme, value = ''] = (headers['proxy-authorization'] ?? '').split(' ');
    const given = Buffer.from(value, 'base64').toString('utf8');
    return /^basic$/i.test(scheme) && given === `${credentials.user}:${credentials.password}`;
  };

  /** What becomes of a CONNECT: a target, or a status. */
  function decide(request) {
    if (!authorized(request)) return { status: 407 };
    const asked = split(request.url);
    if (!asked) return { status: 400 };
    const target = split(Object.hasOwn(map, request.url) ? map[request.url] : request.url);
    if (!target || !LOOPBACK.has(target.host)) return { status: 403 };
    return { status: 200, target };
  }

  const refuse = (socket, status) => {
    const challenge = status === 407 ? 'Proxy-Authenticate: Basic realm="Contoso"\r\n' : '';
    const head = `HTTP/1.1 ${status} ${REASONS[status]}\r\n${challenge}`;
    socket.end(`${head}Content-Length: 0\r\nConnection: close\r\n\r\n`);
  };

  function onConnect(request, socket, head) {
    track(socket);
    const { status, target } = decide(request);
    const entry = { authority: request.url, headers: request.headers, status };
    connects.push(entry);
    if (!target) return refuse(socket, status);
    const onward = track(connect(dialable(target)));
    const refused = () => {
      entry.status = 502;
      refuse(socket, 502);
    };
    onward.once('error', refused);
    onward.once('connect', () => {
      onward.off('error', refused);
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.write(head);
      socket.pipe(onward).pipe(socket);
      onward.once('close', () => socket.destroy());
    });
    socket.once('close', () => onward.destroy());
  }

  /** What a client asks for without CONNECT is noted, and not served. */
  function onRequest(request, response) {
    requests.push({ method: request.method, url: request.url, headers: request.headers });
    response.writeHead(405, { 'Content-Length': 0 }).end();
  }

  const server = identity ? createTlsServer(identity, onRequest) : createPlainServer(onRequest);
  server.on('connect', onConnect);
  server.on('connection', track);
  server.on('secureConnection', track);
  server.on('clientError', (_, socket) => socket.destroy());
  server.on('tlsClientError', () => {});
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address();
  const scheme = identity ? 'https' : 'http';
  const at = `localhost:${port}`;

  let closing;
  return {
    /** Without credentials. */
    url: `${scheme}://${at}`,
    /** With credentials: its own, unless others are given. */
    urlWith: ({ user, password } = credentials) =>
      `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${at}`,
    port,
    connects,
    requests,
    /** Forgets what it has seen. */
    reset() {
      connects.length = 0;
      requests.length = 0;
    },
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
      return closing;
    },
  };
}
