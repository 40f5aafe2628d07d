// The servers: how each is started and signed in, and its call for the same thing.

import { fileURLToPath } from 'node:url';
import { END } from './content.mjs';
import { pathOf } from './load.mjs';

const file = (relative) => fileURLToPath(new URL(relative, import.meta.url));

const OURS = file('../../bin/workiq-auth.js');
const LOKKA = file('node_modules/@merill/lokka/build/main.js');
const SOFTERIA = file('node_modules/@softeria/ms-365-mcp-server/dist/index.js');

/** Preloaded into those that know Microsoft's hosts only. */
const TOWARDS_LOOPBACK = file('towards-loopback.cjs');

/** The whole of an answer, however large; by default it would be cut. */
const UNCUT = { WORKIQ_RESPONSE_BYTES: '1000000' };
const WRITES = { WORKIQ_ALLOW_WRITES: 'true' };

const fetchTool = (wish) => ({ name: 'fetch', arguments: { entityUrls: [pathOf(wish)] } });

function lokkaTool(wish) {
  const [path, query] = pathOf(wish).split('?');
  const queryParams = query && Object.fromEntries(new URLSearchParams(query));
  return { name: 'Lokka-Microsoft', arguments: { apiType: 'graph', method: 'get', path, queryParams } };
}

/** Through the tool by which a model runs what discovery found. */
function softeriaTool({ what, user, message, top }) {
  const [name, parameters] =
    what === 'page'
      ? ['list-shared-mailbox-messages', { 'user-id': user, top }]
      : ['get-shared-mailbox-message', { 'user-id': user, 'message-id': message }];
  return { name: 'execute-tool', arguments: { tool_name: name, parameters } };
}

const isWhole = (line) => line.includes(END);
const isAnswered = (_, { isError, structuredContent }) =>
  !isError && structuredContent?.results?.[0]?.statusCode === 200;

/**
 * What there is to sign in with: an application's own credential, or a token that somebody else has asked for.
 *
 * @typedef {{origin: string, tenantId: string, clientId: string, clientSecret: string, token: string,
 *   folder: string, caPath: string}} Setup
 */

const ours = (more) => ({
  args: [OURS, 'mcp'],
  env: ({ origin, tenantId, clientId, clientSecret }) => ({
    WORKIQ_AUTH_MODE: 'app-only',
    WORKIQ_TENANT_ID: tenantId,
    WORKIQ_CLIENT_ID: clientId,
    WORKIQ_CLIENT_SECRET: clientSecret,
    WORKIQ_AUTHORITY_HOST: origin,
    WORKIQ_GRAPH_ENDPOINT: origin,
    ...more,
  }),
  tool: fetchTool,
});

/**
 * The servers. `tool` is the call for a wish; `isRight` looks at an answer's line and result.
 *
 * @type {Record<string, {args: string[], env: (setup: Setup) => Record<string, string>, tool: (wish: object) => object,
 *   isRight: (line: string, result: object) => boolean, astray?: boolean}>} `astray` are those that know Microsoft's
 *   hosts only
 */
export const servers = {
  lokka: {
    args: [LOKKA],
    env: ({ token }) => ({ USE_CLIENT_TOKEN: 'true', ACCESS_TOKEN: token, USE_GRAPH_BETA: 'false' }),
    tool: lokkaTool,
    isRight: isWhole,
    astray: true,
  },
  softeria: {
    args: [SOFTERIA, '--discovery', '--org-mode'],
    env: ({ token, folder }) => ({ MS365_MCP_OAUTH_TOKEN: token, MS365_MCP_LOG_DIR: folder, HOME: folder }),
    tool: softeriaTool,
    isRight: isWhole,
    astray: true,
  },
  ours: { ...ours(), isRight: isAnswered },
  oursUncut: { ...ours(UNCUT), isRight: isWhole },
  oursWrites: { ...ours(WRITES), isRight: isAnswered },
};

/** The command as it stands: nothing goes over the network before the first call. */
export const plainly = ({ args, env }, setup) => ({ args, env: env(setup) });

/** The command with the way to the endpoint. */
export const towardsEndpoint = ({ args, env, astray }, setup) => ({
  args: astray ? ['--require', TOWARDS_LOOPBACK, ...args] : args,
  env: {
    ...env(setup),
    NODE_EXTRA_CA_CERTS: setup.caPath,
    ...(astray && { BENCHMARK_ORIGIN: setup.origin }),
  },
});
