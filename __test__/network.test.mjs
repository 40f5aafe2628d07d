// How bytes travel: through proxies, past them, over which TLS, trusting whom.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeJwt } from 'jose';
import { plain, run } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const CREDENTIALS = { user: 'ada', password: 'p@ss:word/100%&ü' };
const OFFICIAL = [
  'login.microsoftonline.com',
  'graph.microsoft.com',
  'login.microsoftonline.us',
  'graph.microsoft.us',
];

let tenant;
let proxy;
before(async () => {
  tenant = await startTenant({ hosts: OFFICIAL, roles: 'read' });
});
beforeEach(() => tenant.reset());
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});
after(() => tenant.close());

const authorityHost = () => new URL(tenant.authority).host;
const asked = () => proxy.connects.map(({ authority, status }) => [authority, status]);

/** `workiq-auth token` in the tenant's environment and more. */
const token = (more, kind = 'secret') => run(['token'], { ...tenant.env(kind), ...more });

/** No form of the proxy's password, as far as a person or a program could read it back. */
function assertNoPassword({ out, err }, { user, password } = CREDENTIALS) {
  const both = `${user}:${password}`;
  for (const form of [
    password,
    encodeURIComponent(password),
    new URL(proxy.urlWith({ user, password })).password,
    Buffer.from(both).toString('base64'),
  ]) {
    assert.ok(!(out + err).includes(form), `the proxy's password was printed:\n${err}`);
  }
}

describe('a proxy', () => {
  for (const name of ['HTTPS_PROXY', 'https_proxy']) {
    for (const tls of [false, true]) {
      test(`in ${name}, ${tls ? 'https' : 'http'}://, with credentials`, async () => {
        proxy = await tenant.startProxy({ credentials: CREDENTIALS, tls });
        const result = await token({ [name]: proxy.urlWith(), WORKIQ_LOG: 'trace' });
        assert.equal(result.code, 0, result.err);
        assert.deepEqual(asked(), [[authorityHost(), 200]]);
        assert.equal(tenant.tokenRequests.length, 1);
        assert.equal(tenant.tokenRequests[0].headers['proxy-authorization'], undefined);
        assertNoPassword(result);
      });
    }
  }

  test('without credentials, and without a scheme', async () => {
    proxy = await tenant.startProxy();
    for (const value of [proxy.url, `localhost:${proxy.port}`]) {
      const { code, err } = await token({ HTTPS_PROXY: value });
      assert.equal(code, 0, err);
    }
    assert.equal(proxy.connects.length, 2);
    assert.ok(proxy.connects.every(({ headers }) => headers['proxy-authorization'] === undefined));
  });

  test('sees no secret and no token: the tunnel is asked for and nothing else', async () => {
    proxy = await tenant.startProxy();
    assert.equal((await token({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url })).code, 0);
    assert.deepEqual(proxy.requests, []);
    assert.ok(!JSON.stringify(proxy.connects).includes(tenant.clientSecret));
  });

  for (const tls of [false, true]) {
    test(`with wrong credentials is named, its password is not (${tls ? 'https' : 'http'}://)`, async () => {
      proxy = await tenant.startProxy({ credentials: CREDENTIALS, tls });
      for (const wrong of [{ user: 'ada', password: 'hush~ü#1' }, undefined]) {
        proxy.reset();
        const url = wrong ? proxy.urlWith(wrong) : proxy.url;
        const result = await token({ HTTPS_PROXY: url, WORKIQ_LOG: 'trace' });
        assert.notEqual(result.code, 0);
        assert.equal(result.out, '');
        assert.match(result.err, new RegExp(`proxy ${proxy.url.replaceAll('.', '\\.')}`));
        assert.match(result.err, /HTTPS_PROXY/);
        assertNoPassword(result, wrong);
        // Sent again, a wrong password would lock an account.
        assert.deepEqual(asked(), [[authorityHost(), 407]]);
      }
      assert.equal(tenant.requests.length, 0);
    });
  }

  test('that refuses the host, and one that is not there, are named', async () => {
    proxy = await tenant.startProxy();
    const refused = await token({
      HTTPS_PROXY: proxy.url,
      WORKIQ_AUTHORITY_HOST: 'https://login.contoso.example',
    });
    assert.notEqual(refused.code, 0);
    assert.match(refused.err, new RegExp(`proxy ${proxy.url}.*login\\.contoso\\.example`));
    assert.deepEqual(asked()[0], ['login.contoso.example:443', 403]);
    await proxy.close();
    const gone = await token({ HTTPS_PROXY: proxy.urlWith(CREDENTIALS) });
    assert.notEqual(gone.code, 0);
    assert.match(gone.err, new RegExp(`proxy ${proxy.url}`));
    assertNoPassword(gone);
  });
});

describe('NO_PROXY', () => {
  test('goes past the proxy for an exact host, a list with it, and *', async () => {
    proxy = await tenant.startProxy();
    for (const more of [
      { NO_PROXY: 'localhost' },
      { NO_PROXY: 'contoso.example, localhost' },
      { NO_PROXY: '*' },
      { no_proxy: 'localhost' },
    ]) {
      const { code, err } = await token({ HTTPS_PROXY: proxy.url, ...more });
      assert.equal(code, 0, err);
      assert.deepEqual(asked(), [], JSON.stringify(more));
    }
    const { code } = await token({ HTTPS_PROXY: proxy.url, NO_PROXY: 'contoso.example' });
    assert.equal(code, 0);
    assert.deepEqual(asked(), [[authorityHost(), 200]]);
  });

  test('takes a suffix by whole labels', async () => {
    proxy = await tenant.startProxy();
    // A label of 64 letters is one that no resolver can ask for: going past the proxy fails on this machine.
    const name = `login.${'x'.repeat(64)}.contoso`;
    const env = { HTTPS_PROXY: proxy.url, WORKIQ_AUTHORITY_HOST: `https://${name}` };
    for (const [NO_PROXY, past] of [
      ['.contoso', true],
      [`${'x'.repeat(64)}.contoso`, true],
      [name, true],
      ['toso', false],
      [`xx.contoso`, false],
      ['', false],
    ]) {
      proxy.reset();
      const { code, err } = await token({ ...env, NO_PROXY });
      assert.notEqual(code, 0);
      if (past) {
        assert.match(err, new RegExp(`could not connect to ${name}`), NO_PROXY);
        assert.deepEqual(asked(), [], NO_PROXY);
      } else assert.deepEqual(asked()[0], [`${name}:443`, 403], NO_PROXY);
    }
  });
});

describe("Microsoft's own names, with no setting but the proxy", () => {
  const official = (kind, more = {}) => ({
    ...tenant.env(kind),
    WORKIQ_AUTHORITY_HOST: undefined,
    WORKIQ_GRAPH_ENDPOINT: undefined,
    HTTPS_PROXY: proxy.urlWith(),
    ...more,
  });
  const cases = [
    ['secret', {}, 'login.microsoftonline.com', 'graph.microsoft.com'],
    ['certificate', {}, 'login.microsoftonline.com', 'graph.microsoft.com'],
    ['certificate', { WORKIQ_CLOUD: 'usgov' }, 'login.microsoftonline.us', 'graph.microsoft.us'],
  ];
  for (const [kind, more, login, graph] of cases) {
    test(`${kind} at ${login}, and mail from ${graph}`, async () => {
      proxy = await tenant.startProxy({ credentials: CREDENTIALS });
      const signedIn = await run(['token'], official(kind, more));
      assert.equal(signedIn.code, 0, signedIn.err);
      assert.equal(decodeJwt(signedIn.out.trim()).aud, `https://${graph}`);
      assert.equal(signedIn.err, '');
      const mail = await run(['fetch', '-u', '/users/ada@contoso.com/messages?$top=1'], official(kind, more));
      assert.equal(mail.code, 0, mail.err);
      assert.equal(JSON.parse(mail.out).results[0].statusCode, 200);
      assert.deepEqual(asked(), [
        [`${login}:443`, 200],
        [`${login}:443`, 200],
        [`${graph}:443`, 200],
      ]);
    });
  }
});

describe('connections', () => {
  const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
  const tokens = async (more = {}) => {
    const [one, other] = [tenant.graph, 'https://graph.microsoft.com'].map((graph) => `${graph}/.default`);
    const CALLS = JSON.stringify([{ scope: one }, { scope: other }, { scope: one, claims }]);
    const script = fileURLToPath(new URL('children/tokens.mjs', import.meta.url));
    const env = { ...plain, ...tenant.env('secret'), ...more, CALLS };
    return JSON.parse((await promisify(execFile)(process.execPath, [script], { env })).stdout);
  };

  test('are kept: tokens of two scopes, and one for claims, over one', async () => {
    const before = tenant.connections.authority;
    assert.equal(new Set(await tokens()).size, 3);
    assert.equal(tenant.tokenRequests.length, 3);
    assert.equal(tenant.connections.authority - before, 1);
  });

  test('are kept through a proxy too', async () => {
    proxy = await tenant.startProxy({ credentials: CREDENTIALS });
    assert.equal(new Set(await tokens({ HTTPS_PROXY: proxy.urlWith() })).size, 3);
    assert.equal(tenant.tokenRequests.length, 3);
    assert.deepEqual(asked(), [[authorityHost(), 200]]);
  });
});

test('managed identity never goes through the proxy', async () => {
  proxy = await tenant.startProxy();
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'https_proxy', 'http_proxy', 'all_proxy'];
  const proxies = Object.fromEntries(names.map((name) => [name, proxy.url]));
  const { code, out, err } = await token(proxies, 'managed-identity');
  assert.equal(code, 0, err);
  assert.equal(decodeJwt(out.trim()).aud, tenant.graph);
  assert.equal(tenant.managedIdentity.requests.length, 1);
  assert.deepEqual([proxy.connects, proxy.requests], [[], []]);
});
