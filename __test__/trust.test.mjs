// Whom TLS trusts, over which versions and addresses.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { run } from './support.mjs';
import { createAuthority } from './tenant/ca.mjs';
import { startTenant } from './tenant/index.mjs';

const addresses = Object.values(networkInterfaces()).flat();
const noIpv6 = !addresses.some(({ address }) => address === '::1') && 'this machine has no IPv6';
/** Elsewhere the system's own TLS is used, which knows no such variables. */
const notOpenssl = process.platform !== 'linux' && 'read by OpenSSL, which is used on Linux only';

let tenant;
before(async () => {
  tenant = await startTenant();
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

/** `workiq-auth token` that trusts whom `more` says. */
const token = (more) => run(['token'], { ...tenant.env('secret'), NODE_EXTRA_CA_CERTS: undefined, ...more });

/** A file in the tenant's directory. */
function file(name, content) {
  const path = join(tenant.dir, name);
  writeFileSync(path, content);
  return path;
}

async function assertTrusted(more) {
  const { code, err } = await token(more);
  assert.equal(code, 0, err);
}

async function assertNotTrusted(more) {
  const { code, out, err } = await token(more);
  assert.notEqual(code, 0);
  assert.equal(out, '');
  assert.match(err, /TLS with \S+ failed/);
  assert.match(err, /NODE_EXTRA_CA_CERTS/);
  assert.equal(tenant.tokenRequests.length, 0, 'nothing is sent to a stranger');
}

describe('trust', () => {
  const stranger = () => file('stranger.pem', createAuthority('Fabrikam Root').root.pem);

  test('NODE_EXTRA_CA_CERTS adds one CA, or a bundle with it', async () => {
    await assertNotTrusted({});
    await assertNotTrusted({ NODE_EXTRA_CA_CERTS: stranger() });
    await assertTrusted({ NODE_EXTRA_CA_CERTS: tenant.caPath });
    const bundle = readFileSync(stranger(), 'utf8') + readFileSync(tenant.caPath, 'utf8');
    await assertTrusted({ NODE_EXTRA_CA_CERTS: file('bundle.pem', bundle) });
  });

  test('SSL_CERT_FILE stands in place of the system, NODE_EXTRA_CA_CERTS besides it', {
    skip: notOpenssl,
  }, async () => {
    await assertNotTrusted({ SSL_CERT_FILE: stranger() });
    await assertNotTrusted({ SSL_CERT_FILE: join(tenant.dir, 'no-such.pem') });
    await assertTrusted({ SSL_CERT_FILE: tenant.caPath });
    await assertTrusted({ SSL_CERT_FILE: stranger(), NODE_EXTRA_CA_CERTS: tenant.caPath });
  });

  test('SSL_CERT_DIR names directories with hashed names', { skip: notOpenssl }, async (context) => {
    let hash;
    try {
      hash = execFileSync('openssl', ['x509', '-hash', '-noout', '-in', tenant.caPath], { encoding: 'utf8' });
    } catch {
      return context.skip('no openssl here to compute the hashed name');
    }
    const directory = (name) => {
      const path = join(tenant.dir, name);
      mkdirSync(path);
      return path;
    };
    const [empty, hashed] = [directory('empty'), directory('hashed')];
    copyFileSync(tenant.caPath, join(hashed, `${hash.trim()}.0`));
    await assertNotTrusted({ SSL_CERT_DIR: empty });
    await assertTrusted({ SSL_CERT_DIR: hashed });
    await assertTrusted({ SSL_CERT_DIR: [empty, hashed].join(delimiter) });
    await assertTrusted({ SSL_CERT_DIR: hashed, SSL_CERT_FILE: stranger() });
  });

  test('the right CA for another name is not enough', async () => {
    const host = 'login.contoso.example';
    const proxy = await tenant.startProxy({ map: { [`${host}:443`]: new URL(tenant.authority).host } });
    await assertNotTrusted({
      NODE_EXTRA_CA_CERTS: tenant.caPath,
      WORKIQ_AUTHORITY_HOST: `https://${host}`,
      HTTPS_PROXY: proxy.url,
    });
    assert.deepEqual(
      proxy.connects.map(({ status }) => status),
      [200],
    );
  });

  test('an https:// proxy of a stranger gets no credentials', async () => {
    const proxy = await tenant.startProxy({ tls: true, credentials: { user: 'ada', password: 'hush' } });
    const { code, err } = await token({ HTTPS_PROXY: proxy.urlWith() });
    assert.notEqual(code, 0);
    assert.match(err, new RegExp(new URL(proxy.url).host));
    assert.ok(!err.includes('hush'));
    assert.deepEqual([proxy.connects, proxy.requests, tenant.requests], [[], [], []]);
  });
});

describe('versions and addresses', () => {
  for (const tls of ['TLSv1.2', 'TLSv1.3']) {
    test(`a server that speaks ${tls} only`, async () => {
      const other = await startTenant({ tls });
      try {
        const { code, err } = await run(['token'], other.env('certificate'));
        assert.equal(code, 0, err);
        assert.deepEqual(
          other.tokenRequests.map((entry) => entry.tls),
          [tls],
        );
      } finally {
        await other.close();
      }
    });
  }

  test('IPv6, directly and through a proxy', { skip: noIpv6 }, async () => {
    const other = await startTenant({ ipv6: true });
    try {
      const direct = await run(['token'], other.env('certificate'));
      assert.equal(direct.code, 0, direct.err);
      const proxy = await other.startProxy();
      const proxied = await run(['token'], { ...other.env('secret'), HTTPS_PROXY: proxy.url });
      assert.equal(proxied.code, 0, proxied.err);
      const { host } = new URL(other.authority);
      assert.deepEqual(
        proxy.connects.map(({ authority }) => authority),
        [host],
      );
      const past = await run(['token'], { ...other.env('secret'), HTTPS_PROXY: proxy.url, NO_PROXY: '::1' });
      assert.equal(past.code, 0, past.err);
      assert.equal(proxy.connects.length, 1);
      assert.equal(other.tokenRequests.length, 3);
    } finally {
      await other.close();
    }
  });
});
