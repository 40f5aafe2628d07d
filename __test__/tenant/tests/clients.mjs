/**
 * Real clients: msal-node, the Graph client, and the program itself.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { startTenant } from '../index.mjs';
import { child } from './helpers.mjs';

describe('real clients', () => {
  let tenant;
  before(async () => {
    tenant = await startTenant({ roles: 'read' });
  });
  after(() => tenant.close());

  const MSAL = `
    import { ConfidentialClientApplication } from '@azure/msal-node';
    const env = process.env;
    const credential = env.TEST_CERTIFICATE ? { clientCertificate: JSON.parse(env.TEST_CERTIFICATE) } : { clientSecret: env.WORKIQ_CLIENT_SECRET };
    const app = new ConfidentialClientApplication({
      auth: {
        clientId: env.WORKIQ_CLIENT_ID,
        authority: env.WORKIQ_AUTHORITY_HOST + '/' + env.WORKIQ_TENANT_ID,
        knownAuthorities: [new URL(env.WORKIQ_AUTHORITY_HOST).host],
        clientCapabilities: ['cp1'],
        ...credential,
      },
    });
    const request = { scopes: [env.WORKIQ_GRAPH_ENDPOINT + '/.default'] };
    let out;
    try {
      const result = await app.acquireTokenByClientCredential(request);
      out = { token: result.accessToken };
    } catch (error) {
      out = { code: error.errorCode, number: error.errorNo, status: error.status, message: error.message };
    }
    process.stdout.write(JSON.stringify(out));
  `;

  test('msal-node with a secret', async () => {
    const { token, message } = await child(tenant, MSAL);
    assert.ok(token, message);
    assert.deepEqual(decodeJwt(token).xms_cc, ['cp1']);
  });

  test('msal-node with a certificate, and with its chain', async () => {
    const { key: privateKey, certificate, sha256: thumbprintSha256 } = tenant.identity();
    for (const x5c of [undefined, certificate]) {
      const TEST_CERTIFICATE = JSON.stringify({ privateKey, thumbprintSha256, x5c });
      const { token, message } = await child(tenant, MSAL, { TEST_CERTIFICATE });
      assert.ok(token, message);
    }
    assert.ok(tenant.tokenRequests.at(-1).form.client_assertion);
  });

  test('msal-node understands the errors', async () => {
    const error = await child(tenant, MSAL, { WORKIQ_CLIENT_SECRET: 'wrong' });
    assert.deepEqual([error.code, `${error.number}`], ['invalid_client', '7000215']);
  });

  test('the Graph client reads, pages and reports', async () => {
    const script = `
      import { Client, PageIterator } from '@microsoft/microsoft-graph-client';
      const env = process.env;
      const client = Client.init({
        baseUrl: env.WORKIQ_GRAPH_ENDPOINT + '/',
        customHosts: new Set(['localhost']),
        authProvider: (done) => done(null, env.TEST_TOKEN),
      });
      const subjects = [];
      const first = await client.api('/users/ada@contoso.com/messages').top(7).select('subject').get();
      await new PageIterator(client, first, (item) => subjects.push(item.subject) > 0).iterate();
      let error;
      try {
        await client.api('/me').get();
      } catch (caught) {
        error = { code: caught.code, status: caught.statusCode, id: caught.requestId };
      }
      process.stdout.write(JSON.stringify({ count: subjects.length, error }));
    `;
    const { count, error } = await child(tenant, script, { TEST_TOKEN: await tenant.mintToken() });
    assert.equal(count, 30);
    assert.deepEqual([error.code, error.status], ['BadRequest', 400]);
    assert.ok(error.id);
  });

  test('the program prints its exports and stops on SIGTERM', async () => {
    const main = new URL('../main.mjs', import.meta.url);
    const running = spawn(process.execPath, [main.pathname], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    await new Promise((resolve, reject) => {
      running.on('error', reject);
      running.on('close', reject);
      running.stdout.on('data', (chunk) => {
        printed += chunk;
        if (printed.includes('Ctrl-C')) resolve();
      });
    });
    assert.match(printed, /^export WORKIQ_CLIENT_SECRET='/m);
    assert.match(printed, /^# export WORKIQ_CLIENT_CERTIFICATE_PATH='/m);
    running.removeAllListeners('close');
    const closed = new Promise((resolve) => running.on('close', (code, signal) => resolve(signal ?? code)));
    running.kill('SIGTERM');
    assert.equal(await closed, process.platform === 'win32' ? 'SIGTERM' : 0);
  });
});
