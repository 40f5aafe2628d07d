/**
 * What Entra refuses, and in which words. Each call is made twice: what cannot heal need not be asked again at once.
 */
import { HTML, html, plain, refuse, say, scenario, spoilt } from '../scenario.mjs';

const CODES = {
  7000215: 'wrong secret',
  7000222: 'expired secret',
  7000216: 'no credential',
  7000218: 'empty credential',
  700025: 'a public client',
  700016: 'unknown application',
  7000112: 'disabled application',
  70001: 'application not installed',
  90002: 'unknown tenant',
  900023: 'tenant that is none',
  9001023: 'grant on /common',
  700027: 'unregistered certificate',
  700024: 'assertion out of time',
  700023: 'assertion for another audience',
  700021: 'assertion of another client',
  700030: 'certificate subject not authorised',
  50012: 'certificate chain invalid',
  5002738: 'algorithm not supported',
  1002012: 'scope without /.default',
  70011: 'scope not valid',
  500011: 'unknown resource',
  50001: 'unknown resource, the old code',
  501051: 'no role assigned',
  65001: 'no consent',
  53003: 'conditional access',
  530032: 'risk',
  530035: 'security defaults',
  70021: 'no matching federated identity',
  70025: 'no federated identity at all',
  700211: 'issuer does not match',
  700212: 'audience does not match',
  700213: 'subject does not match',
  7002138: 'subject in another case',
  700222: 'token of Entra as assertion',
  700223: 'federation not allowed',
  700238: 'issuer not allowed',
  70023: 'federated token lives too long',
  100007: 'regional endpoint',
  50196: 'request loop',
  70003: 'grant not supported',
};

const always = (name, rest, more) => scenario(name, { rest, ...more });

export const refusals = Object.entries(CODES).map(([code, name]) =>
  always(`AADSTS${code}: ${name}`, refuse(Number(code))),
);

const wrong = (more) => refuse(7000215, more);
const oauth = (status, body, headers) =>
  say(status, { trace_id: 't', correlation_id: 'c', ...body }, headers);
const described = (error_description, more = {}) =>
  oauth(400, { error: 'invalid_request', error_description, ...more });
const challenge = '{"access_token":{"capolids":{"essential":true,"values":["c1"]}}}';

export const bodies = [
  always('a description with CRLF', wrong({ crlf: true })),
  always(
    'a description beyond ASCII',
    described('AADSTS50001: Die Ressource »Grüße« 日本語 🙂 fehlt.', { error_codes: [50001] }),
  ),
  always(
    'a description with quotes',
    described('AADSTS650052: The app "Contoso" needs "x\\y".', { error_codes: [650052] }),
  ),
  always(
    'a description with controls',
    described('AADSTS50001: a\u0000b\u001b[31mc', { error_codes: [50001] }),
  ),
  always('no description', described(undefined, { error_codes: [50001] })),
  always('an empty description', described('', { error_codes: [50001] })),
  always(
    'a description of 100 kB',
    described(`AADSTS50001: ${'x'.repeat(100_000)}`, { error_codes: [50001] }),
  ),
  always('no error_codes', wrong({ members: { error_codes: undefined } })),
  always('empty error_codes', wrong({ members: { error_codes: [] } })),
  always('error_codes as strings', wrong({ members: { error_codes: ['7000215'] } })),
  always('two error_codes', wrong({ members: { error_codes: [7000215, 50012] } })),
  always('error_codes null', wrong({ members: { error_codes: null } })),
  always('no number anywhere', described('The request is not good.')),
  always('an error of nobody', oauth(400, { error: 'teapot', error_description: 'short and stout' })),
  always(
    'suberror',
    described('AADSTS50173: gone.', { error: 'invalid_grant', error_codes: [50173], suberror: 'bad_token' }),
  ),
  always('an empty suberror', wrong({ members: { suberror: '' } })),
  always(
    'claims with interaction_required',
    oauth(400, {
      error: 'interaction_required',
      error_description: 'AADSTS50076: more is needed.',
      error_codes: [50076],
      suberror: 'basic_action',
      claims: challenge,
    }),
  ),
  always('claims with invalid_grant', refuse(53003, { members: { claims: challenge } })),
  always('a refusal a byte at a time', wrong({ trickle: true })),
  always('a refusal in invalid UTF-8', wrong({ invalidUtf8: true })),
  always('a refusal as text/plain', (context) => {
    const { status, body } = wrong()(context);
    return { status, body: JSON.stringify(body), headers: { 'Content-Type': 'text/plain' } };
  }),
  always('an error that is an object', say(400, { error: { code: 'BadRequest', message: 'no' } })),
  always('JSON that is no OAuth error', say(400, { message: 'no' })),
  always('400 as HTML', html(400)),
  always('401 with nothing', say(401, '')),
  always('403 in plain text', plain(403, 'blocked by the proxy')),
  always('404 as HTML', html(404)),
  always('407 as HTML', html(407)),
  always('405 with an OAuth error', refuse(900561)),
  always(
    'a refusal cut off as JSON',
    say(400, '{"error":"invalid_cl', { 'Content-Type': 'application/json' }),
  ),
  always('HTML that calls itself JSON', say(400, HTML, { 'Content-Type': 'application/json' })),
  always('a refusal of three million bytes', (context) => spoilt(wrong(), { oversize: 3_000_000 })(context)),
  always('a refusal with Retry-After', wrong({ headers: { 'Retry-After': '60' } })),
];
