'use strict';

// The facade: makes what the native core returns as data pleasant to use. It adds no behaviour of its own beyond
// JavaScript's: errors with a stack, promises, abort signals.

const path = require('node:path');
const { fallbackAnchors, native } = require('./binding.cjs');

const ERROR_FIELDS = [
  'code',
  'hint',
  'aadsts',
  'status',
  'suberror',
  'claims',
  'correlationId',
  'traceId',
  'retryable',
];

class AuthError extends Error {
  constructor(data) {
    super(data.hint ? `${data.message}\nWhat to do: ${data.hint}` : data.message);
    this.name = 'AuthError';
    for (const field of ERROR_FIELDS) this[field] = data[field];
  }
}

class AbortError extends Error {
  constructor() {
    super('The operation was aborted.');
    this.name = 'AbortError';
  }
}

/** The value in a result of the native core, or its error, thrown. */
function unwrap(result, field) {
  if (result.error) throw new AuthError(result.error);
  return result[field];
}

/** What the native core gives, as `AccessToken` of `@azure/core-auth`; frozen, since it is handed to many. */
function toAccessToken(data) {
  const token = {
    token: data.token,
    expiresOnTimestamp: data.expiresOnTimestamp,
    tokenType: 'Bearer',
  };
  if (data.refreshAfterTimestamp) token.refreshAfterTimestamp = data.refreshAfterTimestamp;
  return Object.freeze(token);
}

function oneScope(scopes) {
  const list = Array.isArray(scopes) ? scopes : [scopes];
  if (list.length === 1 && typeof list[0] === 'string') return list[0];
  throw new AuthError({
    code: 'invalid_scope',
    message: `One scope is asked for at a time, as <resource>/.default; given were ${list.length}.`,
    retryable: false,
  });
}

function otherTenant(tenantId) {
  return new AuthError({
    code: 'tenant_not_allowed',
    message: `A token of the tenant ${tenantId} was asked for, and this credential is for another.`,
    hint: 'Create a credential for each tenant.',
    retryable: false,
  });
}

/** What the native core has to say, as warnings of the process. */
function warn(notices) {
  for (const notice of notices) process.emitWarning(notice, { code: 'WORKIQ_AUTH' });
}

/** A request of the native core's, and those in JavaScript who wait for it. */
class Flight {
  #call;
  #result;
  #waiting = 0;
  #settled = false;
  #over;

  /** `over` is called when nobody is to join any more. */
  constructor(call, over) {
    this.#call = call;
    this.#over = over;
    const settle = () => {
      this.#settled = true;
      over();
    };
    this.#result = call.result();
    this.#result.then(settle, settle);
  }

  /** What it brings. An abort rejects at once, leaves others alone, and ends the request when it was the last. */
  wait(signal) {
    this.#waiting += 1;
    if (!signal) return this.#result;
    return new Promise((resolve, reject) => {
      const abort = () => {
        reject(new AbortError());
        this.#leave();
      };
      const settled = () => signal.removeEventListener('abort', abort);
      signal.addEventListener('abort', abort);
      this.#result.then(resolve, reject).finally(settled);
    });
  }

  #leave() {
    this.#waiting -= 1;
    if (this.#waiting > 0 || this.#settled) return;
    this.#over();
    this.#call.cancel();
  }
}

/** The caller's function as the core calls it: what it throws is data, and so is what it should have returned. */
function asCallback(clientAssertion) {
  if (typeof clientAssertion !== 'function') {
    throw new AuthError({
      code: 'invalid_settings',
      message: 'clientAssertion is not a function.',
      hint: "Give an async function that returns the identity provider's token.",
      retryable: false,
    });
  }
  return async () => {
    try {
      const assertion = await clientAssertion();
      if (typeof assertion === 'string') return { assertion };
      return { error: `it gave ${assertion === null ? 'null' : typeof assertion} in place of a string` };
    } catch (error) {
      return { error: `${error?.message ?? error}` };
    }
  };
}

/** More scopes than that in memory are looked through for those whose time is over. */
const HELD_BEFORE_SWEEP = 256;

class Credential {
  #native;
  /** Tokens that need no thought for a while, by scope: a hit is a look at a map, and does not leave JavaScript. */
  #held = new Map();
  /** Requests under way, by scope and claims: who comes before their end has reached JavaScript shares it. */
  #flights = new Map();

  constructor({ clientAssertion, ...options }) {
    // `undefined` and `null` are options that were not given.
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value != null));
    const result = native.createNativeCredential(
      JSON.stringify(given),
      { ...process.env },
      fallbackAnchors(),
      clientAssertion == null ? undefined : asCallback(clientAssertion),
    );
    this.#native = unwrap(result, 'credential');
    warn(this.#native.warnings);
  }

  async getToken(scopes, options = {}) {
    const { abortSignal, claims, tenantId } = options;
    if (abortSignal?.aborted) throw new AbortError();
    if (tenantId) this.#checkTenant(tenantId);
    const scope = oneScope(scopes);
    if (claims) {
      // The token was refused: neither it nor what was asked for before is given to who comes from now on.
      this.#held.delete(scope);
      this.#flights.delete(scope);
    } else {
      const token = this.#fromMemory(scope);
      if (token) return token;
    }
    const result = await this.#flight(scope, claims).wait(abortSignal);
    // Not held here: by now another call may have replaced it, which the core knows.
    return toAccessToken(unwrap(result, 'token'));
  }

  #checkTenant(tenantId) {
    // Not known where somebody else has the identity.
    const own = this.#native.tenantId;
    if (own && tenantId.toLowerCase() !== own) throw otherTenant(tenantId);
  }

  #flight(scope, claims) {
    // No scope has a space in it.
    const key = claims ? `${scope} ${claims}` : scope;
    const known = this.#flights.get(key);
    if (known) return known;
    const over = () => {
      this.#closeFlights(scope);
      // Once for all who wait.
      warn(native.takeNotices());
    };
    const flight = new Flight(this.#native.acquire(scope, claims), over);
    this.#flights.set(key, flight);
    return flight;
  }

  #fromMemory(scope) {
    const held = this.#held.get(scope);
    // Two clocks: one that no correction moves, and one that goes on while the machine sleeps.
    if (held && performance.now() < held.until && Date.now() < held.token.expiresOnTimestamp) {
      return held.token;
    }
    const data = this.#native.cached(scope);
    if (!data) return undefined;
    this.#closeFlights(scope);
    const token = toAccessToken(data);
    if (data.freshFor > 0) this.#hold(scope, { token, until: performance.now() + data.freshFor });
    else warn(native.takeNotices());
    return token;
  }

  /**
   * Lets nobody join the requests for a scope any more. Once one of its tokens has reached JavaScript, somebody may have
   * seen it refused, and a request whose end has not reached JavaScript yet may have brought the same. What is really
   * still under way, the core shares.
   */
  #closeFlights(scope) {
    for (const key of this.#flights.keys()) {
      if (key === scope || key.startsWith(`${scope} `)) this.#flights.delete(key);
    }
  }

  #hold(scope, held) {
    if (this.#held.size >= HELD_BEFORE_SWEEP) {
      const now = performance.now();
      for (const [other, { until }] of this.#held) if (until <= now) this.#held.delete(other);
    }
    this.#held.set(scope, held);
  }
}

function createCredential(options = {}) {
  return new Credential(options);
}

function resolveAuthMode(env = process.env) {
  return unwrap(native.resolveAuthMode({ ...env }), 'mode');
}

/** Options that may travel in a configuration, and the variable that carries each. */
const PUBLIC_OPTIONS = {
  mode: 'WORKIQ_AUTH_MODE',
  tenantId: 'WORKIQ_TENANT_ID',
  clientId: 'WORKIQ_CLIENT_ID',
  clientCertificatePath: 'WORKIQ_CLIENT_CERTIFICATE_PATH',
  sendCertificateChain: 'WORKIQ_CLIENT_SEND_CERTIFICATE_CHAIN',
  federatedTokenFile: 'WORKIQ_FEDERATED_TOKEN_FILE',
  federatedAudience: 'WORKIQ_FEDERATED_AUDIENCE',
  assertionAlg: 'WORKIQ_ASSERTION_ALG',
  credential: 'WORKIQ_CREDENTIAL',
  cloud: 'WORKIQ_CLOUD',
  authorityHost: 'WORKIQ_AUTHORITY_HOST',
  graphEndpoint: 'WORKIQ_GRAPH_ENDPOINT',
  user: 'WORKIQ_USER',
  allowWrites: 'WORKIQ_ALLOW_WRITES',
  boundary: 'WORKIQ_BOUNDARY',
  responseBytes: 'WORKIQ_RESPONSE_BYTES',
  blobBytes: 'WORKIQ_BLOB_BYTES',
  exactText: 'WORKIQ_EXACT_TEXT',
  callTimeoutMs: 'WORKIQ_CALL_TIMEOUT_MS',
  cacheDir: 'WORKIQ_CACHE_DIR',
  auditFile: 'WORKIQ_AUDIT_FILE',
};

/** Variables that are not secret and have no option. A proxy's address may hold a password, so it is not here. */
const PUBLIC_VARIABLES = [
  'AZURE_TENANT_ID',
  'AZURE_CLIENT_ID',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_CLIENT_SEND_CERTIFICATE_CHAIN',
  'AZURE_FEDERATED_TOKEN_FILE',
  'AZURE_AUTHORITY_HOST',
  'WORKIQ_LOG',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/** Milliseconds that a call takes at most, unless told otherwise. */
const CALL_TIMEOUT_MS = 45_000;

/** Milliseconds that a client should wait longer than that, so that the server's own error is seen. */
const MARGIN_MS = 15_000;

/** What of that counts for a server behind a broker: the credential, and the way to it, are the broker's. */
const BROKERED_OPTIONS = new Set([
  'mode',
  'user',
  'allowWrites',
  'boundary',
  'responseBytes',
  'blobBytes',
  'exactText',
  'callTimeoutMs',
  'auditFile',
]);

/** A setting as a variable holds it. A boundary's path means the same in every folder. */
function asVariable(option, value) {
  if (typeof value === 'object' && !Array.isArray(value)) return JSON.stringify(value);
  const text = String(value);
  return option === 'boundary' && !/^\s*[{[]/.test(text) ? path.resolve(text) : text;
}

function publicEnvironment(options, brokered) {
  const env = {};
  for (const [option, variable] of Object.entries(PUBLIC_OPTIONS)) {
    const value = options[option] ?? process.env[variable];
    const counts = !brokered || BROKERED_OPTIONS.has(option);
    if (counts && value != null && value !== '') env[variable] = asVariable(option, value);
  }
  for (const variable of brokered ? ['WORKIQ_LOG'] : PUBLIC_VARIABLES) {
    if (process.env[variable]) env[variable] = process.env[variable];
  }
  return env;
}

function mcpServer(options = {}) {
  const { brokerFor } = require('./broker.cjs');
  const address = unwrap(
    brokerFor(options, publicEnvironment(options, false), Object.keys(PUBLIC_OPTIONS), asCallback),
    'address',
  );
  const env = publicEnvironment(options, address !== undefined);
  if (address !== undefined) {
    env.WORKIQ_BROKER = address;
    // Clients that pass their environment on pass on secrets; an empty variable is one that is not set.
    for (const name of native.withheldVariables()) {
      if (process.env[name] && !env[name]) env[name] = '';
    }
  }
  return {
    type: 'stdio',
    command: process.execPath,
    args: [path.join(__dirname, 'bin', 'workiq-auth.js'), 'mcp'],
    env,
    tools: ['*'],
    timeout: (Number(env.WORKIQ_CALL_TIMEOUT_MS) || CALL_TIMEOUT_MS) + MARGIN_MS,
  };
}

async function diagnose(options = {}) {
  const { users, teams, sites, meetingOrganizers, clientAssertion, ...others } = options;
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value != null));
  const env = { ...process.env };
  // What a server only has is told by variables.
  for (const option of ['boundary', 'callTimeoutMs', 'auditFile']) {
    if (given[option] != null) env[PUBLIC_OPTIONS[option]] = asVariable(option, given[option]);
    delete given[option];
  }
  const report = await native.diagnose(
    JSON.stringify(given),
    env,
    fallbackAnchors(),
    clientAssertion == null ? undefined : asCallback(clientAssertion),
    { users, teams, sites, meetingOrganizers },
  );
  return JSON.parse(report);
}

exports.AuthError = AuthError;
exports.createCredential = createCredential;
exports.resolveAuthMode = resolveAuthMode;
exports.mcpServer = mcpServer;
exports.diagnose = diagnose;
