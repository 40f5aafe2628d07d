// Each of Microsoft's clouds by its own names, which lead through a proxy to the tenant: authority, Graph and exchange
// audience change together.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { decodeJwt } from 'jose';
import { run } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const CLOUDS = {
  public: ['login.microsoftonline.com', 'graph.microsoft.com', 'api://AzureADTokenExchange'],
  usgov: ['login.microsoftonline.us', 'graph.microsoft.us', 'api://AzureADTokenExchangeUSGov'],
  'usgov-dod': ['login.microsoftonline.us', 'dod-graph.microsoft.us', 'api://AzureADTokenExchangeUSGov'],
  china: [
    'login.partner.microsoftonline.cn',
    'microsoftgraph.chinacloudapi.cn',
    'api://AzureADTokenExchangeChina',
  ],
  bleu: ['login.sovcloud-identity.fr', 'graph.svc.sovcloud.fr', 'api://AzureADTokenExchangeFrance'],
  delos: ['login.sovcloud-identity.de', 'graph.svc.sovcloud.de', 'api://AzureADTokenExchangeGermany'],
};
const ISSUER = 'https://token.example';

let tenant;
let proxy;
before(async () => {
  const rows = Object.values(CLOUDS);
  tenant = await startTenant({
    hosts: [...new Set(rows.flatMap((row) => row.slice(0, 2)))],
    federatedCredentials: [
      { issuer: ISSUER, subject: 'ci', audiences: [...new Set(rows.map(([, , audience]) => audience))] },
    ],
  });
  proxy = await tenant.startProxy();
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

/** The environment in `cloud`, with nothing of the test tenant's own but its CA and the proxy. */
function official(kind, cloud) {
  return {
    ...tenant.env(kind),
    WORKIQ_AUTHORITY_HOST: undefined,
    WORKIQ_GRAPH_ENDPOINT: undefined,
    HTTPS_PROXY: proxy.url,
    WORKIQ_CLOUD: cloud,
  };
}

for (const [cloud, [authority, graph, audience]] of Object.entries(CLOUDS)) {
  test(`${cloud}: by certificate at ${authority}, for ${graph}`, async () => {
    const { code, out, err } = await run(['token'], official('certificate', cloud));
    assert.equal(code, 0, err);
    assert.equal(decodeJwt(out.trim()).aud, `https://${graph}`);
    const [request] = tenant.tokenRequests;
    assert.equal(request.headers.host, authority);
    assert.equal(
      decodeJwt(request.form.client_assertion).aud,
      `https://${authority}/${tenant.tenantId}/oauth2/v2.0/token`,
    );
    const fetched = await run(
      ['fetch', '-u', '/users/ada@contoso.com/messages?$top=1'],
      official('certificate', cloud),
    );
    assert.equal(fetched.code, 0, fetched.err);
    assert.equal(tenant.graphRequests[0].headers.host, graph);
    assert.equal(err, '');
  });

  test(`${cloud}: a federated token for ${audience}, and for no other cloud's`, async () => {
    const file = join(tenant.dir, `${cloud}.jwt`);
    const token = (aud) => tenant.issueFederatedToken({ iss: ISSUER, sub: 'ci', aud, expiresIn: 600 });
    const env = {
      ...official('token-file', cloud),
      WORKIQ_FEDERATED_AUDIENCE: undefined,
      WORKIQ_FEDERATED_TOKEN_FILE: file,
    };
    writeFileSync(file, token(audience));
    const { code, err } = await run(['token'], env);
    assert.equal(code, 0, err);
    const strangers = Object.values(CLOUDS).map((row) => row[2]);
    for (const other of new Set(strangers.filter((one) => one !== audience))) {
      writeFileSync(file, token(other));
      const result = await run(['token'], env);
      assert.equal(result.code, 3);
      assert.match(result.err, /It was not sent to/);
    }
    assert.equal(tenant.tokenRequests.length, 1);
  });
}
