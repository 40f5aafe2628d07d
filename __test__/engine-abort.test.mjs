// Giving up: at once, for whoever gives up and for nobody else; and the request goes with the last who wanted it.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AuthError } from 'workiq-auth';
import { credentialIn, many, short } from './engine-support.mjs';
import { openGate, pass } from './gate.mjs';
import { startTenant } from './tenant/index.mjs';

let tenant;
let gate;
let scope;
before(async () => {
  tenant = await startTenant();
  gate = await openGate(tenant);
  scope = `${tenant.graph}/.default`;
});
beforeEach(() => {
  tenant.reset();
  gate.reset();
});
after(async () => {
  await gate.close();
  await tenant.close();
});

const isAbort = (error) => {
  assert.ok(error instanceof Error && !(error instanceof AuthError));
  assert.equal(error.name, 'AbortError');
  return true;
};

/** As much of a signal as some libraries bring: no reason, no dispatch, listeners by hand. */
function plainSignal() {
  const listeners = new Set();
  return {
    aborted: false,
    listeners,
    addEventListener(type, listener) {
      assert.equal(type, 'abort');
      listeners.add(listener);
    },
    removeEventListener(type, listener) {
      assert.equal(type, 'abort');
      listeners.delete(listener);
    },
    abort() {
      this.aborted = true;
      for (const listener of [...listeners]) listener();
    },
  };
}

describe('an abort', () => {
  test('before the call: nothing is asked, even where a token is in memory', async () => {
    const credential = credentialIn(gate.env());
    const abortSignal = AbortSignal.abort(new Error('a reason of my own'));
    await assert.rejects(credential.getToken(scope, { abortSignal }), isAbort);
    assert.equal(gate.seen.length, 0);
    gate.plan(pass);
    await credential.getToken(scope);
    await assert.rejects(credential.getToken(scope, { abortSignal }), isAbort);
  });

  test('while the endpoint hangs: rejects at once, and its connection is closed', {
    timeout: 10_000,
  }, async () => {
    const controller = new AbortController();
    const pending = credentialIn(gate.env()).getToken(scope, { abortSignal: controller.signal });
    const held = await gate.next();
    assert.equal(held.open, true);
    controller.abort();
    await assert.rejects(pending, isAbort);
    await held.closed;
  });

  test('in the turn of the call itself', { timeout: 10_000 }, async () => {
    const controller = new AbortController();
    const pending = credentialIn(gate.env()).getToken(scope, { abortSignal: controller.signal });
    controller.abort();
    await assert.rejects(pending, isAbort);
  });

  test('of one leaves the others alone, and their request', { timeout: 10_000 }, async () => {
    const credential = credentialIn(gate.env());
    const controller = new AbortController();
    const leaving = credential.getToken(scope, { abortSignal: controller.signal });
    const held = await gate.next();
    const staying = many(20, () => credential.getToken(scope));
    controller.abort();
    await assert.rejects(leaving, isAbort);
    assert.equal(held.open, true);
    await held.pass();
    assert.equal(new Set((await staying).map(short)).size, 1);
    assert.equal(gate.seen.length, 1);
  });

  test('of all, one after the other, ends the request with the last', { timeout: 10_000 }, async () => {
    const credential = credentialIn(gate.env());
    const controllers = Array.from({ length: 20 }, () => new AbortController());
    const pending = controllers.map(({ signal }) => credential.getToken(scope, { abortSignal: signal }));
    const held = await gate.next();
    for (const [index, controller] of controllers.entries()) {
      assert.equal(held.open, true);
      controller.abort();
      await assert.rejects(pending[index], isAbort);
    }
    await held.closed;
    // Nothing of it is left in the way of the next caller.
    gate.plan(pass);
    await credential.getToken(scope);
    assert.equal(gate.seen.length, 2);
  });

  test('during the wait between two tries: none follows', { timeout: 10_000 }, async () => {
    const controller = new AbortController();
    const credential = credentialIn(gate.env());
    const pending = credential.getToken(scope, { abortSignal: controller.signal });
    const held = await gate.next();
    held.answer(429, '', { 'retry-after': '1' });
    await held.closed;
    controller.abort();
    await assert.rejects(pending, isAbort);
    // The next request is this one's own and no try that was left over.
    gate.plan(pass, pass);
    await credential.getToken(scope);
    assert.equal(gate.seen.length, 2);
  });

  test('after the token was given changes nothing', async () => {
    const controller = new AbortController();
    const credential = credentialIn(gate.env());
    gate.plan(pass);
    const { token } = await credential.getToken(scope, { abortSignal: controller.signal });
    controller.abort();
    assert.equal(typeof token, 'string');
    assert.equal((await credential.getToken(scope)).token === token, true);
  });

  test('of the claims of a challenge still forgets the refused token', { timeout: 10_000 }, async () => {
    const credential = credentialIn(gate.env());
    gate.plan(pass);
    const old = await credential.getToken(scope);
    const controller = new AbortController();
    const claims = '{"access_token":{"nbf":{"value":"1"}}}';
    const pending = credential.getToken(scope, { claims, abortSignal: controller.signal });
    const held = await gate.next();
    controller.abort();
    await assert.rejects(pending, isAbort);
    await held.closed;
    gate.plan(pass);
    assert.notEqual(short(await credential.getToken(scope)), short(old));
  });
});

describe('a signal that is not the platform’s', () => {
  test('aborts, and its listener is taken off afterwards', { timeout: 10_000 }, async () => {
    const signal = plainSignal();
    const pending = credentialIn(gate.env()).getToken(scope, { abortSignal: signal });
    const held = await gate.next();
    assert.equal(signal.listeners.size, 1);
    signal.abort();
    await assert.rejects(pending, isAbort);
    await held.closed;
  });

  test('is let go of when the call is over, in success and in failure', async () => {
    const credential = credentialIn(gate.env());
    for (const [act, settled] of [
      [(held) => held.answer(400, '{"error":"invalid_request"}'), 'rejected'],
      [pass, 'fulfilled'],
    ]) {
      const signal = plainSignal();
      gate.plan(act);
      const [{ status }] = await Promise.allSettled([credential.getToken(scope, { abortSignal: signal })]);
      assert.equal(status, settled);
      assert.equal(signal.listeners.size, 0);
    }
  });
});
