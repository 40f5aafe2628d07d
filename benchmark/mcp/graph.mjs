// Microsoft Graph and its token endpoint as the servers under measure see them, in a process of its own. It speaks
// HTTP/2 and HTTP/1.1, as Graph does, and is told by its parent how long to take.

import { createSecureServer } from 'node:http2';
import { LIFETIME_S, mint } from '../token.mjs';
import { page, single } from './content.mjs';

const KEEP_ALIVE_MS = 60_000;
let origin;
let delayMs = 0;

function send(response, body) {
  response.writeHead(200, {
    'Content-Type': 'application/json;odata.metadata=minimal;odata.streaming=true;charset=utf-8',
    'Content-Length': body.length,
  });
  response.end(body);
}

const issue = () =>
  Buffer.from(
    JSON.stringify({
      token_type: 'Bearer',
      expires_in: LIFETIME_S,
      ext_expires_in: LIFETIME_S,
      access_token: mint(origin),
    }),
  );

function serve(request, response) {
  const path = request.url.split('?', 1)[0];
  request.resume();
  request.on('end', () => {
    if (path.endsWith('/oauth2/v2.0/token')) return send(response, issue());
    const body = path.endsWith('/messages') ? page : single;
    if (delayMs > 0) return setTimeout(send, delayMs, response, body);
    return send(response, body);
  });
}

const commands = {
  start({ identity }) {
    const server = createSecureServer({ ...identity, allowHTTP1: true, noDelay: true }, serve);
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    return new Promise((resolve) => {
      server.listen(0, 'localhost', () => {
        origin = `https://localhost:${server.address().port}`;
        resolve({ origin });
      });
    });
  },

  set(message) {
    ({ delayMs } = message);
    return {};
  },
};

process.on('message', async (message) => process.send(await commands[message.command](message)));
process.on('disconnect', () => process.exit(0));
