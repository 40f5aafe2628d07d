/**
 * Where the two differ in what they keep, share and send. Each case is [ours, msal-node], as summary.mjs words it.
 */

const nbf = 'claims {"access_token":{"nbf":{"essential":true,"value":"1"}}}';
const crowd = (error) => [`50 × ${error} · 1 request`, `50 × ${error} · 50 requests`];
const pem = 'JWT PS256 x5t#S256';
const again = 'the same assertion again';
const here = 'refused here · 0 requests';
const one = 'A · 1 request';

export const calls = [
  {
    right: 'ours',
    why: 'callers who come together share one request, in success and in failure',
    cases: {
      'fifty at once': ['50 × A · 1 request', '50 calls, 50 tokens · 50 requests'],
      'fifty at once, and fifty more': [
        '50 × A, 50 × A · 1 request',
        '50 calls, 50 tokens, 50 × A · 50 requests',
      ],
      'fifty at once, wrong secret': crowd('invalid_client AADSTS7000215 401'),
      'fifty at once, unknown tenant': crowd('invalid_request AADSTS90002 400'),
      'fifty at once, conditional access': crowd('invalid_grant AADSTS53003 400'),
      'fifty at once, one fault': ['50 × A · 2 requests', '50 calls, 49 tokens · 50 requests'],
      'fifty at once with the same claims': [
        `50 × A · 1 request · ${nbf}`,
        `50 calls, 50 tokens · 50 requests · ${nbf}`,
      ],
      'renewal is due, a hundred callers': ['A, 100 × A, B · 2 requests', 'A, 100 × A, B · 101 requests'],
    },
  },
  {
    right: 'ours',
    why: 'a token that is still good is handed out while its renewal fails, and the renewal is left to rest',
    cases: {
      'renewal is due, the endpoint is down': [
        'A, A, A · 5 requests',
        'A, no answer, no answer · 3 requests',
      ],
      'renewal is due, the endpoint is ill': [
        'A, A, A · 5 requests',
        'A, not understood, not understood · 3 requests',
      ],
      'renewal is due, Entra is busy': ['A, A, A · 5 requests', 'A, A, 90033 · 2 requests'],
      'renewal is due, the secret has expired': ['A, A, A · 2 requests', 'A, A, A · 3 requests'],
    },
  },
  {
    right: 'ours',
    why: 'a token that was challenged has been refused: it is not handed out again',
    cases: {
      'claims that are refused': [
        `A, invalid_grant AADSTS53003 400, B · 3 requests · usual; then ${nbf}; then usual`,
        `A, invalid_grant AADSTS53003 400, A · 2 requests · usual; then ${nbf}`,
      ],
    },
  },
  {
    right: 'ours',
    why: 'a challenge is answered with the same patience as any request',
    cases: {
      'claims while the endpoint is down': [
        `A, no answer · 5 requests · usual; then ${nbf}`,
        `A, no answer · 2 requests · usual; then ${nbf}`,
      ],
    },
  },
  {
    right: 'ours',
    why: 'claims that are no JSON object are a mistake of the caller, who would otherwise take an old token for the answer to a challenge',
    cases: { 'claims that are not JSON': [here, one], 'claims that are no object': [here, one] },
  },
  {
    right: 'either',
    why: 'ours takes any claims for a challenge, msal-node takes empty ones for none',
    cases: { 'claims that are an empty object': ['A, B · 2 requests', 'A, A · 1 request'] },
  },
  {
    right: 'ours',
    why: 'nobody is there whose sign-in state could be asked for',
    cases: {
      'Graph: the whole of claims': [
        `${one} · claims {"access_token":{"xms_cc":{"values":["cp1"]}}}`,
        `${one} · claims {"id_token":{"signin_state":{"essential":false},"login_hint":{"essential":false},"tenant_region_sub_scope":{"essential":false}},"access_token":{"xms_cc":{"values":["cp1"]}}}`,
      ],
    },
  },
  {
    right: 'ours',
    why: 'what a CI system added to a secret is told before it is sent, and the path of a certificate is never sent as a secret',
    cases: Object.fromEntries(
      [
        'secret with a line break at the end',
        'secret with a space before it',
        'secret in quotes',
        'secret that is the name of a file',
      ].map((name) => [name, [here, one]]),
    ),
  },
  {
    right: 'ours',
    why: 'each request is signed anew, so that a refusal of replays never meets it',
    cases: {
      'a certificate, two requests': [`A, B · 2 requests · ${pem}`, `A, B · 2 requests · ${pem} · ${again}`],
      'a certificate that is not registered': [
        `invalid_client AADSTS700027 401, invalid_client AADSTS700027 401 · 1 request · ${pem}`,
        `invalid_client AADSTS700027 401, invalid_client AADSTS700027 401 · 2 requests · ${pem} · ${again}`,
      ],
    },
  },
  {
    right: 'ours',
    why: 'an assertion is asked of the caller only when a request is sent, and a refusal is remembered as with any credential',
    cases: {
      'an assertion from a callback, and a cached token': [
        'A, A, B · 2 requests · assertion 1; then assertion 2, claims {"access_token":{"nbf":null}}',
        'A, A, B · 2 requests · assertion 1; then assertion 3, claims {"access_token":{"nbf":null}}',
      ],
      'an assertion that is refused': [
        'invalid_client AADSTS700213 401, invalid_client AADSTS700213 401 · 1 request · assertion 1',
        'invalid_client AADSTS700213 401, invalid_client AADSTS700213 401 · 2 requests · assertion 1; then assertion 2',
      ],
    },
  },
  {
    right: 'either',
    why: 'names of tenants and applications are the same in capitals; ours writes them one way',
    cases: {
      'a tenant by its domain, in capitals': [`${one} · tenant in lower case`, one],
      'a tenant in capitals': [`${one} · tenant in lower case`, one],
      'a client in capitals': [`${one} · client_id in lower case`, one],
    },
  },
  {
    right: 'ours',
    why: 'what is no tenant or application is told before a credential goes out',
    cases: {
      'a tenant with a slash': [here, 'not understood · 0 requests'],
      'a client that is no GUID': [here, one],
      'no client': [here, one],
    },
  },
  {
    right: 'ours',
    why: 'an application can only ask for /.default of one resource, which needs no request to know',
    cases: {
      'a scope without /.default': [here, 'invalid_scope AADSTS1002012 400 · 1 request'],
      'only /.default': [here, 'invalid_scope AADSTS70011 400 · 1 request'],
      'two scopes': [here, 'invalid_scope AADSTS70011 400 · 1 request'],
      'two scopes in one text': [here, 'invalid_scope AADSTS70011 400 · 1 request'],
    },
  },
  {
    right: 'either',
    why: 'msal-node takes a list for a set; ours takes one scope',
    cases: { 'the same scope twice': [here, `${one} · scope https://a.example/.default`] },
  },
];
