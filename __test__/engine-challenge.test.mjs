// Claims challenges: what is declared, what is asked for, and that a token which was refused never comes back.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { credentialIn, many, short } from './engine-support.mjs';
import { openGate } from './gate.mjs';
import { startTenant } from './tenant/index.mjs';

const OTHER = 'https://graph.microsoft.us/.default';
const GRAPH_BY_ID = '00000003-0000-0000-c000-000000000000/.default';
const CP1 = { values: ['cp1'] };
const challenge = (value) => `{"access_token":{"nbf":{"essential":true,"value":"${value}"}}}`;

let tenant;
let gate;
let scope;
before(async () => {
  tenant = await startTenant({ hosts: ['graph.microsoft.us'] });
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

const claimsOf = ({ form }) => (form.claims === undefined ? undefined : JSON.parse(form.claims));
const refuse = (held) => held.answer(400, '{"error":"invalid_grant","error_codes":[50196]}');
const pass = (held) => held.pass();

describe('what is declared', () => {
  test("is cp1 for Graph's own scope, and nothing for another resource", async () => {
    const credential = credentialIn(tenant.env());
    await credential.getToken(scope);
    await credential.getToken(OTHER);
    await assert.rejects(credential.getToken('https://fabrikam.example/.default'), { aadsts: 500011 });
    await assert.rejects(credential.getToken(GRAPH_BY_ID), { aadsts: 500011 });
    assert.deepEqual(tenant.tokenRequests.map(claimsOf), [
      { access_token: { xms_cc: CP1 } },
      undefined,
      undefined,
      { access_token: { xms_cc: CP1 } },
    ]);
  });

  const cases = [
    [
      'of an access token',
      challenge(1),
      { access_token: { nbf: { essential: true, value: '1' }, xms_cc: CP1 } },
    ],
    [
      'of something else beside it',
      '{"id_token":{"auth_time":null},"access_token":null}',
      { id_token: { auth_time: null }, access_token: { xms_cc: CP1 } },
    ],
    [
      'that names capabilities itself',
      '{"access_token":{"xms_cc":{"values":["other"]}}}',
      { access_token: { xms_cc: { values: ['other'] } } },
    ],
  ];
  for (const [title, claims, merged] of cases) {
    test(`is put beside a challenge ${title}`, async () => {
      const credential = credentialIn(tenant.env());
      await credential.getToken(scope, { claims });
      await credential.getToken(OTHER, { claims });
      assert.deepEqual(tenant.tokenRequests.map(claimsOf), [merged, JSON.parse(claims)]);
    });
  }

  for (const claims of ['eyJhY2Nlc3NfdG9rZW4iOnt9fQ==', '[]', '{']) {
    test(`refuses what is no object of JSON: ${claims}`, async () => {
      const outcome = credentialIn(tenant.env()).getToken(scope, { claims });
      await assert.rejects(outcome, { code: 'invalid_claims', retryable: false });
      assert.equal(tenant.requests.length, 0);
    });
  }
});

describe('a challenge', () => {
  test('of many callers is one request, and another challenge is another', async () => {
    const credential = credentialIn(gate.env());
    gate.plan(pass);
    const old = await credential.getToken(scope);
    const first = many(50, () => credential.getToken(scope, { claims: challenge(1) }));
    const held = await gate.next();
    const second = credential.getToken(scope, { claims: challenge(2) });
    const other = await gate.next();
    await Promise.all([held.pass(), other.pass()]);
    const tokens = new Set((await first).map(short));
    assert.equal(tokens.size, 1);
    assert.ok(!tokens.has(short(old)));
    assert.ok(!tokens.has(short(await second)));
    assert.equal(gate.seen.length, 3);
  });

  test('makes plain callers wait for the new token', async () => {
    const credential = credentialIn(gate.env());
    gate.plan(pass);
    await credential.getToken(scope);
    const challenged = credential.getToken(scope, { claims: challenge(1) });
    const held = await gate.next();
    const plain = many(50, () => credential.getToken(scope));
    await held.pass();
    const token = short(await challenged);
    assert.deepEqual([...new Set((await plain).map(short))], [token]);
    assert.equal(short(await credential.getToken(scope)), token);
    assert.equal(gate.seen.length, 2);
  });

  for (const [title, act, code] of [
    ['succeeds', pass, undefined],
    ['is refused', refuse, 'invalid_grant'],
    ['breaks', (held) => held.reset(), 'network_error'],
  ]) {
    test(`that ${title}: the old token never comes back`, async () => {
      const credential = credentialIn(gate.env(), { timeoutMs: 400 });
      gate.plan(pass);
      const old = await credential.getToken(scope);
      gate.plan(...Array(4).fill(act));
      const [{ reason }] = await Promise.allSettled([credential.getToken(scope, { claims: challenge(1) })]);
      assert.equal(reason?.code, code);
      gate.plan(pass);
      for (const given of await many(20, () => credential.getToken(scope))) {
        assert.notEqual(short(given), short(old));
      }
    });
  }

  test('is heard before a caller that comes right behind it', { timeout: 30_000 }, async () => {
    const credential = credentialIn(tenant.env());
    // Which of two threads is first is left to chance, so there are many rounds.
    for (let round = 0; round < 200; round += 1) {
      const old = await credential.getToken(scope);
      const challenged = credential.getToken(scope, { claims: challenge(round) });
      const behind = credential.getToken(scope);
      const renewed = await challenged;
      assert.notEqual(short(await behind), short(old), `round ${round}`);
      assert.equal(short(await credential.getToken(scope)), short(renewed), `round ${round}`);
    }
  });

  test('in the middle of a renewal: what the renewal brings is not handed out', async () => {
    const credential = credentialIn(gate.env());
    gate.plan((held) => held.pass({ refresh_in: 0 }));
    const old = await credential.getToken(scope);
    await credential.getToken(scope);
    const renewal = await gate.next();
    const challenged = credential.getToken(scope, { claims: challenge(1) });
    const asked = await gate.next();
    assert.match(asked.form.claims, /"nbf"/);
    const late = await tenant.mintToken();
    renewal.grant(late);
    await renewal.closed;
    await asked.pass();
    const token = short(await challenged);
    assert.notEqual(token, short(old));
    for (const given of await many(20, () => credential.getToken(scope))) assert.equal(short(given), token);
    assert.equal(gate.seen.length, 3);
  });
});
