// Beside other people's programs: what msal-node sends, what a certified OpenID server accepts, what Microsoft's Graph
// client takes as a credential.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import Provider from 'oidc-provider';
import { plain, run } from './support.mjs';
import { createAuthority, issue } from './tenant/ca.mjs';
import { startTenant } from './tenant/index.mjs';

const script = (name) => fileURLToPath(new URL(`children/${name}.mjs`, import.meta.url));
const runScript = async (name, env) => {
  const { stdout } = await promisify(execFile)(process.execPath, [script(name)], {
    env: { ...plain, ...env },
  });
  return stdout.trim();
};

let tenant;
before(async () => {
  tenant = await startTenant();
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

/** The forms that msal-node and we sent for the same settings. */
async function both(env) {
  await runScript('msal', { ...env, THUMBPRINT: tenant.identity().sha256 });
  const ours = await run(['token'], env);
  assert.equal(ours.code, 0, ours.err);
  assert.equal(tenant.tokenRequests.length, 2);
  return tenant.tokenRequests;
}

/** Fields that take no part in granting a token; `claims` declares capabilities, where the caller sets them. */
const TELEMETRY = /^(x-client-|x-ms-lib-|x-app-|client-request-id$|claims$)/;

test('with a secret, the request is the one of msal-node without its telemetry', async () => {
  const [msal, ours] = await both(tenant.env('secret'));
  const { claims, ...form } = ours.form;
  const relevant = Object.entries(msal.form).filter(([name]) => !TELEMETRY.test(name));
  assert.deepEqual(Object.fromEntries(relevant.sort()), Object.fromEntries(Object.entries(form).sort()));
  assert.deepEqual(JSON.parse(claims).access_token.xms_cc, { values: ['cp1'] });
  assert.equal(ours.path, msal.path.split('?')[0]);
  assert.equal(ours.headers['content-type'], msal.headers['content-type']);
  assert.match(ours.headers['client-request-id'], /^[0-9a-f-]{36}$/);
});

test('with a certificate, so is the assertion', async () => {
  const [msal, ours] = (await both(tenant.env('certificate'))).map(({ form }) => form);
  const without = ({ client_assertion: _, ...form }) =>
    Object.entries(form)
      .filter(([name]) => !TELEMETRY.test(name))
      .sort();
  assert.deepEqual(without(ours), without(msal));
  assert.deepEqual(
    decodeProtectedHeader(ours.client_assertion),
    decodeProtectedHeader(msal.client_assertion),
  );
  const [mine, theirs] = [ours, msal].map((form) => decodeJwt(form.client_assertion));
  for (const claim of ['aud', 'iss', 'sub']) assert.equal(mine[claim], theirs[claim]);
  assert.deepEqual(Object.keys(mine).sort(), Object.keys(theirs).sort());
  assert.equal(mine.exp - mine.nbf, 600);
  assert.notEqual(mine.jti, theirs.jti);
});

test('each assertion is signed anew', async () => {
  await run(['token'], tenant.env('certificate'));
  await run(['token'], tenant.env('certificate'));
  assert.equal(new Set(tenant.tokenRequests.map(({ jti }) => jti)).size, 2);
  assert.deepEqual(tenant.replayedJtis, []);
});

test("Microsoft's Graph client takes the credential", async () => {
  const subjects = JSON.parse(await runScript('graph-client', tenant.env('certificate')));
  assert.equal(subjects.length, 2);
  assert.equal(tenant.tokenRequests.length, 1);
});

test('an OpenID-certified server accepts the assertion as private_key_jwt', async () => {
  const authority = createAuthority();
  const caPath = join(tenant.dir, 'oidc-ca.pem');
  writeFileSync(caPath, authority.root.pem);
  const { key, cert } = authority.serverIdentity();
  const server = createServer({ key, cert }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const origin = `https://localhost:${server.address().port}`;
    const env = { ...tenant.env('certificate'), WORKIQ_AUTHORITY_HOST: origin, NODE_EXTRA_CA_CERTS: caPath };
    const jwk = createPublicKey(readFileSync(env.WORKIQ_CLIENT_CERTIFICATE_PATH)).export({ format: 'jwk' });
    const scope = `${tenant.graph}/.default`;
    const provider = new Provider(origin, {
      clients: [
        {
          client_id: env.WORKIQ_CLIENT_ID,
          grant_types: ['client_credentials'],
          response_types: [],
          redirect_uris: [],
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_signing_alg: 'PS256',
          jwks: { keys: [{ ...jwk, use: 'sig', alg: 'PS256' }] },
        },
      ],
      scopes: [scope],
      features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
      clientAuthMethods: ['private_key_jwt'],
      enabledJWA: { clientAuthSigningAlgValues: ['PS256'] },
      routes: { token: `/${env.WORKIQ_TENANT_ID}/oauth2/v2.0/token` },
    });
    server.on('request', provider.callback());
    const good = await run(['token'], env);
    assert.equal(good.code, 0, good.err);
    const strange = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const strangePath = join(tenant.dir, 'strange.pem');
    const pem = strange.privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(strangePath, pem + issue({ commonName: 'stranger', ...strange }).pem);
    const other = { ...env, WORKIQ_CLIENT_CERTIFICATE_PATH: strangePath };
    const bad = await run(['token'], other);
    assert.equal(bad.code, 3);
    assert.match(bad.err, /invalid_client/);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
