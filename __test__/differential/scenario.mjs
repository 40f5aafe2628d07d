/**
 * The words in which scenarios are written: what the endpoint answers, and what the caller does.
 *
 * A scenario is {name, answers, rest, steps, …}. Both clients go through it, each with a tenant of its own at the
 * endpoint, so that all can run at once.
 */
import { entraError } from '../tenant/aadsts.mjs';
import { spoil } from '../tenant/wire.mjs';

/** What an access token's text is, where the answer does not say: another one each time. */
export const FRESH = Symbol('fresh token');

// --- what the endpoint answers: functions of {number, mark, clientId, now, id, …}: the number of the
// request from 1, and what tells this run from others ---

/** A good token, its members changed or, with `undefined`, taken out. */
export const token =
  (members = {}, more = {}) =>
  ({ mark, number }) => {
    const body = {
      token_type: 'Bearer',
      expires_in: 3599,
      ext_expires_in: 3599,
      access_token: FRESH,
      ...members,
    };
    if (body.access_token === FRESH) body.access_token = `token-${number}.${mark}`;
    const given = Object.entries(body).filter(([, value]) => value !== undefined);
    return { status: 200, body: Object.fromEntries(given), ...more };
  };

/** Entra's refusal with that AADSTS code. */
export const refuse =
  (code, { members = {}, headers, status, crlf, ...spoilt } = {}) =>
  ({ now, id, clientId }) => {
    const facts = {
      clientId,
      tenant: 'nowhere.example',
      scope: 'x',
      resource: 'x',
      value: 'x',
      alg: 'ES256',
    };
    const answer = entraError(code, facts, { now, requestId: id, crlf });
    return spoil({ members, ...spoilt }, { ...answer, headers, status: status ?? answer.status });
  };

/** Any answer at all. */
export const say = (status, body, headers) => () => ({ status, body, headers });

export const HTML = '<!DOCTYPE html><html><body><h1>Bad Gateway</h1></body></html>';
export const html = (status, headers) => say(status, HTML, { 'Content-Type': 'text/html', ...headers });
export const plain = (status, body, headers) =>
  say(status, body, { 'Content-Type': 'text/plain', ...headers });

/** The connection ends without an answer. */
export const reset = () => ({ reset: true });
/** The connection stays, and nothing comes. */
export const hang = () => ({ hang: true });

/** An answer spoilt on its way: see tenant/wire.mjs. */
export const spoilt = (answer, rule) => (context) => spoil(rule, answer(context));

/** An answer that takes its time, so that all who ask meanwhile have asked before it. */
export const slow = (answer) => async (context) => {
  await context.delay(500);
  return answer(context);
};

/** To another origin, which would take whatever it is sent. */
export const redirect = (status) => (context) => ({
  status,
  headers: { Location: `${context.stranger}/${context.tenant}` },
  body: '',
});

// --- what the caller does ---

/** One call of getToken: {claims, resource, scopes}. */
export const get = (options = {}) => ({ do: 'get', times: 1, ...options });
/** That many at once. */
export const together = (times, options = {}) => ({ do: 'get', times, ...options });
/** Until so many seconds are over: for what is to become due. */
export const passes = (seconds) => ({ do: 'passes', seconds });
/** Until the endpoint has had so many requests, for the client that makes them in the background. */
export const background = (count) => ({ do: 'reached', count, only: 'ours' });
/** Calls until the token is another than the last one seen: a renewal in the background shows a moment later. */
export const renewed = () => ({ do: 'renewed' });

export const TWICE = [get(), get()];

/**
 * @param {string} name
 * @param {object} [more]
 * @param {Function[]} [more.answers] one a request
 * @param {Function} [more.rest] the answer from there on; a good token
 * @param {object[]} [more.steps] two calls, one after the other
 * @param {'graph'} [more.resource] Graph, for which continuous access evaluation is declared
 * @param {string} [more.secret] in place of a usual one
 * @param {string} [more.credential] `pem`, `chain`, `rs256`, `callback`, `throwing callback` in place of a secret
 * @param {string} [more.tenant] a pattern: `*` stands for a GUID that tells runs apart, `^` for it in capitals
 * @param {string} [more.clientId]
 * @param {string[]} [more.scopes] in place of one `<resource>/.default`
 * @param {'closed' | 'unknown' | 'stranger'} [more.authority] in place of the endpoint
 * @param {number} [more.timeoutMs] ours; the other client has no such thing
 * @param {number} [more.giveUpMs] after which a call is recorded as still waiting
 * @param {boolean} [more.wholeClaims] records `claims` with what msal-node adds to it
 */
export const scenario = (name, { answers = [], rest = token(), steps = TWICE, ...more } = {}) => ({
  name,
  answers,
  rest,
  steps,
  ...more,
});
