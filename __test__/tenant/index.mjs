/**
 * A stand-in for Entra ID and Microsoft Graph on loopback, as strict as they are: the sample tenant Contoso.
 */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { createAuthority } from './ca.mjs';
import { createCertificates } from './certificates.mjs';
import { createClient } from './client.mjs';
import { createContoso } from './contoso/index.mjs';
import { createEntra, isTokenPath } from './entra.mjs';
import { environment } from './env.mjs';
import { createFaults, faultAnswer } from './faults.mjs';
import { CUSTOM_AUDIENCE, createFederation } from './federation.mjs';
import { createGraph } from './graph/server.mjs';
import { guid } from './ids.mjs';
import { openOrigin } from './origin.mjs';
import { resolveRoles } from './roles.mjs';
import { createStorage } from './storage.mjs';
import { createTokens } from './tokens.mjs';

export { ALL_ROLES, READ_ROLES, SEVEN_ROLES } from './roles.mjs';

const DEFAULTS = {
  tokenLifetime: 3599,
  serverClockOffset: 0,
  tokenDelayMs: 0,
  clockSkew: 1,
  crlfErrors: false,
  secretOnly: false,
  certificateOnly: false,
  region: 'EMEA',
};

const DOMAINS = ['contoso.com', 'contoso.onmicrosoft.com'];
const OIDC = '/_github/oidc';
const PIPELINES = '/_pipelines/oidc';

/** Forty characters as Entra makes them: three, `8Q~`, and the rest. */
function makeSecret() {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~._-';
  const some = (count) => Array.from({ length: count }, () => alphabet[randomInt(62)]).join('');
  return `${some(3)}8Q~${some(10)}.${some(8)}_${some(14)}`;
}

/** The assertion's jti, if the form has one. */
function jtiOf(form) {
  try {
    return decodeJwt(form.client_assertion).jti;
  } catch {
    return undefined;
  }
}

/**
 * Starts a tenant.
 *
 * @param {object} [options]
 * @param {number} [options.tokenLifetime] seconds, 3599
 * @param {number} [options.refreshIn] gives `refresh_in`
 * @param {string[] | 'seven' | 'read' | 'all'} [options.roles] of the application; `seven`
 * @param {number} [options.serverClockOffset] seconds by which the server is ahead
 * @param {number} [options.tokenDelayMs] before each answer of the token endpoint
 * @param {number} [options.clockSkew] seconds an assertion may be off. Entra grants five minutes; 1 here
 * @param {boolean} [options.crlfErrors] error descriptions with line breaks
 * @param {boolean} [options.secretOnly] no certificate is registered
 * @param {boolean} [options.certificateOnly] no secret is good
 * @param {{issuer: string, subject: string, audience?: string, audiences?: string[]}[]} [options.federatedCredentials]
 * @param {string} [options.region] that search wants, EMEA
 * @param {string} [options.dataLocationCode] shown by sites; none, as in most tenants
 */
export async function startTenant(options = {}) {
  const settings = { ...DEFAULTS, ...options };
  const clock = { now: () => Date.now() + settings.serverClockOffset * 1000 };
  const tenantId = guid('tenant');
  const clientId = guid('application');
  const secrets = { current: makeSecret(), expired: makeSecret() };
  const dir = mkdtempSync(join(tmpdir(), 'contoso-'));
  const caPath = join(dir, 'ca.pem');
  const authority = createAuthority();
  writeFileSync(caPath, authority.root.pem);

  const certificates = createCertificates(dir);
  const federation = createFederation({
    tenantId,
    clock,
    skew: settings.clockSkew,
    credentials: settings.federatedCredentials,
  });
  const tokens = createTokens({
    clock,
    tenantId,
    objectId: guid('service principal'),
    lifetime: settings.tokenLifetime,
  });
  const faults = createFaults();
  const requests = [];
  const replayedJtis = [];
  const seenJtis = new Set();
  let roles = resolveRoles(settings.roles);
  const data = createContoso({ tenantId, dataLocationCode: settings.dataLocationCode });
  const origins = {};

  const storage = createStorage({ clock, data: () => data, url: () => origins.storage.url });
  const shared = {
    tenantId,
    domains: DOMAINS,
    clientId,
    secrets,
    certificates,
    federation,
    tokens,
    clock,
    options: settings,
    data,
    presign: storage.presign,
    roles: () => roles,
    graphUrl: () => origins.graph.url,
    authorityUrl: () => origins.authority.url,
    takeFault: faults.take,
    delay: (ms) => origins.authority.delay(ms),
    sawJti(jti) {
      if (jti === undefined) return;
      if (seenJtis.has(jti)) replayedJtis.push(jti);
      seenJtis.add(jti);
    },
  };
  const entra = createEntra(shared);
  const graph = createGraph(shared);

  const log = (at, request) => {
    const entry = {
      at,
      method: request.method,
      path: request.path,
      headers: request.headers,
      body: request.body,
    };
    requests.push(entry);
    return entry;
  };

  async function handleAuthority(request) {
    const entry = log('authority', request);
    const url = new URL(request.path, origins.authority.url);
    if (isTokenPath(url.pathname)) {
      entry.form = Object.fromEntries(new URLSearchParams(request.body));
      entry.jti = jtiOf(entry.form);
      return entra.token(request, url, entry.form);
    }
    const rule = faults.take(['authority'], request);
    if (rule?.delayMs) await origins.authority.delay(rule.delayMs);
    const fault = rule && faultAnswer(rule, { now: clock.now(), requestId: request.id, facts: {} });
    if (fault) return fault;
    const call = { method: request.method, url, headers: request.headers };
    if (url.pathname === OIDC) return federation.githubToken(call);
    if (url.pathname === PIPELINES) return federation.pipelinesToken(call);
    const document = request.method === 'GET' ? await entra.discovery(request, url) : undefined;
    if (document) return document;
    return { status: 404, headers: { 'Content-Type': 'text/html', 'x-ms-request-id': request.id }, body: '' };
  }

  async function handleStorage(request) {
    log('storage', request);
    const rule = faults.take(['storage'], request);
    if (rule?.delayMs) await origins.storage.delay(rule.delayMs);
    return (
      (rule && faultAnswer(rule, { now: clock.now(), requestId: request.id, facts: {} })) ||
      storage.handle(request)
    );
  }

  async function handleGraph(request) {
    log('graph', request);
    return graph.handle(request);
  }

  const identity = authority.serverIdentity();
  const open = (handle) => openOrigin({ identity, clock, handle });
  [origins.authority, origins.graph, origins.storage] = await Promise.all([
    open(handleAuthority),
    open(handleGraph),
    open(handleStorage),
  ]);

  let closing;
  const tenant = {
    /** Origin of the token endpoint. */
    authority: origins.authority.url,
    /** Origin of Graph, and its resource: the scope is `${graph}/.default`. */
    graph: origins.graph.url,
    /** Origin of file content; no token may come here. */
    storage: origins.storage.url,
    tenantId,
    domain: DOMAINS[0],
    clientId,
    clientSecret: secrets.current,
    expiredSecret: secrets.expired,
    dir,
    caPath,
    /** Paths, made when read: see certificates.mjs. */
    certificates: certificates.files,
    /** {key, certificate, der, x5t, x5tS256, sha1, sha256} of the registered certificate. */
    identity: certificates.identity,
    /** Registers a new certificate; gives PEM text of key and certificate, to write over a file. */
    rotateCertificate: certificates.rotate,
    /** Contoso's data, live: writes show here. */
    get data() {
      return data;
    },
    requests,
    replayedJtis,
    get tokenRequests() {
      return requests.filter((entry) => entry.form !== undefined);
    },
    get graphRequests() {
      return requests.filter((entry) => entry.at === 'graph');
    },
    get storageRequests() {
      return requests.filter((entry) => entry.at === 'storage');
    },
    get connections() {
      const count = ([name, origin]) => [name, origin.connections];
      return Object.fromEntries(Object.entries(origins).map(count));
    },
    /** Makes it fail: see faults.mjs. */
    fail: faults.add,
    /** Clears rules, log and remembered jtis; the data and tokens stay. */
    reset() {
      faults.clear();
      requests.length = 0;
      replayedJtis.length = 0;
      seenJtis.clear();
    },
    /** The roles of tokens from now on. */
    setRoles(wanted) {
      roles = resolveRoles(wanted);
    },
    /** Seconds by which the server is ahead, from now on. */
    setClockOffset(seconds) {
      settings.serverClockOffset = seconds;
    },
    /** Tokens issued so far get the claims challenge. */
    revoke: tokens.revoke,
    /** A token minted without asking the endpoint, for tests of Graph alone. */
    mintToken: ({ roles: wanted, audience = origins.graph.url, claims } = {}) =>
      tokens.mint({
        clientId,
        audience,
        roles: wanted === undefined ? roles : resolveRoles(wanted),
        requestedClaims: claims,
      }),
    /** A CI system's token: {iss, sub, aud, expiresIn} and further claims. */
    issueFederatedToken: federation.issueFederatedToken,
    /** The audience to use with this authority, which is not a cloud's. */
    federatedAudience: CUSTOM_AUDIENCE,
    githubEnv: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${origins.authority.url}${OIDC}?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: federation.github.requestToken,
    },
    pipelinesEnv: {
      SYSTEM_OIDCREQUESTURI: `${origins.authority.url}${PIPELINES}`,
      SYSTEM_ACCESSTOKEN: federation.pipelines.accessToken,
      AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: federation.pipelines.serviceConnectionId,
    },
    /** Environment for a client: `secret`, `certificate`, `github`, `pipelines`, `token-file`. */
    env: (kind = 'secret') => environment(tenant, kind),
    /** An HTTPS client that trusts the CA: see client.mjs. */
    request: createClient(authority.root.pem),
    /** Ends it, whatever is still open. */
    close() {
      closing ??= Promise.all(Object.values(origins).map((origin) => origin.close())).then(() => {
        rmSync(dir, { recursive: true, force: true });
      });
      return closing;
    },
  };
  return tenant;
}
