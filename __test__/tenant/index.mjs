/**
 * A stand-in for Entra ID and Microsoft Graph on loopback, as strict as they are: the sample tenant Contoso.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAzureCli } from './azure-cli.mjs';
import { createAuthority } from './ca.mjs';
import { createCertificates } from './certificates.mjs';
import { createClient } from './client.mjs';
import { createContoso } from './contoso/index.mjs';
import { createEntra } from './entra.mjs';
import { environment } from './env.mjs';
import { createFaults } from './faults.mjs';
import { CUSTOM_AUDIENCE, createFederation } from './federation.mjs';
import { createGraph } from './graph/server.mjs';
import { ciEnvironments, createHandlers } from './handlers.mjs';
import { guid } from './ids.mjs';
import { createManagedIdentity } from './managed-identity.mjs';
import { createNames } from './names.mjs';
import { openOrigin } from './origin.mjs';
import { startProxy } from './proxy.mjs';
import { resolveRoles } from './roles.mjs';
import { makeSecret } from './secrets.mjs';
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
 * @param {string[]} [options.hosts] official names that it answers to as well, such as `login.microsoftonline.com`
 *   and `graph.microsoft.com`: see names.mjs
 * @param {boolean} [options.ipv6] listens on ::1
 * @param {'TLSv1.2' | 'TLSv1.3'} [options.tls] speaks no other version
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

  const names = createNames({
    hosts: settings.hosts,
    authorityUrl: () => origins.authority.url,
    graphUrl: () => origins.graph.url,
  });
  const storage = createStorage({ clock, data: () => data, url: () => origins.storage.url });
  const delay = (ms) => origins.authority.delay(ms);
  const shared = {
    dir,
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
    names,
    presign: storage.presign,
    roles: () => roles,
    graphUrl: names.graph,
    authorityUrl: () => origins.authority.url,
    takeFault: faults.take,
    delay,
    sawJti(jti) {
      if (jti === undefined) return;
      if (seenJtis.has(jti)) replayedJtis.push(jti);
      seenJtis.add(jti);
    },
  };
  const managedIdentity = createManagedIdentity(shared);
  const azureCli = createAzureCli(shared, () => origins.local.url);
  const workloads = {
    entra: createEntra(shared),
    graph: createGraph(shared),
    federation,
    storage,
    managedIdentity,
    azureCli,
  };
  const handlers = createHandlers({ requests, faults, clock, delay, workloads });

  const identity = authority.serverIdentity(settings.hosts);
  const { ipv6, tls } = settings;
  const open = (handle) => openOrigin({ identity, clock, handle, ipv6, tls });
  [origins.authority, origins.graph, origins.storage, origins.local] = await Promise.all([
    open(handlers.authority),
    open(handlers.graph),
    open(handlers.storage),
    openOrigin({ clock, handle: handlers.local }),
  ]);
  const ci = ciEnvironments(origins.authority.url, federation);
  const proxies = [];

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
    /** Registers a certificate that was made elsewhere: PEM text. */
    uploadCertificate: certificates.upload,
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
    githubEnv: ci.github,
    /** Whose tokens GitHub's jobs get from now on, such as those of an environment. */
    setGithubSubject(subject) {
      federation.github.subject = subject;
    },
    pipelinesEnv: ci.pipelines,
    /** Managed identity in App Service's manner; its tokens are for the host's own identity or for `clientId`. */
    managedIdentity: {
      endpoint: `${origins.local.url}${managedIdentity.path}`,
      header: managedIdentity.header,
      systemAssigned: managedIdentity.systemAssigned,
      get requests() {
        return requests.filter((entry) => entry.at === 'managed-identity');
      },
    },
    /** The `az` of `env('azure-cli')`: what it was asked, and what it is to say. See azure-cli.mjs. */
    azureCli: azureCli.face,
    /**
     * A proxy that knows the official names, and ends with the tenant: see proxy.mjs.
     *
     * @param {{credentials?: {user: string, password: string}, tls?: boolean, map?: Record<string, string>}} [options]
     */
    async startProxy({ tls: secure = false, map = {}, ...more } = {}) {
      const all = { ...names.map(), ...map };
      const proxy = await startProxy({ ...more, map: all, identity: secure ? identity : undefined });
      proxies.push(proxy);
      return proxy;
    },
    /**
     * Environment for a client: `secret`, `certificate`, `github`, `pipelines`, `token-file`, `managed-identity`,
     * `azure-cli`.
     */
    env: (kind = 'secret') => environment(tenant, kind, azureCli.path),
    /** An HTTPS client that trusts the CA: see client.mjs. */
    request: createClient(authority.root.pem),
    /** Ends it, whatever is still open. */
    close() {
      closing ??= Promise.all([...Object.values(origins), ...proxies].map((one) => one.close())).then(() => {
        rmSync(dir, { recursive: true, force: true });
      });
      return closing;
    },
  };
  return tenant;
}
