// What is remembered: refusals that will not heal by themselves, for some seconds; nothing else. And tokens.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AuthError } from 'workiq-auth';
import { credentialIn, many, short, until } from './engine-support.mjs';
import { startTenant } from './tenant/index.mjs';

const CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
const NOBODY = '33333333-2222-4333-8444-555555555555';

let tenant;
let scope;
before(async () => {
  tenant = await startTenant({ hosts: ['graph.microsoft.us'] });
  scope = `${tenant.graph}/.default`;
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

const failure = (promise) =>
  promise.then(
    () => assert.fail('a token was given'),
    (error) => error,
  );

/** Every field of an error but its stack, which is each caller's own. */
const fields = ({ message, ...rest }) => ({ message, ...rest });

describe('a refusal that will not heal', () => {
  const cases = [
    ['a wrong secret', { WORKIQ_CLIENT_SECRET: 'abc8Q~wrong' }, 'invalid_client', 7000215],
    ['a wrong client', { WORKIQ_CLIENT_ID: NOBODY }, 'unauthorized_client', 700016],
    ['a wrong tenant', { WORKIQ_TENANT_ID: NOBODY }, 'invalid_request', 90002],
  ];
  for (const [title, changes, code, aadsts] of cases) {
    test(`${title}: 100 calls in a row are one request, and all are told the same`, async () => {
      const credential = credentialIn({ ...tenant.env(), ...changes });
      const first = await failure(credential.getToken(scope));
      assert.ok(first instanceof AuthError);
      assert.deepEqual([first.code, first.aadsts, first.retryable], [code, aadsts, false]);
      assert.ok(first.hint && first.correlationId && first.traceId);
      for (let call = 1; call < 100; call += 1) {
        const error = await failure(credential.getToken(scope));
        assert.notEqual(error, first);
        assert.deepEqual(fields(error), fields(first));
      }
      assert.equal(tenant.tokenRequests.length, 1);
    });
  }

  test('is remembered for one scope, and not for a challenge', async () => {
    const credential = credentialIn({ ...tenant.env(), WORKIQ_CLIENT_SECRET: 'abc8Q~wrong' });
    await failure(credential.getToken(scope));
    await failure(credential.getToken('https://graph.microsoft.us/.default'));
    assert.equal(tenant.tokenRequests.length, 2);
    for (let call = 0; call < 10; call += 1) await failure(credential.getToken(scope, { claims: CLAIMS }));
    assert.equal(tenant.tokenRequests.length, 3);
    assert.ok(tenant.tokenRequests[2].form.claims.includes('nbf'));
  });

  test('is not remembered by another credential', async () => {
    await failure(credentialIn({ ...tenant.env(), WORKIQ_CLIENT_SECRET: 'abc8Q~wrong' }).getToken(scope));
    await credentialIn(tenant.env()).getToken(scope);
    assert.equal(tenant.tokenRequests.length, 2);
  });

  test('is forgotten after some seconds: what was mended meanwhile is found', {
    timeout: 30_000,
  }, async () => {
    const credential = credentialIn(tenant.env());
    const refusing = tenant.fail({ at: 'token', aadsts: 7000222, times: Infinity });
    assert.equal((await failure(credential.getToken(scope))).aadsts, 7000222);
    refusing.remove();
    assert.equal((await failure(credential.getToken(scope))).aadsts, 7000222);
    assert.equal(tenant.tokenRequests.length, 1);
    await until(() => credential.getToken(scope).catch(() => false));
    assert.equal(tenant.tokenRequests.length, 2);
  });
});

describe('a failure that may be another the next time', () => {
  const cases = [
    ['a resource that the tenant does not know', { aadsts: 500011 }],
    ['a scope that is not right', { aadsts: 70011 }],
    ['a policy that blocks', { aadsts: 53003 }],
    ['a page of HTML', { html: true, status: 200 }],
  ];
  for (const [title, rule] of cases) {
    test(`${title}: each call is a request`, async () => {
      const credential = credentialIn(tenant.env());
      tenant.fail({ at: 'token', ...rule, times: 3 });
      for (let call = 0; call < 3; call += 1) await failure(credential.getToken(scope));
      assert.equal(tenant.tokenRequests.length, 3);
      await credential.getToken(scope);
      assert.equal(tenant.tokenRequests.length, 4);
    });
  }

  for (const [title, rule] of [
    ['503', { unavailable: true }],
    ['a connection that breaks', { reset: true }],
    ['a time-out', { hang: true }],
  ]) {
    test(`${title} for longer than a call: the next call asks anew, and is given a token`, async () => {
      const credential = credentialIn(tenant.env(), { timeoutMs: 300 });
      const fault = tenant.fail({ at: 'token', ...rule, times: Infinity });
      const { retryable } = await failure(credential.getToken(scope));
      assert.equal(retryable, true);
      const asked = tenant.tokenRequests.length;
      fault.remove();
      await credential.getToken(scope);
      assert.equal(tenant.tokenRequests.length, asked + 1);
    });
  }
});

describe('a token', () => {
  test('is frozen, the same for all who hit it, and says what a caller needs', async () => {
    const credential = credentialIn(tenant.env());
    const first = await credential.getToken(scope);
    const hits = await many(50, () => credential.getToken(scope));
    for (const hit of hits) assert.deepEqual(hit, first);
    assert.deepEqual(Object.keys(first).sort(), [
      'expiresOnTimestamp',
      'refreshAfterTimestamp',
      'token',
      'tokenType',
    ]);
    for (const given of [first, ...hits]) {
      assert.ok(Object.isFrozen(given));
      assert.throws(() => {
        given.token = 'another';
      }, TypeError);
    }
    assert.equal(short(await credential.getToken(scope)), short(first));
  });

  test('of one scope is never given for another', async () => {
    const credential = credentialIn(tenant.env());
    const scopes = [scope, 'https://graph.microsoft.us/.default'];
    const given = await many(100, (_, index) => credential.getToken(scopes[index % 2]));
    assert.equal(new Set(given.map(short)).size, 2);
    for (const [index, { token }] of given.entries()) {
      const { aud } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
      assert.equal(`${aud}/.default`, scopes[index % 2]);
    }
    assert.equal(tenant.tokenRequests.length, 2);
  });

  test('with less life than five minutes is good for the call that asked, and for no other', async () => {
    const credential = credentialIn(tenant.env());
    tenant.fail({ at: 'token', members: { expires_in: 299 }, times: 2 });
    const brief = await credential.getToken(scope);
    const next = await credential.getToken(scope);
    assert.notEqual(short(next), short(brief));
    const lasting = await credential.getToken(scope);
    assert.equal(short(await credential.getToken(scope)), short(lasting));
    assert.equal(tenant.tokenRequests.length, 3);
  });

  test('whose expiry is text is as good as one whose expiry is a number', async () => {
    const credential = credentialIn(tenant.env());
    tenant.fail({ at: 'token', members: { expires_in: '3599', refresh_in: '1800' } });
    const { expiresOnTimestamp, refreshAfterTimestamp } = await credential.getToken(scope);
    assert.ok(expiresOnTimestamp > refreshAfterTimestamp && refreshAfterTimestamp > Date.now() + 1_700_000);
    await credential.getToken(scope);
    assert.equal(tenant.tokenRequests.length, 1);
  });
});
