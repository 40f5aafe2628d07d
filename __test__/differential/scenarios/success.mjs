/**
 * Good answers, and what passes for one.
 */
import { get, html, plain, say, scenario, spoilt, token } from '../scenario.mjs';

const json = { 'Content-Type': 'application/json' };
const text = (more = {}) =>
  JSON.stringify({ token_type: 'Bearer', expires_in: 3599, access_token: 'token-as-text', ...more });

/** The first answer is the one looked at; where it is not taken or not kept, the second call brings another. */
const first = (name, answer, more) => scenario(name, { answers: [answer], ...more });

export const success = [
  scenario('a token, and again'),
  first('token_type in lower case', token({ token_type: 'bearer' })),
  first('no token_type', token({ token_type: undefined })),
  first('token_type pop', token({ token_type: 'pop' })),
  first('extra members', token({ refresh_token: 'r', foci: '1', foo: { a: [1] } })),
  first('a scope that was not asked for', token({ scope: 'https://else.contoso.example/.default' })),
  first('no ext_expires_in', token({ ext_expires_in: undefined })),
  first('pretty-printed JSON', say(200, JSON.stringify(JSON.parse(text()), null, 4), json)),
  first('JSON after a byte order mark', say(200, Buffer.from(`\ufeff${text()}`), json)),
  first('JSON as text/plain', plain(200, text())),
  first('JSON with no type', say(200, text(), {})),
  first('a member twice', say(200, text().replace('{', '{"expires_in":1,'), json)),
  first('status 201', token({}, { status: 201 })),
  first('a byte at a time', spoilt(token(), { trickle: true })),
  first('a connection for one answer', token({}, { headers: { Connection: 'close' } }), {
    rest: token({ expires_in: 1 }, { headers: { Connection: 'close' } }),
  }),
  first('no access_token', token({ access_token: undefined })),
  first('access_token empty', token({ access_token: '' })),
  first('access_token null', token({ access_token: null })),
  first('access_token a number', token({ access_token: 7 })),
  first('access_token with a line break', token({ access_token: 'to\nken' })),
  first('access_token with a letter beyond ASCII', token({ access_token: 'tokén' })),
  first('empty JSON', say(200, {})),
  first('an empty body', say(200, '', json)),
  first('HTML with 200', html(200)),
  first('an array', say(200, '[]', json)),
  first('null', say(200, 'null', json)),
  first('a string', say(200, '"token"', json)),
  first('JSON cut off', say(200, text().slice(0, -9), json)),
  first('JSON and more behind it', say(200, `${text()} x`, json)),
  first(
    'an OAuth error with 200',
    say(200, { error: 'invalid_client', error_description: 'AADSTS7000215: no' }),
  ),
  first('204', say(204, '')),
  first('invalid UTF-8', spoilt(token(), { invalidUtf8: true })),
  first('three million bytes', spoilt(token(), { oversize: 3_000_000 })),
  first('a member of 500 kB', token({ filler: 'x'.repeat(500_000) })),
];

const lives = [
  ['a numeric string', '3599'],
  ['a string with spaces', ' 3599 '],
  ['absent', undefined],
  ['null', null],
  ['negative', -1],
  ['zero', 0],
  ['huge', 1e15],
  ['huge, as a string', '99999999999999999999'],
  ['a fraction', 3599.5],
  ['words', 'soon'],
  ['true', true],
  ['a list', [3599]],
  ['less than five minutes', 299],
  ['ten minutes', 600],
  ['a day', 86_400],
];

export const lifetimes = [
  ...lives.map(([name, expires_in]) => first(`expires_in ${name}`, token({ expires_in }))),
  first('refresh_in a numeric string', token({ expires_in: 86_399, refresh_in: '43200' })),
  first('refresh_in words', token({ refresh_in: 'soon' })),
  first('refresh_in null', token({ refresh_in: null })),
  first('refresh_in negative', token({ refresh_in: -5 })),
  first('refresh_in after the end', token({ refresh_in: 99_999 })),
  scenario('tokens that are over at once, thrice', {
    rest: token({ expires_in: 60 }),
    steps: [get(), get(), get()],
  }),
];
