/**
 * Where the two differ when something is broken. Each case is [ours, msal-node], as summary.mjs words it.
 */

const healed = 'A, A · 2 requests';
const all = (names, pair) => Object.fromEntries(names.map((name) => [name, pair]));

/** msal-node after a fault with an OAuth body: it asks no more for a minute, and says a number. */
const blocked = (error, number, more = '') => `${error}, ${number} · 1 request${more}`;
const busy = 'temporarily_unavailable AADSTS90033 503';
const throttledTwice = 'throttled, throttled · 1 request';

export const faults = [
  {
    right: 'ours',
    why: 'one fault that passes is asked again after a quarter of a second, and the caller never hears of it',
    cases: {
      ...all(
        [
          '500 in plain text, once',
          '502 as HTML, once',
          '503 in plain text, once',
          '504 as HTML, once',
          '500 with nothing, once',
          '429 in plain text, once',
          'a body cut off, once',
          'a refusal cut off, once',
        ],
        [healed, 'not understood, A · 2 requests'],
      ),
      'a reset, once': [healed, 'no answer, A · 2 requests'],
      'a reset, twice': ['A, A · 3 requests', 'no answer, no answer · 2 requests'],
      '502, and the next call': ['A, B · 3 requests', 'not understood, A · 2 requests'],
    },
  },
  {
    right: 'ours',
    why: 'one answer of a busy server does not lock the application out for a minute',
    cases: {
      'AADSTS50000, once': [healed, blocked('server_error AADSTS50000 500', 50000)],
      'AADSTS90033, once': [healed, blocked(busy, 90033)],
      'AADSTS90055, once': [healed, blocked('temporarily_unavailable AADSTS90055 503', 90055)],
      '429 as JSON, once': [healed, blocked('temporarily_unavailable AADSTS90055 429', 90055)],
      'an invalid_client with 500, once': [healed, blocked('invalid_client AADSTS7000215 500', 7000215)],
      'three faults of three kinds': ['A, A · 4 requests', blocked(busy, 90033)],
      'four faults, then good': [`${busy}, A · 5 requests`, blocked(busy, 90033)],
      'a fault, then a refusal': [
        'invalid_client AADSTS7000215 401, invalid_client AADSTS7000215 401 · 2 requests',
        blocked(busy, 90033),
      ],
      'a certificate, and a fault in between': [
        'A · 2 requests · JWT PS256 x5t#S256',
        `${busy} · 1 request · JWT PS256 x5t#S256`,
      ],
    },
  },
  {
    right: 'ours',
    why: 'a fault that stays is told after four attempts within two seconds',
    cases: {
      '500 for good': ['not understood · 4 requests', 'not understood · 1 request'],
      '502 as HTML for good': ['not understood · 4 requests', 'not understood · 1 request'],
      'AADSTS90033 for good': [`${busy} · 4 requests`, `${busy} · 1 request`],
      'resets for good': ['no answer · 4 requests', 'no answer · 1 request'],
      'an old token, the endpoint is down': ['A, no answer · 5 requests', 'A, no answer · 2 requests'],
    },
  },
  {
    right: 'ours',
    why: 'a body that ends too soon is a broken connection, and so it is called and asked again',
    cases: {
      'bodies cut off for good': ['no answer · 4 requests', 'not understood · 1 request'],
    },
  },
  {
    right: 'ours',
    why: 'a 429 in plain text, as Entra sends it, is throttling and not an answer that nobody understands',
    cases: { '429 for good': ['throttled · 4 requests', 'not understood · 1 request'] },
  },
  {
    right: 'ours',
    why: 'every call ends: at the deadline, and ten callers wait for one request',
    cases: {
      silence: ['no answer in time · 1 request', 'still waiting · 1 request'],
      'silence, ten callers': ['10 × no answer in time · 1 request', '10 × still waiting · 10 requests'],
    },
  },
  {
    right: 'ours',
    why: 'a short wish to be left alone is granted, and then the request is made again',
    cases: all(
      [
        '429, Retry-After 1',
        '503, Retry-After 1',
        '429, Retry-After 0',
        '429, Retry-After negative',
        '429, Retry-After in words',
        '429, Retry-After empty',
        '429, Retry-After a date that is past',
        '429, Retry-After a date to come',
      ],
      [healed, 'not understood, A · 2 requests'],
    ),
  },
  {
    right: 'ours',
    why: 'a wish that outlasts the deadline fails at once and is honoured by the calls after it, whatever the body is',
    cases: {
      ...all(
        [
          '429, Retry-After a minute',
          '429, Retry-After a minute as a date',
          '429, Retry-After more digits than a number has',
          '429, Retry-After past the deadline',
        ],
        [throttledTwice, 'not understood, A · 2 requests'],
      ),
      '503, Retry-After a minute': [
        'not understood, not understood · 1 request',
        'not understood, A · 2 requests',
      ],
      'AADSTS90055, Retry-After a minute': [
        'temporarily_unavailable AADSTS90055 503, temporarily_unavailable AADSTS90055 503 · 1 request',
        blocked('temporarily_unavailable AADSTS90055 503', 90055),
      ],
    },
  },
  {
    right: 'ours',
    why: 'a token endpoint does not redirect: the secret is not taken to where an answer points, and no token from there',
    cases: Object.fromEntries(
      [301, 302, 303, 307, 308].map((status) => [
        `${status} to another origin`,
        [
          'not understood · 1 request',
          `a stranger's token · 1 request · followed elsewhere ${status < 307 ? 'without' : 'with'} the secret`,
        ],
      ]),
    ),
  },
  {
    right: 'ours',
    why: 'that nobody vouches for the certificate is another thing than that nobody answers',
    cases: { 'a server that nobody vouches for': ['not trusted · 0 requests', 'no answer · 0 requests'] },
  },
];
