// Paths that try to be other paths, other hosts or other requests: through the running server, watched at each place
// where a request could arrive. A path is either refused before the network, or arrives at Graph as it was asked for.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fetchCall, hello, startServer } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const ADA = '/users/ada@contoso.com';

let tenant;
let proxy;
let elsewhere;
let server;
let calls = 0;

/** An origin that is not Graph's: whoever connects has gone astray, before TLS even begins. */
async function openElsewhere() {
  const sockets = new Set();
  const seen = [];
  const listener = createServer((socket) => {
    seen.push(socket.remotePort);
    sockets.add(socket);
    socket.on('error', () => {});
    socket.destroy();
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    host: `localhost:${listener.address().port}`,
    seen,
    close: () => new Promise((resolve) => listener.close(resolve)),
  };
}

before(async () => {
  tenant = await startTenant({ roles: 'read' });
  proxy = await tenant.startProxy();
  elsewhere = await openElsewhere();
  server = startServer({ ...tenant.env('secret'), HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url });
  server.write(hello);
  await fetch(ADA);
});
beforeEach(() => tenant.reset());
after(async () => {
  server?.child.stdin.end();
  await server?.ended;
  await Promise.all([tenant?.close(), elsewhere?.close()]);
});

/** One call of `fetch`; the result of its only path. */
async function fetch(path) {
  calls += 1;
  server.write(fetchCall(calls, path));
  const { result, error } = await server.answer(calls);
  assert.equal(error, undefined);
  return result.structuredContent.results[0];
}

/** Everything that went out since the last reset, as it arrived. */
const arrived = () => tenant.requests.map(({ at, method, path }) => `${at} ${method} ${path}`);

function assertNothingElsewhere() {
  assert.deepEqual(elsewhere.seen, [], 'nobody connects elsewhere');
  const known = [tenant.authority, tenant.graph].map((origin) => new URL(origin).host);
  const asked = new Set(proxy.connects.map(({ authority }) => authority));
  for (const authority of asked) assert.ok(known.includes(authority), `the proxy was asked for ${authority}`);
  assert.deepEqual(proxy.requests, [], 'nothing goes through the proxy in the clear');
}

/** What must not be sent, in groups. `HOST` stands for another origin's host and port. */
const REFUSED = {
  'a scheme': [
    'https://HOST/v1.0/users',
    'http://HOST/',
    'HTTPS://HOST/',
    'https:/HOST/',
    'https:HOST',
    'https://graph.microsoft.com/v1.0/users',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:,x',
    'unix:/var/run/docker.sock',
    ' https://HOST/',
    '\thttps://HOST/',
    '/https://HOST/v1.0/users',
    '/proxy/https://HOST/',
  ],
  'an authority': [
    '//HOST/v1.0/users',
    '///HOST/users',
    '//HOST:443/users',
    '//user@HOST/users',
    '@HOST/users',
    ':443@HOST/users',
    ':80/users',
    '.HOST/users',
    'HOST/users',
    '/users//HOST/x',
    '?@HOST/',
    '#@HOST/',
    '',
    'users',
    './users',
    '../users',
  ],
  userinfo: [
    'https://ada:secret@HOST/users',
    'https://graph.microsoft.com@HOST/users',
    'https://HOST#@graph.microsoft.com/users',
    'https://graph.microsoft.com\\@HOST/users',
  ],
  backslashes: [
    '\\\\HOST\\users',
    '/\\HOST/users',
    '\\/HOST/users',
    `${ADA}\\messages`,
    `${ADA}\\..\\..`,
    `${ADA}?$filter=a\\b`,
    `${ADA}/%5c..%5c`,
    `${ADA}/%5C%5CHOST`,
    `${ADA}/%255cHOST`,
  ],
  dots: [
    '/../users',
    '/./users',
    '/...',
    '/users/..',
    '/users/../groups',
    `${ADA}/../../..//HOST/`,
    '/%2e%2e/users',
    '/.%2E/users',
    `${ADA}/%2f%2e%2e`,
    `${ADA}/%2e%2e%2fgroups`,
    `${ADA}/..%2fgroups`,
    `${ADA}/%252e%252e/groups`,
    `${ADA}/%25252e%25252e/groups`,
    `${ADA}/..;/groups`,
    `${ADA}/..;x=1/groups`,
    `${ADA}/%2e%2e;/groups`,
    `${ADA}/..%3b/groups`,
    `${ADA}/..%20/groups`,
    `${ADA}/ ../groups`,
    '/drives/b!x/root:/plans/../secret:/content',
    '/drives/b!x/root:/plans/..:/children',
    '/drives/b!x/root:/%2e%2e/secret:/content',
  ],
  'encoded slashes': [
    `${ADA}%2fmessages`,
    `${ADA}%2Fmessages`,
    `${ADA}%252fmessages`,
    `${ADA}%25252fmessages`,
    '/%2fHOST/',
    '/%2f%2fHOST/',
  ],
  'dots and slashes of Unicode': [
    '/users/\u2025/groups',
    '/users/\uff0e\uff0e/groups',
    '/users/\u2024\u2024/groups',
    '/users/\ufe52\ufe52/groups',
    '/users/.\uff0e/groups',
    '/users/%ef%bc%8e%ef%bc%8e/groups',
    '/users/%E2%80%A5/groups',
    '/users/..\uff0fgroups',
    '/users/..\u2215groups',
    '/users/..\u2044groups',
    '/users/..\uff3cgroups',
    '\uff0fusers',
    '\u2215\u2215HOST',
    '/users/\u0085',
  ],
  'bytes that are not UTF-8, or no bytes': [
    '/users/%c0%ae%c0%ae/groups',
    '/users/%c0%af',
    '/users/%e0%80%af',
    '/users/%ff',
    '/users/%ed%a0%80',
    '/users/%',
    '/users/%2',
    '/users/%zz',
    '/users/%u002e%u002e/groups',
    `${ADA}?$filter=%`,
    `${ADA}?$filter=%ff`,
  ],
  'line breaks and controls': [
    '/users\r\nHost: HOST',
    `${ADA} HTTP/1.1\r\nHost: HOST\r\n\r\nGET /`,
    '/users\nX: y',
    `${ADA}?$top=1\r\nAuthorization: none`,
    '/users/%0d%0aHost:%20HOST',
    '/users/%0aX',
    '/users/%250d%250aX',
    '/users/\u0000',
    '/users/%00',
    '/users/%2500',
    `${ADA}\u0000.png`,
    '/users/\u007f',
    '/users/%7f',
    '/users/\t',
    '/users/\u001b[31m',
  ],
  fragments: ['/users#', `${ADA}#/messages`, `${ADA}?$top=1#x`, '/#//HOST'],
  'empty segments': ['/users//messages', `${ADA}//`, `${ADA}/`, '/users/?$top=1'],
  versions: [
    '/v1.0/users',
    '/v1.0',
    '/V1.0/users',
    '/beta/users',
    '/beta',
    '/BETA?$top=1',
    '/%761.0/users',
    '/v1%2e0/users',
    '/v1.0%2fusers',
    '/%2576%2531.0/users',
    '/v1.0;x/users',
    '/v1.0./users',
    '/beta%20/users',
    '/%62eta/users',
  ],
  'a batch': [
    '/$batch',
    '/$BATCH',
    '/%24batch',
    '/%24%62atch',
    '/%2524batch',
    '/$batch;x',
    '/$batch.',
    '/$batch%20',
    '/$batch?x=1',
    `${ADA}/$batch`,
  ],
  'too long': [
    `/${'a'.repeat(65_536)}`,
    `${ADA}?$filter=${'a'.repeat(65_536)}`,
    `/${'../'.repeat(21_845)}`,
    `/users/${'%20'.repeat(6_000)}`,
    `/users/${'\u{1f469}'.repeat(2_000)}`,
  ],
};

/** What is sent though it looks odd: as asked, on the left, and as it must arrive below the version, on the right. */
const SENT = [
  [ADA, ADA],
  ['/users/ada%40contoso.com', '/users/ada%40contoso.com'],
  [`${ADA}?$select=id,displayName`, `${ADA}?$select=id,displayName`],
  [`${ADA}?$select=id&x=//HOST/../..`, `${ADA}?$select=id&x=//HOST/../..`],
  [`${ADA}?next=https://HOST/`, `${ADA}?next=https://HOST/`],
  [`${ADA}?x=%0d%0aHost:%20HOST`, `${ADA}?x=%0d%0aHost:%20HOST`],
  [`${ADA}?x=%2e%2e%2f&y=%252f`, `${ADA}?x=%2e%2e%2f&y=%252f`],
  [`${ADA}?x=1?y=2`, `${ADA}?x=1?y=2`],
  [`${ADA}?`, `${ADA}?`],
  [`${ADA};x=1`, `${ADA};x=1`],
  ['/users/ada@HOST', '/users/ada@HOST'],
  ['/@HOST', '/@HOST'],
  ['/https:HOST', '/https:HOST'],
  ['/.well-known', '/.well-known'],
  ['/users/a..b', '/users/a..b'],
  ['/users/%2524value', '/users/%2524value'],
  ['/users/100%25', '/users/100%25'],
  ['/v1.00/x', '/v1.00/x'],
  ['/v2.0/x', '/v2.0/x'],
  ['/betas', '/betas'],
  ['/users/beta', '/users/beta'],
  ['/batch', '/batch'],
  ['/users/$batches', '/users/$batches'],
  ['/users/a b', '/users/a%20b'],
  ['/users/"<>`{}|^', '/users/%22%3C%3E%60%7B%7D%7C%5E'],
  ['/users/é', '/users/%C3%A9'],
  ['/users/\u{1f469}', '/users/%F0%9F%91%A9'],
  ['/users/\uff41', '/users/%EF%BD%81'],
  ['/users/\u200b\u202e', '/users/%E2%80%8B%E2%80%AE'],
  ['/drives/b!x/root:/a\uff0fb.docx:/content', '/drives/b!x/root:/a%EF%BC%8Fb.docx:/content'],
  ["/users('ada@contoso.com')", "/users('ada@contoso.com')"],
  [`/users/${'a'.repeat(8_000)}`, `/users/${'a'.repeat(8_000)}`],
];

const here = (path) => path.replaceAll('HOST', elsewhere.host);
const titled = (path) => JSON.stringify(path.length > 60 ? `${path.slice(0, 60)}… (${path.length})` : path);

describe('refused before the network', () => {
  for (const [title, paths] of Object.entries(REFUSED)) {
    test(title, async () => {
      for (const path of paths) {
        const { statusCode, error, data } = await fetch(here(path));
        assert.deepEqual([statusCode, error?.code, data], [400, 'invalidPath', undefined], titled(path));
        assert.deepEqual(arrived(), [], titled(path));
        // What was asked for is shown so that nothing in it acts on a terminal.
        // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is looked for
        assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f\u202e]/, titled(path));
      }
      assertNothingElsewhere();
    });
  }
});

test('sent to Graph, as it was asked for', async () => {
  for (const [asked, expected] of SENT) {
    tenant.reset();
    await fetch(here(asked));
    assert.deepEqual(arrived(), [`graph GET /v1.0${here(expected)}`], titled(asked));
    assert.equal(tenant.requests[0].headers.host, new URL(tenant.graph).host);
  }
  assertNothingElsewhere();
});

test('in one call, a hostile path does not touch the others', async () => {
  server.write(fetchCall('many', '//x/', ADA, '/users/../groups', '/users?$top=1'));
  const { result } = await server.answer('many');
  assert.deepEqual(
    result.structuredContent.results.map(({ statusCode }) => statusCode),
    [400, 200, 400, 200],
  );
  assert.equal(tenant.graphRequests.length, 2);
});

describe('no token follows', () => {
  const address = () => `https://${elsewhere.host}/v1.0/users`;

  for (const [title, location] of [
    ['an absolute Location', (host) => `https://${host}/v1.0/users`],
    ['a Location without scheme', (host) => `//${host}/v1.0/users`],
    ['a Location in the clear', (host) => `http://${host}/`],
    ['a Location with userinfo', (host) => `https://localhost@${host}/`],
    ['a Location with backslashes', (host) => `\\\\${host}\\users`],
  ]) {
    test(title, async () => {
      const rule = tenant.fail({ at: 'graph', redirect: location(elsewhere.host), times: Infinity });
      const { error, data } = await fetch(ADA);
      assert.ok(rule.hits > 0);
      assert.equal(data, undefined);
      assert.equal(typeof error.code, 'string');
      assert.ok(tenant.graphRequests.every(({ path }) => path === `/v1.0${ADA}`));
      assertNothingElsewhere();
    });
  }

  for (const name of ['@odata.nextLink', '@odata.deltaLink', '@odata.id', '@odata.context']) {
    test(`an ${name} to another origin, neither by itself nor when it is asked for`, async () => {
      tenant.fail({ at: 'graph', members: { [name]: address() } });
      const { statusCode, data } = await fetch('/users?$top=1');
      assert.equal(statusCode, 200);
      assert.equal(tenant.graphRequests.length, 1);
      tenant.reset();
      // However the link is given, what is asked for next stays with Graph.
      const { error } = await fetch(data[name] ?? address());
      assert.equal(error?.code, 'invalidPath');
      assert.deepEqual(arrived(), []);
      assertNothingElsewhere();
    });
  }
});
