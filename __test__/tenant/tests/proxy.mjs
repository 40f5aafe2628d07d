/**
 * The proxy: whom it lets through, and to where.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import { decodeJwt } from 'jose';
import { startTenant } from '../index.mjs';
import { asserted, assertion, form } from './helpers.mjs';

const LOGIN = 'login.microsoftonline.com';
const GRAPH = 'graph.microsoft.com';
const basic = ({ user, password }) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

describe('proxy', () => {
  const credentials = { user: 'ada', password: 'p@ss:word/ü' };
  let tenant;
  let ca;
  before(async () => {
    tenant = await startTenant({ hosts: [LOGIN, GRAPH, 'login.microsoftonline.us'], roles: 'read' });
    ca = readFileSync(tenant.caPath);
  });
  after(() => tenant.close());

  /** What a CONNECT brings: status, headers and, where it is let through, the socket. */
  async function tunnel(proxy, path, headers = {}) {
    const { protocol, hostname, port } = new URL(proxy.url);
    const request = protocol === 'https:' ? tlsRequest : plainRequest;
    const outgoing = request({ hostname, port, ca, method: 'CONNECT', path, headers, agent: false });
    outgoing.end();
    const [response, socket] = await once(outgoing, 'connect');
    if (response.statusCode !== 200) socket.destroy();
    return { status: response.statusCode, headers: response.headers, socket };
  }

  /** A request through the tunnel to an official name. */
  async function through(proxy, host, path, { headers = {}, body } = {}) {
    const { socket } = await tunnel(proxy, `${host}:443`, { 'proxy-authorization': basic(credentials) });
    const createConnection = () => tlsConnect({ socket, servername: host, ca });
    const method = body === undefined ? 'GET' : 'POST';
    const outgoing = tlsRequest({ host, defaultPort: 443, path, method, headers, createConnection });
    outgoing.end(body);
    const [response] = await once(outgoing, 'response');
    const chunks = await response.toArray();
    return { status: response.statusCode, json: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  }

  const grant = (proxy, host, more) =>
    through(proxy, host, `/${tenant.tenantId}/oauth2/v2.0/token`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(
        Object.entries(form(tenant, { scope: `https://${GRAPH}/.default`, ...more })).filter(
          ([, value]) => value !== undefined,
        ),
      ).toString(),
    });

  test('asks for its credentials, and takes no others', async () => {
    const proxy = await tenant.startProxy({ credentials });
    const none = await tunnel(proxy, `${LOGIN}:443`);
    assert.deepEqual([none.status, none.headers['proxy-authenticate']], [407, 'Basic realm="Contoso"']);
    const wrong = basic({ user: 'ada', password: 'wrong' });
    assert.equal((await tunnel(proxy, `${LOGIN}:443`, { 'proxy-authorization': wrong })).status, 407);
    const good = await tunnel(proxy, `${LOGIN}:443`, { 'proxy-authorization': basic(credentials) });
    assert.equal(good.status, 200);
    good.socket.destroy();
    assert.deepEqual(
      proxy.connects.map(({ authority, status }) => [authority, status]),
      [
        [`${LOGIN}:443`, 407],
        [`${LOGIN}:443`, 407],
        [`${LOGIN}:443`, 200],
      ],
    );
    const { username, password } = new URL(proxy.urlWith());
    assert.deepEqual([username, password].map(decodeURIComponent), [credentials.user, credentials.password]);
  });

  test('lets nothing leave the machine', async () => {
    const proxy = await tenant.startProxy({ map: { 'elsewhere.example:443': '192.0.2.1:443' } });
    for (const [path, status] of [
      ['example.com:443', 403],
      [`${GRAPH}:80`, 403],
      ['elsewhere.example:443', 403],
      ['nonsense', 400],
      [new URL(tenant.graph).host, 200],
    ]) {
      const answer = await tunnel(proxy, path);
      assert.equal(answer.status, status, path);
      answer.socket.destroy();
    }
  });

  test('says 502 where nobody listens', async () => {
    const proxy = await tenant.startProxy();
    const gone = await startTenant();
    const { host } = new URL(gone.graph);
    await gone.close();
    assert.equal((await tunnel(proxy, host)).status, 502);
    assert.equal(proxy.connects[0].status, 502);
  });

  test('notes what is not CONNECT, and does not serve it', async () => {
    const proxy = await tenant.startProxy();
    const outgoing = plainRequest(proxy.url, { path: 'http://127.0.0.1/secret', agent: false });
    outgoing.end();
    const [response] = await once(outgoing, 'response');
    assert.equal(response.statusCode, 405);
    assert.deepEqual(
      proxy.requests.map(({ method, url }) => [method, url]),
      [['GET', 'http://127.0.0.1/secret']],
    );
  });

  for (const tls of [false, true]) {
    test(`leads the official names to the tenant, ${tls ? 'over TLS' : 'in plain HTTP'}`, async () => {
      const proxy = await tenant.startProxy({ credentials, tls });
      assert.match(proxy.url, tls ? /^https:/ : /^http:/);
      const aud = `https://${LOGIN}/${tenant.tenantId}/oauth2/v2.0/token`;
      const signed = asserted(await assertion(tenant, { claims: { aud } }));
      for (const more of [{}, signed]) {
        const { status, json } = await grant(proxy, LOGIN, more);
        assert.equal(status, 200, JSON.stringify(json));
        assert.equal(decodeJwt(json.access_token).aud, `https://${GRAPH}`);
        const headers = { authorization: `Bearer ${json.access_token}` };
        const read = await through(proxy, GRAPH, '/v1.0/users/ada@contoso.com/messages?$top=1', { headers });
        assert.equal(read.status, 200);
        assert.match(read.json['@odata.nextLink'], new RegExp(`^https://${GRAPH}/v1\\.0/`));
      }
    });
  }

  test('names of two clouds do not mix, and a token is for one audience', async () => {
    const proxy = await tenant.startProxy({ credentials });
    const other = await grant(proxy, 'login.microsoftonline.us');
    assert.deepEqual([other.status, other.json.error_codes], [400, [500011]]);
    const loopback = await grant(proxy, LOGIN, { scope: `${tenant.graph}/.default` });
    assert.deepEqual(loopback.json.error_codes, [500011]);
    const headers = { authorization: `Bearer ${await tenant.mintToken()}` };
    assert.equal((await through(proxy, GRAPH, '/v1.0/users', { headers })).status, 401);
  });

  test('ends with the tenant', async () => {
    const short = await startTenant();
    const proxy = await short.startProxy();
    const { socket } = await tunnel(proxy, new URL(short.graph).host);
    const closed = once(socket, 'close');
    socket.resume();
    await short.close();
    await closed;
    await assert.rejects(tunnel(proxy, 'localhost:1'), { code: 'ECONNREFUSED' });
  });
});

test('a host that belongs to no cloud is refused', async () => {
  await assert.rejects(startTenant({ hosts: ['login.contoso.com'] }), /no name of an authority or of Graph/);
});
