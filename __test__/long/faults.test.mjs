// The long storm: tens of thousands of calls over an endpoint that fails in every way, without a wrong token, a hang or
// a leak.
// By itself: WORKIQ_TEST_SEED=<seed> node --test __test__/long/faults.test.mjs

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { seedOf } from '../random.mjs';
import { runStorm } from '../storm.mjs';
import { assertWeathered } from '../storm-checks.mjs';

const CALLS = 30_000;
/** Until then pools, arenas and the heap of JavaScript find their size. */
const WARM = 10_000;
const MOST_GROWTH = 8 << 20;
const plan = { calls: CALLS, checkpoints: [WARM], credentials: 12, scopes: 6, concurrency: 150 };

test('30,000 calls over an endpoint that fails at random', { timeout: 280_000 }, async (context) => {
  const seed = seedOf(randomInt(2 ** 32));
  context.diagnostic(`WORKIQ_TEST_SEED=${seed}`);
  const report = await runStorm({ ...plan, seed });
  context.diagnostic(JSON.stringify({ ...report.outcomes, requests: report.requests }));
  context.diagnostic(JSON.stringify(report.points));
  assertWeathered(report, { calls: CALLS, keys: 72 });
  for (const [name, count] of Object.entries(report.asked)) assert.ok(count > 0, `${name} was never drawn`);
  const [warm, end] = report.points;
  assert.equal(end.calls, CALLS);
  const grown = end.rss - warm.rss;
  assert.ok(grown < MOST_GROWTH, `grew by ${Math.round(grown / 1024)} KiB over ${CALLS - WARM} calls`);
  assert.ok(end.heap - warm.heap < 2 << 20, 'the heap of JavaScript does not grow');
  assert.ok(end.descriptors <= warm.descriptors + plan.credentials * 2, 'descriptors are closed');
});
