/**
 * Workload identity federation.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { decodeJwt, SignJWT } from 'jose';
import { startTenant } from '../index.mjs';
import { ask, asserted, refused } from './helpers.mjs';

describe('federation', () => {
  let tenant;
  before(async () => {
    tenant = await startTenant();
  });
  after(() => tenant.close());
  const exchange = (jwt) => ask(tenant, asserted(jwt));

  test('a matching token is exchanged', async () => {
    assert.equal((await exchange(tenant.issueFederatedToken())).status, 200);
    assert.equal((await exchange(tenant.issueFederatedToken({ aud: tenant.federatedAudience }))).status, 200);
  });

  test('issuer, subject, audience and time are compared', async () => {
    const cases = [
      [{ iss: 'https://gitlab.com' }, 700211],
      [{ aud: 'api://other' }, 700212],
      [{ sub: 'repo:contoso/decisions:pull_request' }, 700213],
      [{ sub: 'repo:Contoso/decisions:ref:refs/heads/main' }, 7002138],
      [{ expiresIn: -60 }, 700024],
      [{ expiresIn: 26 * 3600 }, 70023],
    ];
    for (const [claims, code] of cases) {
      refused(await exchange(tenant.issueFederatedToken(claims)), code, 'invalid_client', 401);
    }
  });

  test('a token of somebody else under the right names is refused', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const claims = decodeJwt(tenant.issueFederatedToken());
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .sign(privateKey);
    refused(await exchange(forged), 50027, 'invalid_client', 401);
  });

  test('GitHub and Pipelines hand out tokens that Entra takes', async () => {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = tenant.githubEnv;
    const audience = encodeURIComponent(tenant.federatedAudience);
    const github = await tenant.request(`${url}&audience=${audience}`, {
      headers: { authorization: `bearer ${secret}` },
    });
    assert.equal((await exchange(github.json.value)).status, 200);
    assert.equal((await tenant.request(`${url}&audience=${audience}`)).status, 401);

    const { pipelinesEnv } = tenant;
    const query = `api-version=7.1&serviceConnectionId=${pipelinesEnv.AZURESUBSCRIPTION_SERVICE_CONNECTION_ID}`;
    const pipelines = await tenant.request(`${pipelinesEnv.SYSTEM_OIDCREQUESTURI}?${query}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${pipelinesEnv.SYSTEM_ACCESSTOKEN}`,
        'x-tfs-fedauthredirect': 'Suppress',
      },
    });
    assert.equal((await exchange(pipelines.json.oidcToken)).status, 200);
  });

  test('env has a credential of each kind', () => {
    for (const kind of ['secret', 'certificate', 'github', 'pipelines', 'token-file']) {
      const env = tenant.env(kind);
      assert.equal(env.WORKIQ_AUTH_MODE, 'app-only');
      assert.equal(env.WORKIQ_GRAPH_ENDPOINT, tenant.graph);
      assert.ok(
        Object.values(env).every((value) => typeof value === 'string' && value !== ''),
        kind,
      );
    }
    assert.throws(() => tenant.env('nonsense'), TypeError);
  });
});
