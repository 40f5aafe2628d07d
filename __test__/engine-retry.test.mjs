// Asking again: what is worth another try, what is not, what a server wishes, and the one deadline over all of it.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { credentialIn } from './engine-support.mjs';
import { openGate, pass } from './gate.mjs';
import { startTenant } from './tenant/index.mjs';

let tenant;
let gate;
let scope;
let proxy;
before(async () => {
  tenant = await startTenant();
  gate = await openGate(tenant);
  scope = `${tenant.graph}/.default`;
});
beforeEach(() => {
  tenant.reset();
  gate.reset();
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});
after(async () => {
  await gate.close();
  await tenant.close();
});

const failure = (promise) =>
  promise.then(
    () => assert.fail('a token was given'),
    (error) => error,
  );

const down = (status, headers) => (held) => held.answer(status, 'down', headers);
/** So that the date, which has whole seconds, is at least one second from now. */
const inTwoSeconds = () => new Date(Date.now() + 2000).toUTCString();

describe('one failure that passes', () => {
  const cases = [
    ['500', down(500), 0],
    ['502', down(502), 0],
    ['503', down(503), 0],
    ['504', down(504), 0],
    ['408', down(408), 0],
    ['429', down(429), 0],
    ['429 in the words of OAuth', (held) => held.answer(429, '{"error":"temporarily_unavailable"}'), 0],
    ['a connection that breaks', (held) => held.reset(), 0],
    ['429 with Retry-After: 1', down(429, { 'retry-after': '1' }), 1000],
    ['503 with Retry-After: 1', down(503, { 'retry-after': '1' }), 1000],
    [
      '429 with a date in Retry-After',
      (held) => held.answer(429, '', { 'retry-after': inTwoSeconds(), date: new Date().toUTCString() }),
      1000,
    ],
    [
      '429 with a date that has passed',
      (held) => held.answer(429, '', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }),
      0,
    ],
  ];
  for (const [title, act, wait] of cases) {
    test(`${title}: two requests and a token`, { timeout: 20_000 }, async () => {
      gate.plan(act, pass);
      await credentialIn(gate.env()).getToken(scope);
      assert.equal(gate.seen.length, 2);
      // A wish is a lower bound; the clocks of the two sides tick a little differently.
      const [first, second] = gate.seen;
      assert.ok(second.at - first.at >= wait - 50, `asked again after ${second.at - first.at} ms`);
    });
  }

  test('each try is told apart, and each has the capability that makes Entra throttle early', async () => {
    gate.plan(down(500), pass);
    await credentialIn(gate.env()).getToken(scope);
    for (const { headers, form } of gate.seen) {
      assert.equal(headers['x-ms-lib-capability'], 'retry-after, h429');
      assert.equal(headers['return-client-request-id'], 'true');
      assert.equal(form.grant_type, 'client_credentials');
    }
    assert.equal(new Set(gate.seen.map(({ headers }) => headers['client-request-id'])).size, 2);
  });

  test('each try has an assertion of its own', async () => {
    tenant.fail({ at: 'token', unavailable: true, times: 2 });
    await credentialIn(tenant.env('certificate')).getToken(scope);
    assert.equal(new Set(tenant.tokenRequests.map(({ jti }) => jti)).size, 3);
    assert.deepEqual(tenant.replayedJtis, []);
  });
});

describe('a failure that stays', () => {
  test('503: four requests, and an error that may pass', { timeout: 20_000 }, async () => {
    const credential = credentialIn(gate.env());
    gate.plan(...Array(8).fill(down(503)));
    const error = await failure(credential.getToken(scope));
    assert.equal(gate.seen.length, 4);
    assert.deepEqual([error.code, error.status, error.retryable], ['unexpected_response', 503, true]);
    // It is not remembered.
    gate.plan(pass);
    await credential.getToken(scope);
    assert.equal(gate.seen.length, 5);
  });

  test('429 that asks for two minutes, with two seconds left: fails at once, and then locally', {
    timeout: 20_000,
  }, async () => {
    const credential = credentialIn(gate.env(), { timeoutMs: 2000 });
    gate.plan(down(429, { 'retry-after': '120' }));
    const first = await failure(credential.getToken(scope));
    assert.deepEqual([first.code, first.status, first.retryable], ['throttled', 429, true]);
    assert.equal(gate.seen.length, 1);
    for (let call = 0; call < 20; call += 1) {
      const { code, status, retryable } = await failure(credential.getToken(scope));
      assert.deepEqual([code, status, retryable], ['throttled', 429, true]);
    }
    assert.equal(gate.seen.length, 1);
    // Another scope and another credential have wishes of their own.
    gate.plan(pass, pass);
    await failure(credential.getToken('https://fabrikam.example/.default'));
    await credentialIn(gate.env()).getToken(scope);
    assert.equal(gate.seen.length, 3);
  });
});

describe('never asked again', () => {
  const page = (headers) => (held) => held.answer(200, '<html>Sign in to the network</html>', headers);
  const cases = [
    ['400 invalid_request', (held) => held.answer(400, '{"error":"invalid_request"}'), 'invalid_request'],
    ['400 invalid_scope', (held) => held.answer(400, '{"error":"invalid_scope"}'), 'invalid_scope'],
    ['401 invalid_client', (held) => held.answer(401, '{"error":"invalid_client"}'), 'invalid_client'],
    ['403 of something in between', down(403), 'unexpected_response'],
    ['HTML with 200', page({ 'content-type': 'text/html' }), 'unexpected_response'],
    ['HTML that calls itself JSON', page({ 'content-type': 'application/json' }), 'unexpected_response'],
    [
      'a redirect',
      (held) => held.answer(302, '', { location: `${tenant.authority}/elsewhere` }),
      'unexpected_response',
    ],
    ['a token in no known shape', (held) => held.answer(200, '{"access_token":"x"}'), 'unexpected_response'],
  ];
  for (const [title, act, code] of cases) {
    test(title, async () => {
      gate.plan(act);
      const error = await failure(credentialIn(gate.env()).getToken(scope));
      assert.deepEqual([error.code, error.retryable], [code, false]);
      assert.equal(gate.seen.length, 1);
      assert.equal(tenant.requests.length, 0);
    });
  }

  test('TLS with a stranger', async () => {
    proxy = await tenant.startProxy();
    const env = { ...tenant.env(), NODE_EXTRA_CA_CERTS: undefined, HTTPS_PROXY: proxy.url };
    const error = await failure(credentialIn(env).getToken(scope));
    assert.deepEqual([error.code, error.retryable], ['tls_error', false]);
    assert.match(error.hint, /NODE_EXTRA_CA_CERTS/);
    assert.doesNotMatch(error.message, /error:|routines|\.c:/, 'what only OpenSSL’s developers read');
    assert.equal(proxy.connects.length, 1);
    assert.equal(tenant.requests.length, 0);
  });
});

describe('the deadline', () => {
  const until700 = { timeoutMs: 700 };

  test('ends a wait for an answer', { timeout: 10_000 }, async () => {
    const pending = failure(credentialIn(gate.env(), until700).getToken(scope));
    const held = await gate.next();
    const { code, retryable } = await pending;
    assert.deepEqual([code, retryable], ['timeout', true]);
    // The connection goes with the caller.
    await held.closed;
  });

  test('ends an answer that never ends', { timeout: 10_000 }, async () => {
    gate.plan((held) => held.begin(200, { 'content-type': 'application/json' }, '{"access_token":"'));
    const { code, retryable } = await failure(credentialIn(gate.env(), until700).getToken(scope));
    assert.deepEqual([code, retryable], ['timeout', true]);
  });

  test('is over all tries together', { timeout: 10_000 }, async () => {
    // Two failures leave too little for a third wait; the hang that follows the first one is cut off.
    gate.plan(down(503), () => {});
    const { code, retryable } = await failure(credentialIn(gate.env(), until700).getToken(scope));
    assert.deepEqual([code, retryable], ['timeout', true]);
    assert.equal(gate.seen.length, 2);
  });

  test('does not begin a wait that would not end before it', { timeout: 10_000 }, async () => {
    gate.plan(down(503, { 'retry-after': '5' }));
    const { code, status } = await failure(credentialIn(gate.env(), until700).getToken(scope));
    assert.deepEqual([code, status], ['unexpected_response', 503]);
    assert.equal(gate.seen.length, 1);
  });
});
