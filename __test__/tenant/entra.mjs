/**
 * The authority: Entra's token endpoint, its checks in Entra's order.
 */
import { entraError, Refusal } from './aadsts.mjs';
import { checkCertificateAssertion, decodeAssertion } from './assertion.mjs';
import { faultAnswer } from './faults.mjs';
import { spoil } from './wire.mjs';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/i;
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const CONFIGURATION_PATH = /^\/([^/]+)\/v2\.0\/\.well-known\/openid-configuration$/;
const KEYS_PATH = /^\/([^/]+)\/discovery\/v2\.0\/keys$/;
const TOKEN_PATH = /^\/([^/]+)\/oauth2\/v2\.0\/token$/;

/** True if the path is the token endpoint's, whichever tenant it names. */
export const isTokenPath = (pathname) => TOKEN_PATH.test(pathname);

/** A form as an object; Entra takes no parameter twice. */
export function readForm(body) {
  const form = {};
  for (const [name, value] of new URLSearchParams(body)) {
    if (name in form) throw new Refusal(50027, { reason: `The parameter '${name}' is given twice.` });
    form[name] = value;
  }
  return form;
}

/** Credentials in the Authorization header, which OAuth allows too. */
function basicCredentials(headers) {
  const match = /^Basic ([A-Za-z0-9+/=]+)$/.exec(headers.authorization ?? '');
  if (!match) return {};
  const [id, ...secret] = Buffer.from(match[1], 'base64').toString('utf8').split(':');
  const decode = (text) => decodeURIComponent(text.replaceAll('+', ' '));
  return { client_id: decode(id), client_secret: decode(secret.join(':')) };
}

/**
 * @param {object} tenant what the endpoint knows: see index.mjs
 */
export function createEntra(tenant) {
  const { tenantId, domains, clientId, secrets, certificates, federation, tokens, clock, options } = tenant;

  function checkTenant(name) {
    if (['common', 'organizations', 'consumers'].includes(name.toLowerCase())) throw new Refusal(9001023);
    if (!GUID.test(name) && !DOMAIN.test(name)) throw new Refusal(900023, { tenant: name });
    const known = [tenantId, ...domains].includes(name.toLowerCase());
    if (!known) throw new Refusal(90002, { tenant: name });
  }

  function checkScope(scope, host) {
    if (scope === undefined) throw new Refusal(900144, { parameter: 'scope' });
    const scopes = scope.split(' ').filter(Boolean);
    if (scopes.length === 0) throw new Refusal(900144, { parameter: 'scope' });
    if (scopes.length !== 1) throw new Refusal(70011, { scope });
    if (!scope.endsWith('/.default')) throw new Refusal(1002012, { scope });
    const resource = scope.slice(0, -'/.default'.length);
    if (!tenant.names.resources(host).includes(resource)) throw new Refusal(500011, { resource });
    return resource;
  }

  function checkSecret(secret) {
    if (secret === secrets.expired) throw new Refusal(7000222, { clientId });
    if (secret !== secrets.current || options.certificateOnly) throw new Refusal(7000215, { clientId });
  }

  async function checkAssertion(form, pathTenant) {
    if (form.client_assertion === undefined) throw new Refusal(900144, { parameter: 'client_assertion' });
    if (form.client_assertion_type !== JWT_BEARER) {
      throw new Refusal(50027, { reason: "The parameter 'client_assertion_type' is missing or unknown." });
    }
    const { claims } = decodeAssertion(form.client_assertion);
    // An issuer that is a URL is another identity provider's; the application signs with its own id.
    if (/^https:\/\//.test(`${claims.iss}`)) {
      await federation.checkFederatedAssertion(form.client_assertion, clientId);
    } else {
      await checkCertificateAssertion(form.client_assertion, {
        clientId,
        audiences: tenant.names.tokenEndpoints(pathTenant),
        registered: options.secretOnly ? new Map() : certificates.registered,
        now: clock.now(),
        skew: options.clockSkew,
      });
    }
    tenant.sawJti(claims.jti);
  }

  function readClaims(text) {
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw new Refusal(50027, { reason: "The parameter 'claims' is not JSON." });
    }
  }

  /** One request for a token, from its tenant to its answer. */
  async function grant(pathTenant, { headers }, form) {
    checkTenant(pathTenant);
    if (form.grant_type === undefined) throw new Refusal(900144, { parameter: 'grant_type' });
    if (form.grant_type !== 'client_credentials') throw new Refusal(70003, { grantType: form.grant_type });
    const basic = basicCredentials(headers);
    const client = form.client_id ?? basic.client_id;
    if (client === undefined || client === '') throw new Refusal(900144, { parameter: 'client_id' });
    if (client.toLowerCase() !== clientId) throw new Refusal(700016, { clientId: client });
    const audience = checkScope(form.scope, headers.host);
    const secret = form.client_secret ?? basic.client_secret;
    const asserted = form.client_assertion !== undefined || form.client_assertion_type !== undefined;
    if (asserted) await checkAssertion(form, pathTenant);
    else if (secret === undefined) throw new Refusal(7000216);
    else if (secret === '') throw new Refusal(7000218);
    else checkSecret(secret);
    const requestedClaims = readClaims(form.claims);
    const roles = tenant.roles();
    const token = await tokens.mint({ clientId, audience, roles, requestedClaims, secret: !asserted });
    return {
      token_type: 'Bearer',
      expires_in: options.tokenLifetime,
      ext_expires_in: options.tokenLifetime,
      ...(options.refreshIn === undefined ? {} : { refresh_in: options.refreshIn }),
      access_token: token,
    };
  }

  /** Answers a request to the token endpoint. */
  async function token(request, url, form) {
    const correlationId =
      request.headers['client-request-id'] ??
      url.searchParams.get('client-request-id') ??
      form['client-request-id'];
    const context = {
      now: clock.now(),
      requestId: request.id,
      correlationId,
      crlf: options.crlfErrors,
      facts: { clientId, ...pick(form), tenant: TOKEN_PATH.exec(url.pathname)[1] },
    };
    const common = {
      'Cache-Control': 'no-store, no-cache',
      Pragma: 'no-cache',
      'x-ms-request-id': request.id,
      'x-ms-ests-server': '2.1.0 - TEST ProdSlices',
      ...(correlationId && { 'client-request-id': correlationId }),
    };
    const rule = tenant.takeFault(['token', 'authority'], request);
    const finish = ({ headers, ...answer }) => spoil(rule, { ...answer, headers: { ...common, ...headers } });
    if (rule?.delayMs) await tenant.delay(rule.delayMs);
    if (options.tokenDelayMs) await tenant.delay(options.tokenDelayMs);
    const fault = rule && faultAnswer(rule, context);
    if (fault) return finish(fault);
    if (request.method !== 'POST') {
      return finish(entraError(900561, {}, context));
    }
    if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) {
      return finish(entraError(900144, { parameter: 'grant_type' }, context));
    }
    try {
      return finish({
        status: 200,
        body: await grant(context.facts.tenant, request, readForm(request.body)),
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return finish(entraError(error.code, error.facts, context));
    }
  }

  const pick = (form) => ({
    ...(form.client_id && { clientId: form.client_id }),
    scope: form.scope,
    resource: form.scope?.replace(/\/\.default$/, ''),
    grantType: form.grant_type,
    value: '(presented)',
  });

  /** Discovery, for clients that insist on it; undefined for any other path. */
  async function discovery(request, url) {
    const [match, name] = CONFIGURATION_PATH.exec(url.pathname) ?? KEYS_PATH.exec(url.pathname) ?? [];
    if (match === undefined) return undefined;
    try {
      checkTenant(name);
    } catch (error) {
      return entraError(error.code, error.facts, { now: clock.now(), requestId: request.id });
    }
    if (KEYS_PATH.test(url.pathname)) return { body: { keys: [await tokens.publicJwk()] } };
    const base = `${tenant.authorityUrl()}/${name}`;
    return {
      body: {
        token_endpoint: `${base}/oauth2/v2.0/token`,
        token_endpoint_auth_methods_supported: [
          'client_secret_post',
          'private_key_jwt',
          'client_secret_basic',
        ],
        jwks_uri: `${base}/discovery/v2.0/keys`,
        response_modes_supported: ['query', 'fragment', 'form_post'],
        subject_types_supported: ['pairwise'],
        id_token_signing_alg_values_supported: ['RS256'],
        response_types_supported: ['code'],
        scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
        issuer: `${tenant.authorityUrl()}/${tenantId}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        end_session_endpoint: `${base}/oauth2/v2.0/logout`,
        tenant_region_scope: 'EU',
      },
    };
  }

  return { token, discovery };
}
