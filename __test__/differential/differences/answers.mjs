/**
 * Where the two read the same answer differently. Each case is [ours, msal-node], as summary.mjs words it.
 */

const nothing = 'not understood, A · 2 requests';
const empty = 'a token that is "", A · 2 requests';
const taken = 'A, A · 1 request';
const notKept = 'A, B · 2 requests';

const all = (names, pair) => Object.fromEntries(names.map((name) => [name, pair]));

export const answers = [
  {
    right: 'ours',
    why: 'a success without a usable token is a failure at the place where it can still be explained, not an empty token that a resource will refuse',
    cases: {
      ...all(
        ['no access_token', 'access_token empty', 'access_token null', 'empty JSON', 'an array'],
        [nothing, empty],
      ),
      null: [nothing, 'no answer, A · 2 requests'],
      'a string': [nothing, 'refused here, A · 2 requests'],
      'access_token a number': [nothing, 'a token that is 7, a token that is 7 · 1 request'],
      'JSON that is no OAuth error': [
        'not understood, not understood · 2 requests',
        'a token that is "", a token that is "" · 2 requests',
      ],
    },
  },
  {
    right: 'ours',
    why: 'a token with such characters cannot be sent in a header, and would fail there with less to go by',
    cases: all(
      ['access_token with a line break', 'access_token with a letter beyond ASCII'],
      [nothing, taken],
    ),
  },
  {
    right: 'either',
    why: 'Entra names no scope in this grant: ours keeps a token for what was asked for, msal-node for what the answer says',
    cases: { 'a scope that was not asked for': [taken, notKept] },
  },
  {
    right: 'ours',
    why: 'bytes that are no UTF-8 are no JSON, and a token patched with replacement characters is no token',
    cases: {
      'invalid UTF-8': [nothing, notKept],
      'a refusal in invalid UTF-8': [
        'not understood, not understood · 2 requests',
        '\ufffd\ufffdinvalid_client AADSTS7000215 401, \ufffd\ufffdinvalid_client AADSTS7000215 401 · 2 requests',
      ],
    },
  },
  {
    right: 'ours',
    why: 'an answer is read up to a megabyte, so that no server can fill the memory of the client',
    cases: {
      'three million bytes': [nothing, taken],
      'a refusal of three million bytes': [
        'not understood, not understood · 2 requests',
        'invalid_client AADSTS7000215 401, invalid_client AADSTS7000215 401 · 2 requests',
      ],
    },
  },
  {
    right: 'either',
    why: 'Entra sends neither: ours takes no JSON that says two things or begins with a byte order mark, which readers may ignore but need not',
    cases: all(['JSON after a byte order mark', 'a member twice'], [nothing, taken]),
  },
  {
    right: 'either',
    why: 'Entra always says when a token ends: ours takes an answer that does not for one of something else, msal-node hands the token out and does not keep it',
    cases: all(
      ['absent', 'null', 'negative', 'words', 'true'].map((name) => `expires_in ${name}`),
      [nothing, notKept],
    ),
  },
  {
    right: 'either',
    why: 'Entra sends seconds: ours takes no other type and no endless number, msal-node whatever begins like a number',
    cases: all(
      ['a list', 'huge, as a string'].map((name) => `expires_in ${name}`),
      [nothing, taken],
    ),
  },
  {
    right: 'ours',
    why: 'the body names the error, whatever its status; it keeps its AADSTS number and is remembered as a refusal is',
    cases: {
      'an OAuth error with 200': [
        'invalid_client AADSTS7000215 200, invalid_client AADSTS7000215 200 · 1 request',
        'invalid_client 200, A · 2 requests',
      ],
    },
  },
];
