/**
 * What a client did in a scenario, in one line: what each call brought, how many requests the endpoint had, and in what
 * they differ from the usual form. Two clients did the same if their lines are equal.
 */
import { decodeJwt, decodeProtectedHeader } from 'jose';

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Failures that no OAuth error of the server names, by the code of each client. */
const OWN_WORDS = {
  network_error: 'no answer',
  timeout: 'no answer in time',
  tls_error: 'not trusted',
  unexpected_response: 'not understood',
  throttled: 'throttled',
  token_parsing_error: 'not understood',
};

/** Fields that take no part in granting a token. */
const TELEMETRY = /^(x-client-|x-ms-lib-|x-app-|client-request-id$|client_info$)/;

/** Whether the client failed by itself, before or without asking. */
const isOwn = ({ name, code, status }) =>
  name === 'AuthError'
    ? status === undefined
    : name !== 'ServerError' && name !== 'InteractionRequiredAuthError' && !!code;

function failure(error) {
  const named = OWN_WORDS[error.code];
  if (named) return named;
  if (isOwn(error)) return 'refused here';
  const { code, aadsts, status, suberror, claims } = error;
  const parts = [code || '(no code)', aadsts && `AADSTS${aadsts}`, status];
  if (suberror) parts.push(`suberror ${suberror}`);
  if (claims) parts.push(`claims ${claims}`);
  return parts.filter(Boolean).join(' ');
}

/** Tokens by letters, in the order of their first appearance. */
function createLetters() {
  const seen = [];
  return (token) => {
    if (token === 'token-of-a-stranger') return "a stranger's token";
    if (typeof token !== 'string' || token === '') return `a token that is ${JSON.stringify(token)}`;
    if (!seen.includes(token)) seen.push(token);
    return String.fromCharCode(64 + seen.indexOf(token) + 1);
  };
}

const inWords = ({ token, error, waiting }, letter) =>
  waiting ? 'still waiting' : error ? failure(error) : letter(token);

/** Calls made at once: all alike, or how many of which kind. */
function group(outcomes, letter) {
  if (outcomes.length === 1) return inWords(outcomes[0], letter);
  const tokens = new Set(outcomes.filter(({ error }) => !error).map(({ token }) => token));
  if (tokens.size > 1) return `${outcomes.length} calls, ${tokens.size} tokens`;
  const words = [...new Set(outcomes.map((one) => inWords(one, letter)))].sort();
  return `${outcomes.length} × ${words.join(' or ')}`;
}

function assertionIn(jwt, plan) {
  const { alg, typ, ...header } = decodeProtectedHeader(jwt);
  const claims = decodeJwt(jwt);
  if (claims.number) return `assertion ${claims.number}`;
  const meant =
    claims.aud === `${plan.authority}/${plan.tenant}/oauth2/v2.0/token` ? '' : `, aud ${claims.aud}`;
  const of = claims.iss === plan.clientId && claims.sub === plan.clientId ? '' : ', of another client';
  return `${typ} ${alg} ${Object.keys(header).sort().join(' ')}${meant}${of}`;
}

/** `claims` without what msal-node adds about people, of whom none is here: it would be a difference everywhere. */
function claimsIn(text, plan) {
  if (plan.wholeClaims) return text;
  try {
    const { id_token, ...claims } = JSON.parse(text);
    for (const name of ['signin_state', 'login_hint', 'tenant_region_sub_scope']) delete id_token?.[name];
    const kept = id_token && Object.keys(id_token).length > 0 ? { ...claims, id_token } : claims;
    return JSON.stringify(kept);
  } catch {
    return `not JSON: ${text}`;
  }
}

/** In what a request differs from {client_id, scope, grant_type, client_secret} with the values that were given. */
function unusual({ form, tenant, method, type }, plan) {
  const { client_assertion: jwt, client_assertion_type: kind, claims, ...rest } = form;
  const expected = {
    client_id: plan.clientId,
    grant_type: 'client_credentials',
    scope: (plan.scopes ?? [`${plan.resource}/.default`]).join(' '),
    ...(plan.credential ? {} : { client_secret: plan.secret }),
  };
  const notes = [];
  if (method !== 'POST' || !/^application\/x-www-form-urlencoded\b/.test(type))
    notes.push(`${method} ${type}`);
  if (tenant !== plan.tenant)
    notes.push(tenant === plan.tenant.toLowerCase() ? 'tenant in lower case' : 'another tenant');
  for (const name of new Set([...Object.keys(expected), ...Object.keys(rest)])) {
    if (rest[name] === expected[name] || TELEMETRY.test(name)) continue;
    const lower = rest[name] !== undefined && rest[name] === expected[name]?.toLowerCase();
    if (lower) notes.push(`${name} in lower case`);
    else if (rest[name] === undefined) notes.push(`no ${name}`);
    else notes.push(expected[name] === undefined ? `${name} too` : `${name} ${rest[name]}`);
  }
  if (jwt !== undefined) notes.push(assertionIn(jwt, plan) + (kind === JWT_BEARER ? '' : `, ${kind}`));
  if (claims !== undefined) notes.push(`claims ${claimsIn(claims, plan)}`);
  return notes.join(', ');
}

/** Notes on requests, equal ones in a row said once. */
function requestNotes(requests, plan) {
  const notes = requests.map((request) => unusual(request, plan));
  if (notes.every((note) => note === '')) return [];
  const runs = notes.filter((note, index) => index === 0 || note !== notes[index - 1]);
  return [runs.map((note) => note || 'usual').join('; then ')];
}

/** Assertions that were sent more than once. */
function replays(requests) {
  const sent = requests.map(({ form }) => form.client_assertion).filter(Boolean);
  return sent.length > new Set(sent).size ? ['the same assertion again'] : [];
}

/**
 * @param {{requests: object[], elsewhere: string[]}} run at the endpoint
 * @param {object[][]} calls what each step brought
 * @param {object} plan what the client was told
 */
export function summarize(run, calls, plan) {
  const letter = createLetters();
  const words = calls.map((outcomes) => group(outcomes, letter));
  const count = run.requests.length;
  const parts = [
    words.join(', '),
    count === 1 ? '1 request' : `${count} requests`,
    ...requestNotes(run.requests, plan),
    ...replays(run.requests),
    ...run.elsewhere.map((how) => `followed elsewhere ${how}`),
  ];
  return parts.join(' · ').replaceAll(plan.graph, 'https://graph');
}
