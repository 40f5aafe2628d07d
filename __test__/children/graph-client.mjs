// Reads mail as a user of Microsoft's Graph client does, signed in by us. Started by interop.test.mjs.

import { Client } from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';
import { createCredential } from 'workiq-auth';

const graph = process.env.WORKIQ_GRAPH_ENDPOINT;
const client = Client.initWithMiddleware({
  authProvider: new TokenCredentialAuthenticationProvider(createCredential(), {
    scopes: [`${graph}/.default`],
  }),
  baseUrl: graph,
  customHosts: new Set([new URL(graph).hostname]),
});
const { value } = await client.api('/users/ada@contoso.com/messages').top(2).get();
console.log(JSON.stringify(value.map(({ subject }) => subject)));
