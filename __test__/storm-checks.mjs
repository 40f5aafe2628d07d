// What must hold in any storm, however long.

import assert from 'node:assert/strict';

/** How late a caller may hear of its deadline on a machine that does other things too. */
const GRACE_MS = 3000;

/** Every way in which a call may end against the endpoint of storm.mjs. */
const OUTCOMES = [
  'a token',
  'aborted',
  'invalid_client',
  'invalid_scope',
  'network_error',
  'temporarily_unavailable',
  'throttled',
  'timeout',
  'unexpected_response',
];

/**
 * @param {object} report of storm.mjs
 * @param {{calls: number, keys: number}} plan
 */
export function assertWeathered(report, { calls, keys }) {
  const { outcomes, violations, examples, latest, requests, sockets } = report;
  const ended = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  assert.equal(ended, calls, 'every call ends');
  assert.deepEqual(
    Object.keys(outcomes).filter((outcome) => !OUTCOMES.includes(outcome)),
    [],
    'each in a way that is known',
  );
  assert.deepEqual([violations, examples], [0, []], 'no token that should not have been given');
  assert.ok(latest < GRACE_MS, `a caller waited ${Math.round(latest)} ms past its deadline`);
  assert.equal(report.unhandled, 0, 'no rejection is unhandled');
  assert.equal(report.warnings, 0, 'Node has nothing to warn of');
  assert.equal(report.err, '', 'nothing is printed');
  assert.ok(requests <= 4 * calls, `${requests} requests for ${calls} calls`);
  // One request for each key at a time, one more where a challenge has overtaken it, and some that are being closed.
  assert.ok(sockets.most <= 3 * keys, `${sockets.most} connections for ${keys} keys`);
}
