// A token that is due: everybody gets the one that is there, and one request in the background brings the next.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { credentialIn, listenForWarnings, many, program, short, until } from './engine-support.mjs';
import { openGate } from './gate.mjs';
import { startTenant } from './tenant/index.mjs';

const CALLERS = 100;
const due = (held) => held.pass({ refresh_in: 0 });
const warnings = listenForWarnings();

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
  warnings.clear();
});
after(async () => {
  await gate.close();
  await tenant.close();
});

/** Each distinct token that `CALLERS` callers at a time are given. */
async function tokensOfMany(credential) {
  const given = await many(CALLERS, () => credential.getToken(scope));
  return [...new Set(given.map(short))];
}

describe('renewal ahead of time', () => {
  test('waits until the time that the endpoint named, and not at all in a caller', {
    timeout: 20_000,
  }, async () => {
    const credential = credentialIn(gate.env());
    gate.plan((held) => held.pass({ refresh_in: 1 }));
    const old = await credential.getToken(scope);
    assert.ok(old.refreshAfterTimestamp > Date.now() && old.refreshAfterTimestamp < old.expiresOnTimestamp);
    const renewal = gate.next();
    let arrived = false;
    renewal.then(() => (arrived = true));
    await until(async () => {
      assert.equal(short(await credential.getToken(scope)), short(old));
      return arrived;
    });
    assert.ok(Date.now() >= old.refreshAfterTimestamp - 1, 'renewed before its time');
    // The request is held, and nobody is: these calls end with the token that is there.
    assert.deepEqual(await tokensOfMany(credential), [short(old)]);
    assert.deepEqual(await tokensOfMany(credential), [short(old)]);
    assert.equal(gate.seen.length, 2);
    await (await renewal).pass();
    const renewed = await until(async () => {
      const token = short(await credential.getToken(scope));
      return token !== short(old) && token;
    });
    assert.deepEqual(await tokensOfMany(credential), [renewed]);
    assert.equal(gate.seen.length, 2);
    assert.deepEqual(await warnings.heard(), []);
  });

  test('is one request for 100 callers who come at the moment it is due', { timeout: 20_000 }, async () => {
    const credential = credentialIn(gate.env());
    gate.plan(due);
    const old = await credential.getToken(scope);
    assert.deepEqual(await tokensOfMany(credential), [short(old)]);
    const renewal = await gate.next();
    assert.equal(gate.seen.length, 2);
    await renewal.pass();
    await until(async () => short(await credential.getToken(scope)) !== short(old));
    assert.equal(gate.seen.length, 2);
  });

  test('does not keep a process alive', { timeout: 15_000 }, async () => {
    gate.plan(due);
    const ended = program(
      `(async () => {
        const credential = createCredential();
        const { token } = await credential.getToken('${scope}');
        // This call begins the renewal, which hangs.
        if ((await credential.getToken('${scope}')).token !== token) process.exitCode = 9;
      })();`,
      gate.env(),
    );
    // The process may be over before its request is read: what counts is that nothing answered it.
    const { code, signal, err } = await ended;
    assert.deepEqual({ code, signal, err }, { code: 0, signal: null, err: '' });
    assert.ok(gate.seen.length <= 2);
  });

  test('does not keep a process alive that waited to see it begin', { timeout: 15_000 }, async () => {
    gate.plan(due);
    const ended = program(
      `(async () => {
        const credential = createCredential();
        await credential.getToken('${scope}');
        await credential.getToken('${scope}');
        process.stdin.once('data', () => process.stdin.destroy());
      })();`,
      gate.env(),
      {
        onSpawn: (child) =>
          gate.next().then((held) => {
            assert.equal(held.open, true);
            child.stdin.end('the request is there\n');
          }),
      },
    );
    const { code, signal, err } = await ended;
    assert.deepEqual({ code, signal, err }, { code: 0, signal: null, err: '' });
    assert.equal(gate.seen.length, 2);
    await gate.seen[1].closed;
  });
});

describe('an endpoint that is down while the token is good', () => {
  const unavailable = (held) => held.answer(503, 'Service Unavailable');
  const cases = [
    ['resets', (held) => held.reset(), 4, {}],
    ['answers 503', unavailable, 4, {}],
    ['answers 503 with Retry-After', (held) => held.answer(503, '', { 'retry-after': '3600' }), 1, {}],
    ['hangs', () => {}, 1, { timeoutMs: 700 }],
    ['refuses the credential', (held) => held.answer(401, '{"error":"invalid_client"}'), 1, {}],
  ];
  for (const [title, act, requests, options] of cases) {
    test(`${title}: no caller fails, one warning, ${requests} of requests`, { timeout: 20_000 }, async () => {
      const credential = credentialIn(gate.env(), options);
      gate.plan(due, ...Array(50).fill(act));
      const token = short(await credential.getToken(scope));
      await until(async () => {
        assert.deepEqual(await tokensOfMany(credential), [token]);
        return (await warnings.heard()).length > 0;
      });
      // It stays down, and is left in peace: neither requests nor warnings follow.
      for (let round = 0; round < 20; round += 1) {
        assert.deepEqual(await tokensOfMany(credential), [token]);
      }
      assert.equal(gate.seen.length, 1 + requests);
      const [warning, ...more] = await warnings.heard();
      assert.match(warning, /could not be renewed/);
      assert.deepEqual(more, []);
    });
  }
});
