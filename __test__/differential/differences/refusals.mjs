/**
 * Where the two differ on refusals. Each case is [ours, msal-node], as summary.mjs words it.
 */

/** What both say twice, ours after one request and msal-node after two. */
const remembered = (error, more = '') => [
  `${error}, ${error} · 1 request${more}`,
  `${error}, ${error} · 2 requests${more}`,
];

const client = (code) => remembered(`invalid_client AADSTS${code} 401`);
const wrong = remembered('invalid_client AADSTS7000215 401');
const unauthorized = (code) => remembered(`unauthorized_client AADSTS${code} 400`);
const request = (code) => remembered(`invalid_request AADSTS${code} 400`);

const unread = 'not understood, not understood · 2 requests';
const twice = (error, requests = '2 requests') => `${error}, ${error} · ${requests}`;
const challenge = 'claims {"access_token":{"capolids":{"essential":true,"values":["c1"]}}}';

export const refusals = [
  {
    right: 'ours',
    why: 'what cannot heal by itself is remembered for five seconds, so that a loop over a wrong setting is one request and no throttling',
    cases: {
      'AADSTS7000215: wrong secret': client(7000215),
      'AADSTS7000222: expired secret': client(7000222),
      'AADSTS7000218: empty credential': client(7000218),
      'AADSTS700025: a public client': client(700025),
      'AADSTS700027: unregistered certificate': client(700027),
      'AADSTS700024: assertion out of time': client(700024),
      'AADSTS700023: assertion for another audience': client(700023),
      'AADSTS700021: assertion of another client': client(700021),
      'AADSTS700030: certificate subject not authorised': client(700030),
      'AADSTS50012: certificate chain invalid': client(50012),
      'AADSTS5002738: algorithm not supported': client(5002738),
      'AADSTS70021: no matching federated identity': client(70021),
      'AADSTS70025: no federated identity at all': client(70025),
      'AADSTS700211: issuer does not match': client(700211),
      'AADSTS700212: audience does not match': client(700212),
      'AADSTS700213: subject does not match': client(700213),
      'AADSTS7002138: subject in another case': client(7002138),
      'AADSTS700222: token of Entra as assertion': client(700222),
      'AADSTS700223: federation not allowed': client(700223),
      'AADSTS700238: issuer not allowed': client(700238),
      'AADSTS70023: federated token lives too long': client(70023),
      'AADSTS700016: unknown application': unauthorized(700016),
      'AADSTS7000112: disabled application': unauthorized(7000112),
      'AADSTS70001: application not installed': unauthorized(70001),
      'AADSTS90002: unknown tenant': request(90002),
      'AADSTS900023: tenant that is none': request(900023),
      'a description with CRLF': wrong,
      'two error_codes': wrong,
      'an empty suberror': wrong,
      'a refusal a byte at a time': wrong,
      'a refusal as text/plain': wrong,
      'a wrong secret, five times': [1, 5].map(
        (count) =>
          `${Array(5).fill('invalid_client AADSTS7000215 401').join(', ')} · ${count} request${count > 1 ? 's' : ''}`,
      ),
      'a wrong secret that is mended in six seconds': [
        'invalid_client AADSTS7000215 401, invalid_client AADSTS7000215 401, A · 2 requests',
        'invalid_client AADSTS7000215 401, A, A · 2 requests',
      ],
    },
  },
  {
    right: 'ours',
    why: 'the number is in the description too, and everything that explains an error hangs on it',
    cases: {
      'no error_codes': [twice('invalid_client AADSTS7000215 401', '1 request'), twice('invalid_client 401')],
      'empty error_codes': [
        twice('invalid_client AADSTS7000215 401', '1 request'),
        twice('invalid_client 401'),
      ],
      'error_codes null': [
        twice('invalid_client AADSTS7000215 401', '1 request'),
        twice('invalid_client 401'),
      ],
    },
  },
  {
    right: 'ours',
    why: 'a refusal that will not heal is remembered for a few seconds, however its codes are written',
    cases: {
      'error_codes as strings': [
        twice('invalid_client AADSTS7000215 401', '1 request'),
        twice('invalid_client AADSTS7000215 401'),
      ],
    },
  },
  {
    right: 'ours',
    why: 'the error keeps the HTTP status, which msal-node drops where it takes an error for one of a person',
    cases: {
      suberror: [
        twice('invalid_grant AADSTS50173 400 suberror bad_token'),
        twice('invalid_grant AADSTS50173 suberror bad_token'),
      ],
      'claims with interaction_required': [
        twice(`interaction_required AADSTS50076 400 suberror basic_action ${challenge}`),
        twice(`interaction_required AADSTS50076 suberror basic_action ${challenge}`),
      ],
    },
  },
  {
    right: 'ours',
    why: 'the claims are what the next request must carry, whichever error they come with',
    cases: {
      'claims with invalid_grant': [
        twice(`invalid_grant AADSTS53003 400 ${challenge}`),
        twice('invalid_grant AADSTS53003 400'),
      ],
    },
  },
  {
    right: 'ours',
    why: 'an error that is an object is no OAuth error: something else answered',
    cases: { 'an error that is an object': [unread, twice('[object Object] 400')] },
  },
  {
    right: 'ours',
    why: 'there was an answer, of a proxy',
    cases: { '407 as HTML': [unread, twice('no answer')] },
  },
  {
    right: 'ours',
    why: 'both ask no more, but only ours still says what was wrong',
    cases: {
      'a refusal with Retry-After': [
        twice('invalid_client AADSTS7000215 401', '1 request'),
        'invalid_client AADSTS7000215 401, 7000215 · 1 request',
      ],
    },
  },
];
