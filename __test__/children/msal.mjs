// Asks for a token as a user of @azure/msal-node does. Started by interop.test.mjs with the variables of the tenant.

import { readFileSync } from 'node:fs';
import { ConfidentialClientApplication } from '@azure/msal-node';

const { WORKIQ_TENANT_ID, WORKIQ_CLIENT_ID, WORKIQ_CLIENT_SECRET, WORKIQ_CLIENT_CERTIFICATE_PATH } =
  process.env;
const { WORKIQ_AUTHORITY_HOST, WORKIQ_GRAPH_ENDPOINT, THUMBPRINT } = process.env;

const client = new ConfidentialClientApplication({
  auth: {
    clientId: WORKIQ_CLIENT_ID,
    authority: `${WORKIQ_AUTHORITY_HOST}/${WORKIQ_TENANT_ID}`,
    knownAuthorities: [new URL(WORKIQ_AUTHORITY_HOST).host],
    ...(WORKIQ_CLIENT_SECRET
      ? { clientSecret: WORKIQ_CLIENT_SECRET }
      : {
          clientCertificate: {
            thumbprintSha256: THUMBPRINT,
            privateKey: readFileSync(WORKIQ_CLIENT_CERTIFICATE_PATH, 'utf8'),
          },
        }),
  },
});
const { accessToken } = await client.acquireTokenByClientCredential({
  scopes: [`${WORKIQ_GRAPH_ENDPOINT}/.default`],
});
console.log(accessToken);
