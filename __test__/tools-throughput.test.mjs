// Manners towards Graph: how much at once, when again, and when to stop.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { line, startTools, toolCall, until } from './support.mjs';
import { createAuthority } from './tenant/ca.mjs';
import { startTenant } from './tenant/index.mjs';

const ADA = '/users/ada@contoso.com';

let tenant;
let tools;
before(async () => {
  tenant = await startTenant({ roles: 'read' });
  tools = startTools(tenant.env('secret'));
});
beforeEach(() => tenant.reset());
after(async () => {
  await tools.close();
  await tenant.close();
});

const most = () => Math.max(...tenant.graphRequests.map(({ underWay }) => underWay));

describe('at once', () => {
  test('four requests to one mailbox, and no fifth', async () => {
    tenant.fail({ at: 'graph', delayMs: 40, times: Infinity });
    const calls = Array.from({ length: 12 }, () => tools.fetch(`${ADA}/messages?$top=1`));
    const results = (await Promise.all(calls)).flat();
    assert.ok(results.every(({ statusCode }) => statusCode === 200));
    assert.equal(tenant.graphRequests.length, 12);
    assert.equal(most(), 4);
  });

  test('more where mailboxes differ', async () => {
    tenant.fail({ at: 'graph', delayMs: 40, times: Infinity });
    const mailboxes = tenant.data.users.slice(0, 3).map(({ id }) => `/users/${id}/messages?$top=1`);
    await Promise.all(mailboxes.flatMap((path) => [1, 2, 3, 4].map(() => tools.fetch(path))));
    assert.ok(most() > 4, `${most()}`);
  });
});

describe('one connection', () => {
  test('carries all requests where Graph speaks HTTP/2', async () => {
    const authority = createAuthority();
    const ca = join(tenant.dir, 'http2-ca.pem');
    writeFileSync(ca, authority.root.pem);
    const versions = [];
    let sessions = 0;
    const server = createSecureServer(authority.serverIdentity(), (request, response) => {
      versions.push(request.httpVersion);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"1"}');
    });
    server.on('session', () => {
      sessions += 1;
    });
    await new Promise((resolve) => server.listen(0, 'localhost', resolve));
    const graph = `https://localhost:${server.address().port}`;
    const http2 = startTools({
      WORKIQ_AUTH_MODE: 'app-only',
      WORKIQ_ACCESS_TOKEN: await tenant.mintToken({ audience: graph }),
      WORKIQ_GRAPH_ENDPOINT: graph,
      NODE_EXTRA_CA_CERTS: ca,
    });
    await http2.fetch('/sites/first');
    const calls = Array.from({ length: 12 }, (_, n) => http2.fetch(`/sites/${n}`));
    const results = (await Promise.all(calls)).flat();
    assert.ok(results.every(({ statusCode }) => statusCode === 200));
    await http2.close();
    await new Promise((resolve) => server.close(resolve));
    assert.deepEqual([...new Set(versions)], ['2.0']);
    assert.equal(sessions, 1);
  });
});

describe('again', () => {
  test('a read after 429 and after 503, when Graph says', async () => {
    tenant.fail({ at: 'graph', throttle: 1 });
    tenant.fail({ at: 'graph', unavailable: true });
    const [result] = await tools.fetch('/users?$top=1');
    assert.equal(result.statusCode, 200);
    assert.equal(tenant.graphRequests.length, 3);
  });

  test('a search, which only reads, after 503 and after a connection that broke', async () => {
    tenant.fail({ at: 'graph', match: '/search/query', unavailable: true });
    tenant.fail({ at: 'graph', match: '/search/query', reset: true });
    const { structuredContent } = await tools.call('do_action', {
      actionUrl: '/search/query',
      jsonBody: {
        requests: [{ entityTypes: ['driveItem'], query: { queryString: 'budget' }, region: 'EMEA' }],
      },
    });
    assert.equal(structuredContent.statusCode, 200);
  });

  test('not sign-in for each path of a batch, where it was refused for all', async () => {
    const refused = startTools(tenant.env('secret'));
    tenant.fail({ at: 'token', aadsts: 53003, times: Infinity });
    const paths = Array.from({ length: 20 }, (_, n) => `/sites/${n}`);
    const { isError, content } = await refused.call('fetch', { entityUrls: paths });
    await refused.close();
    assert.ok(isError && content[0].text.includes('53003'), content[0].text);
    assert.equal(tenant.tokenRequests.length, 1);
  });

  test('a path for which sign-in is refused does not sink the others', async () => {
    assert.equal((await tools.fetch(ADA))[0].statusCode, 200);
    tenant.fail({
      at: 'graph',
      match: '/sites/root',
      claimsChallenge: '{"access_token":{"nbf":{"value":"1"}}}',
    });
    tenant.fail({ at: 'token', aadsts: 53003, times: Infinity });
    const [ada, root] = await tools.fetch(ADA, '/sites/root');
    assert.equal(ada.data.displayName, 'Ada Lovelace');
    assert.equal(root.statusCode, 401);
    assert.match(root.error.message, /53003/);
  });

  test('of a batch only what was throttled', async () => {
    const ids = tenant.data.users.map(({ id }) => id).slice(0, 8);
    tenant.fail({ at: 'graph', match: ids[2], throttle: 0 });
    tenant.fail({ at: 'graph', match: ids[5], throttle: 0 });
    const results = await tools.fetch(...ids.map((id) => `/users/${id}`));
    assert.deepEqual(
      results.map(({ data }) => data?.id),
      ids,
    );
    const batches = tenant.graphRequests.filter(({ path }) => path.endsWith('/$batch'));
    assert.deepEqual(
      batches.map(({ body }) => JSON.parse(body).requests.length),
      [8, 2],
    );
  });

  test('not at all where the wait is longer than the call may be: Retry-After is handed through', async () => {
    tenant.fail({ at: 'graph', throttle: 600, times: Infinity });
    const [result] = await tools.fetch('/users?$top=1');
    assert.deepEqual([result.statusCode, result.retryAfterSeconds], [429, 600]);
    assert.equal(tenant.graphRequests.length, 1);
  });

  test('side by side what a batch could not answer', async () => {
    const ids = tenant.data.users.map(({ id }) => id).slice(0, 6);
    const responses = ids.map((_, n) => ({ id: `${n}`, status: 401, body: { error: { code: 'x' } } }));
    tenant.fail({ at: 'graph', match: '$batch', status: 200, body: { responses } });
    tenant.fail({ at: 'graph', match: '/users/', delayMs: 40, times: Infinity });
    const results = await tools.fetch(...ids.map((id) => `/users/${id}`));
    assert.deepEqual(
      results.map(({ data }) => data?.id),
      ids,
    );
    assert.ok(most() > 1, `${most()}`);
  });

  test('one by one where Graph takes no batch', async () => {
    tenant.fail({ at: 'graph', match: '$batch', status: 405, body: { error: { code: 'x', message: 'no' } } });
    const ids = tenant.data.users.map(({ id }) => id).slice(0, 6);
    const results = await tools.fetch(...ids.map((id) => `/users/${id}`));
    assert.deepEqual(
      results.map(({ data }) => data?.id),
      ids,
    );
  });
});

describe('the end', () => {
  test('comes with the deadline of the call, whatever Graph does', async () => {
    const hurried = startTools({ ...tenant.env('secret'), WORKIQ_CALL_TIMEOUT_MS: '1000' });
    tenant.fail({ at: 'graph', hang: true, times: Infinity });
    const result = await hurried.call('fetch', { entityUrls: ['/users'] });
    await hurried.close();
    assert.equal(result.structuredContent.results[0].statusCode, 504);
    assert.equal(result.structuredContent.results[0].error.code, 'timeout');
  });

  test('comes when the client cancels, and the work stops', async () => {
    tenant.fail({ at: 'graph', hang: true, times: Infinity });
    const before = tools.messages.length;
    tools.write(toolCall('doomed', 'fetch', { entityUrls: ['/users'] }));
    await until(() => tenant.graphRequests.length === 1);
    tools.write(line({ method: 'notifications/cancelled', params: { requestId: 'doomed' } }));
    await tenant.graphRequests[0].closed;
    tenant.reset();
    assert.equal((await tools.fetch('/users?$top=1'))[0].statusCode, 200);
    assert.ok(tools.messages.slice(before).every(({ id, result }) => id !== 'doomed' || !result));
  });
});

describe('progress', () => {
  test('is told while Graph lets wait, to a client that asked for it', async () => {
    tenant.fail({ at: 'graph', throttle: 3 });
    const before = tools.messages.length;
    const result = await tools.call('fetch', { entityUrls: ['/users?$top=1'] }, { progressToken: 'p' });
    assert.equal(result.structuredContent.results[0].statusCode, 200);
    const told = tools.messages.slice(before).filter(({ method }) => method === 'notifications/progress');
    assert.ok(told.length >= 1);
    assert.equal(told[0].params.progressToken, 'p');
    assert.match(told[0].params.message, /waiting \d+ s, as Microsoft Graph asks/);
  });

  test('is not told to one that did not', async () => {
    tenant.fail({ at: 'graph', throttle: 3 });
    const before = tools.messages.length;
    await tools.fetch('/users?$top=1');
    assert.ok(tools.messages.slice(before).every(({ method }) => method !== 'notifications/progress'));
  });
});
