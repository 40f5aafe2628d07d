// A token endpoint that fails in every way that there is, at random, and a client in a process of its own that calls.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openGate } from './gate.mjs';
import { randomFrom } from './random.mjs';
import { plain } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const CLIENT = fileURLToPath(new URL('children/storm.mjs', import.meta.url));
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

/** What the endpoint does, and how often it is to be drawn in comparison. */
function acts(random) {
  let issued = 0;
  /** A token that says what is to be checked: what it is for, which one it is, when it really expires. */
  const good = ({ form }, lifetime = random.pick([299, 301, 302, 3599, 86_399])) => {
    issued += 1;
    const truth = { scope: form.scope, id: issued, expires: Date.now() + lifetime * 1000 };
    const token = Buffer.from(JSON.stringify(truth)).toString('base64url');
    const refresh = random.pick([{}, {}, { refresh_in: 0 }, { refresh_in: 1 }]);
    return JSON.stringify({ token_type: 'Bearer', expires_in: lifetime, access_token: token, ...refresh });
  };
  const refusal = (error, code) => JSON.stringify({ error, error_codes: [code], error_description: 'No.' });

  return {
    'a token': [30, (held) => held.answer(200, good(held), JSON_TYPE)],
    'a token that does not live': [3, (held) => held.answer(200, good(held, random.below(3)), JSON_TYPE)],
    'a token as text/plain': [3, (held) => held.answer(200, good(held), { 'content-type': 'text/plain' })],
    'a token, a byte at a time': [3, (held) => held.trickle(200, good(held), JSON_TYPE)],
    429: [4, (held) => held.answer(429, 'Too Many Requests')],
    '429 with Retry-After: 1': [2, (held) => held.answer(429, '', { 'retry-after': '1' })],
    '429 with Retry-After in the past': [
      2,
      (held) => held.answer(429, '', { 'retry-after': new Date(0).toUTCString() }),
    ],
    '5xx': [8, (held) => held.answer(random.pick([500, 502, 503, 504]), 'down')],
    '503 in the words of OAuth': [2, (held) => held.answer(503, refusal('temporarily_unavailable', 50196))],
    'a reset before the head': [4, (held) => held.reset()],
    'a reset after the head': [
      3,
      (held) => {
        held.begin(200, { ...JSON_TYPE, 'content-length': 500 }, '{');
        held.reset();
      },
    ],
    'a hang': [3, () => {}],
    'a hang after the head': [2, (held) => held.begin(200, { ...JSON_TYPE, 'content-length': 500 }, '{')],
    'drops that do not end': [
      2,
      (held) => {
        held.begin(200, JSON_TYPE, '{');
        const timer = setInterval(() => held.more(' '), 20);
        held.closed.then(() => clearInterval(timer));
      },
    ],
    HTML: [3, (held) => held.answer(200, '<html>Sign in</html>', { 'content-type': 'text/html' })],
    'HTML with 502': [2, (held) => held.answer(502, '<html>Bad gateway</html>')],
    'half of a token': [3, (held) => held.truncate(200, good(held), JSON_TYPE)],
    garbage: [3, (held) => held.answer(200, '{"access_token":', JSON_TYPE)],
    'bytes that are no text': [
      2,
      (held) => held.answer(200, Buffer.from([0x7b, 0x22, 0xff, 0xfe]), JSON_TYPE),
    ],
    nothing: [2, (held) => held.answer(200)],
    'too much': [1, (held) => held.answer(200, Buffer.alloc((1 << 20) + 1, ' '), JSON_TYPE)],
    'a redirect': [1, (held) => held.answer(302, '', { location: 'https://login.contoso.example/' })],
    'a refusal': [1, (held) => held.answer(401, refusal('invalid_client', 7000215), JSON_TYPE)],
    'a refusal of the scope': [2, (held) => held.answer(400, refusal('invalid_scope', 70011), JSON_TYPE)],
  };
}

/**
 * @param {object} plan
 * @param {number} plan.calls
 * @param {number} plan.seed
 * @param {number[]} plan.checkpoints after how many calls memory and sockets are measured, with nothing under way
 * @param {number} [plan.credentials]
 * @param {number} [plan.scopes] of each credential
 * @param {number} [plan.concurrency] callers at a time
 * @returns {Promise<object>} what the client saw (see children/storm.mjs), with `asked`: how often the endpoint did
 *   what, `requests` and `sockets`
 */
export async function runStorm({ credentials = 10, scopes = 6, concurrency = 150, ...rest }) {
  const plan = { credentials, scopes, concurrency, ...rest };
  const tenant = await startTenant();
  const gate = await openGate(tenant);
  try {
    const random = randomFrom(plan.seed);
    const all = Object.entries(acts(random));
    // Each act as often as its share says, and one of these drawn for each request.
    const drawn = all.flatMap(([name, [share]]) => Array(Math.round(share * 2)).fill(name));
    const asked = Object.fromEntries(all.map(([name]) => [name, 0]));
    const does = Object.fromEntries(all.map(([name, [, act]]) => [name, act]));
    gate.always((held) => {
      const name = random.pick(drawn);
      asked[name] += 1;
      does[name](held);
    });
    const report = await runClient({
      ...gate.env('secret'),
      CERTIFICATE: tenant.certificates.pem,
      STORM: JSON.stringify(plan),
    });
    return { ...report, asked, requests: gate.seen.length, sockets: gate.sockets };
  } finally {
    await gate.close();
    await tenant.close();
  }
}

function runClient(env) {
  const child = fork(CLIENT, {
    execArgv: ['--expose-gc', '--no-warnings', '--max-semi-space-size=1'],
    env: { ...plain, ...env },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let err = '';
  let report;
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
  child.once('message', (message) => (report = message));
  return new Promise((resolve, reject) =>
    child.once('close', (code, signal) => {
      if (report && code === 0) resolve({ ...report, err });
      else reject(new Error(`the client ended with ${code ?? signal}: ${err}`));
    }),
  );
}
