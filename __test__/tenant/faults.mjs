/**
 * Making the tenant fail on demand.
 */
import { entraError } from './aadsts.mjs';
import { graphError, refusalBody, TRANSCRIPT_ATTRIBUTION } from './graph/errors.mjs';

const HTML =
  '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>' +
  '<body><center><h1>502 Bad Gateway</h1></center></body></html>\r\n';

const AUTHORIZATION_URI = 'https://login.microsoftonline.com/common/oauth2/authorize';

const matches = (rule, path) =>
  rule.match === undefined ||
  (typeof rule.match === 'string' ? path.includes(rule.match) : rule.match.test(path));

/** The 401 by which Graph asks for a token with certain claims. */
export function claimsChallengeAnswer(claims, context) {
  const encoded = Buffer.from(claims).toString('base64');
  return graphError(
    401,
    'InvalidAuthenticationToken',
    'Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp',
    context,
    {
      'WWW-Authenticate':
        `Bearer realm="", authorization_uri="${AUTHORIZATION_URI}", error="insufficient_claims", ` +
        `claims="${encoded}"`,
    },
  );
}

/** A Retry-After: seconds or, from a Date, the other form that HTTP knows. */
const retryAfterText = (value) => (value instanceof Date ? value.toUTCString() : String(value));

const PLACES = ['token', 'graph', 'authority', 'storage', 'managed-identity'];

/**
 * The rules in force. A rule that says nothing but `delayMs`, or what wire.mjs does to an answer, lets the request
 * pass.
 *
 * Where several rules match a request, the oldest one counts.
 */
export function createFaults() {
  let rules = [];

  /**
   * @param {object} rule `at` a place, perhaps `match` on the path, `times` (1), `delayMs`, and one of: `reset`, `hang`,
   *   `redirect` (a location), `html`, `throttle` (a Retry-After), `unavailable`, `claimsChallenge`, `aadsts` (with
   *   `suberror`, `claims`), `graphError`, `status` (with `headers`, `body`). With it `retryAfter`, seconds or a Date.
   *   Besides, or alone on the good answer: `members`, `invalidUtf8`, `oversize`, `trickle`, `truncated`: see wire.mjs
   * @returns {{remove(): void, readonly hits: number}}
   */
  function add(rule) {
    if (rule.match instanceof RegExp && (rule.match.global || rule.match.sticky)) {
      throw new TypeError('fail: a RegExp with g or y keeps state; leave the flag out');
    }
    if (!PLACES.includes(rule.at)) {
      throw new TypeError(`fail: at must be one of ${PLACES.join(', ')}, not ${rule.at}`);
    }
    const forever = rule.claimsChallenge !== undefined;
    const entry = { rule, left: rule.times ?? (forever ? Number.POSITIVE_INFINITY : 1), hits: 0 };
    rules.push(entry);
    return {
      remove: () => {
        rules = rules.filter((one) => one !== entry);
      },
      get hits() {
        return entry.hits;
      },
    };
  }

  /**
   * The rule for a request, used up by one; undefined if there is none.
   *
   * @param {string[]} places where the request is: `token` and `authority`, say
   * @param {{path: string, headers: object, carries?: (claims: string) => boolean}} request
   */
  function take(places, request) {
    const entry = rules.find(
      ({ rule, left }) =>
        left > 0 &&
        places.includes(rule.at) &&
        matches(rule, request.path) &&
        !(rule.claimsChallenge !== undefined && request.carries?.(rule.claimsChallenge)) &&
        !(
          rule.graphError === 'SpeakerAttributionNotAllowed' &&
          request.headers.accept?.includes(TRANSCRIPT_ATTRIBUTION)
        ),
    );
    if (!entry) return undefined;
    entry.left -= 1;
    entry.hits += 1;
    return entry.rule;
  }

  const clear = () => {
    rules = [];
  };

  return { add, take, clear };
}

/**
 * What a rule answers; undefined if the request is to go on.
 *
 * @param {object} rule
 * @param {object} context of the place: {graph: boolean, now, requestId, clientRequestId, correlationId, crlf, facts}
 */
export function faultAnswer(rule, context) {
  if (rule.reset) return { reset: true };
  if (rule.hang) return { hang: true };
  const retryAfter = rule.throttle ?? rule.retryAfter;
  const headers = retryAfter === undefined ? {} : { 'Retry-After': retryAfterText(retryAfter) };
  if (rule.html) {
    return { status: rule.status ?? 502, headers: { ...headers, 'Content-Type': 'text/html' }, body: HTML };
  }
  if (rule.redirect) return { status: 302, headers: { ...headers, Location: rule.redirect }, body: '' };
  const plain = (status, body) => ({ status, headers: { ...headers, 'Content-Type': 'text/plain' }, body });
  if (rule.throttle !== undefined) {
    return context.graph
      ? graphError(
          429,
          'TooManyRequests',
          'Too many requests. Please retry after the time that Retry-After says.',
          context,
          headers,
        )
      : plain(429, 'Too Many Requests');
  }
  if (rule.unavailable) {
    return context.graph
      ? graphError(503, 'serviceNotAvailable', 'The service is temporarily unavailable.', context, headers)
      : plain(503, 'Service Unavailable');
  }
  if (rule.claimsChallenge !== undefined) return claimsChallengeAnswer(rule.claimsChallenge, context);
  if (rule.aadsts !== undefined) {
    const more = {
      ...(rule.suberror && { suberror: rule.suberror }),
      ...(rule.claims && { claims: rule.claims }),
    };
    const answer = entraError(rule.aadsts, { ...context.facts, ...rule.facts }, context, more);
    return { ...answer, status: rule.status ?? answer.status, headers: { ...headers, ...rule.headers } };
  }
  if (rule.graphError !== undefined) return refusalBody(rule.graphError, context);
  if (rule.status !== undefined)
    return { status: rule.status, headers: { ...headers, ...rule.headers }, body: rule.body };
  return undefined;
}
