/**
 * What each origin of the tenant does with a request: notes it, fails if it was told to, and hands it on.
 */
import { decodeJwt } from 'jose';
import { isTokenPath } from './entra.mjs';
import { faultAnswer } from './faults.mjs';
import { resourceManager } from './resource-manager.mjs';
import { spoil } from './wire.mjs';

const OIDC = '/_github/oidc';
const PIPELINES = '/_pipelines/oidc';

/** The assertion's jti, if the form has one. */
function jtiOf(form) {
  try {
    return decodeJwt(form.client_assertion).jti;
  } catch {
    return undefined;
  }
}

/** The variables by which the tenant's CI systems show where their tokens are. */
export const ciEnvironments = (authority, { github, pipelines }) => ({
  github: {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${authority}${OIDC}?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: github.requestToken,
  },
  pipelines: {
    SYSTEM_OIDCREQUESTURI: `${authority}${PIPELINES}`,
    SYSTEM_ACCESSTOKEN: pipelines.accessToken,
    AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: pipelines.serviceConnectionId,
  },
});

/**
 * @param {object} setup
 * @param {object[]} setup.requests the log
 * @param {object} setup.faults the rules: see faults.mjs
 * @param {{now(): number}} setup.clock
 * @param {(ms: number) => Promise<void>} setup.delay
 * @param {object} setup.workloads entra, federation, graph, storage, managedIdentity, azureCli
 */
export function createHandlers({ requests, faults, clock, delay, workloads }) {
  const { entra, federation, graph, storage, managedIdentity, azureCli } = workloads;
  let underWay = 0;

  const log = (at, { method, path, headers, body, tls }) => {
    const entry = { at, method, path, headers, body, tls };
    requests.push(entry);
    return entry;
  };

  /** The answer of `serve`, unless a rule has another one. */
  async function failing(place, request, serve) {
    const rule = faults.take([place], request);
    if (rule?.delayMs) await delay(rule.delayMs);
    const fault = rule && faultAnswer(rule, { now: clock.now(), requestId: request.id, facts: {} });
    return spoil(rule, fault ?? (await serve()));
  }

  async function authority(request) {
    const entry = log('authority', request);
    const url = new URL(request.path, 'https://localhost');
    if (isTokenPath(url.pathname)) {
      entry.form = Object.fromEntries(new URLSearchParams(request.body));
      entry.jti = jtiOf(entry.form);
      return entra.token(request, url, entry.form);
    }
    return failing('authority', request, async () => {
      const call = { method: request.method, url, headers: request.headers };
      if (url.pathname === OIDC) return federation.githubToken(call);
      if (url.pathname === PIPELINES) return federation.pipelinesToken(call);
      const managed = resourceManager(call);
      if (managed) return managed;
      const document = request.method === 'GET' ? await entra.discovery(request, url) : undefined;
      if (document) return document;
      return {
        status: 404,
        headers: { 'Content-Type': 'text/html', 'x-ms-request-id': request.id },
        body: '',
      };
    });
  }

  return {
    authority,
    storage(request) {
      log('storage', request);
      return failing('storage', request, () => storage.handle(request));
    },
    graph(request) {
      const entry = log('graph', request);
      // How many were worked on at that moment, this one included, and when the client has its answer or has gone.
      underWay += 1;
      entry.underWay = underWay;
      entry.closed = request.closed;
      return graph.handle(request).finally(() => {
        underWay -= 1;
      });
    },
    /** Plain HTTP: managed identity, and where the test's `az` reports to. */
    local(request) {
      if (request.path === azureCli.endpoint) return azureCli.handle(request);
      log('managed-identity', request);
      return failing('managed-identity', request, () => managedIdentity.handle(request));
    },
  };
}
