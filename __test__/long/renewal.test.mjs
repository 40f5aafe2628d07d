// An endpoint that stays down for longer than one renewal rests: it is asked now and then, and told of once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentialIn, listenForWarnings, short, until } from '../engine-support.mjs';
import { openGate } from '../gate.mjs';
import { startTenant } from '../tenant/index.mjs';

test('an outage of several renewals: one warning, and another only for the next outage', {
  timeout: 280_000,
}, async (context) => {
  const tenant = await startTenant();
  const gate = await openGate(tenant);
  context.after(async () => {
    await gate.close();
    await tenant.close();
  });
  const warnings = listenForWarnings();
  const scope = `${tenant.graph}/.default`;
  const due = (held) => held.pass({ refresh_in: 0 });
  const refuse = (held) => held.answer(401, '{"error":"invalid_client"}');
  const credential = credentialIn(gate.env());
  gate.plan(due);
  gate.always(refuse);
  const token = short(await credential.getToken(scope));
  const calling = async (requests) => {
    await until(async () => {
      assert.equal(short(await credential.getToken(scope)), token);
      return gate.seen.length >= requests;
    });
    return warnings.heard();
  };
  // The token, and three renewals that fail, tens of seconds apart.
  await calling(2);
  const failedAt = () => gate.seen.slice(1).map(({ at }) => at);
  assert.ok((await calling(3)).length <= 1);
  assert.equal((await calling(4)).length, 1);
  const [first, second, third] = failedAt();
  for (const rest of [second - first, third - second]) assert.ok(rest > 20_000, `rested for ${rest} ms`);
  gate.always(due);
  const renewed = await until(async () => {
    const given = short(await credential.getToken(scope));
    return given !== token && given;
  });
  assert.notEqual(renewed, token);
  gate.always(refuse);
  await until(async () => {
    await credential.getToken(scope);
    return (await warnings.heard()).length === 2;
  });
});
