// A short storm: a few hundred calls over an endpoint that fails in every way. long/faults.test.mjs has the long one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedOf } from './random.mjs';
import { runStorm } from './storm.mjs';
import { assertWeathered } from './storm-checks.mjs';

test('300 calls over an endpoint that fails at random', { timeout: 60_000 }, async (context) => {
  const seed = seedOf(1);
  context.diagnostic(`WORKIQ_TEST_SEED=${seed}`);
  const plan = { calls: 300, seed, checkpoints: [], credentials: 6, scopes: 3, concurrency: 50 };
  const report = await runStorm(plan);
  context.diagnostic(JSON.stringify(report.outcomes));
  assertWeathered(report, { calls: 300, keys: 18 });
  assert.ok(report.outcomes['a token'] > 50, 'the endpoint is not only down');
  const used = Object.values(report.asked).filter((count) => count > 0);
  assert.ok(used.length >= 10, `only ${used.length} kinds of answer were drawn`);
});
