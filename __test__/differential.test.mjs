// This package beside @azure/msal-node: the same answers of the same endpoint, and what each makes of them.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { before, describe, test } from 'node:test';
import { differences, judge, tabulate } from './differential/differences.mjs';
import { render } from './differential/render.mjs';
import { runScenarios } from './differential/run.mjs';
import { families, scenarios } from './differential/scenarios.mjs';

const FILE = new URL('differential/DIFFERENCES.md', import.meta.url);
const { version } = createRequire(import.meta.url)('@azure/msal-node/package.json');

/** @type {Map<string, {ours: string, msal: string}>} */
let outcomes;
before(async () => {
  outcomes = await runScenarios(scenarios);
});

for (const [family, list] of Object.entries(families)) {
  describe(family, () => {
    for (const { name } of list) {
      test(name, () => {
        const problem = judge(outcomes.get(name), differences.get(name));
        if (problem) assert.fail(problem);
      });
    }
  });
}

test('there are a hundred scenarios and more, each with a name of its own, and no difference without one', () => {
  const names = new Set(scenarios.map(({ name }) => name));
  assert.equal(names.size, scenarios.length);
  assert.ok(names.size >= 100);
  assert.deepEqual(
    [...differences.keys()].filter((name) => !names.has(name)),
    [],
  );
});

test('DIFFERENCES.md is what comes of the table and of msal-node', () => {
  const rendered = render(families, differences, outcomes, version);
  if (process.env.UPDATE_DIFFERENCES) writeFileSync(FILE, rendered);
  assert.equal(readFileSync(FILE, 'utf8'), rendered, 'run it with UPDATE_DIFFERENCES=1');
});

describe('the judge', () => {
  const listed = { ours: 'A', msal: 'B' };

  test('passes what is alike and not listed, and what differs as listed', () => {
    assert.equal(judge({ ours: 'A', msal: 'A' }), undefined);
    assert.equal(judge({ ours: 'A', msal: 'B' }, listed), undefined);
  });

  test('fails a difference that is not listed, that is gone, and that is another', () => {
    assert.match(judge({ ours: 'A', msal: 'B' }), /not listed/);
    assert.match(judge({ ours: 'B', msal: 'B' }, listed), /is gone/);
    assert.match(judge({ ours: 'C', msal: 'B' }, listed), /^ours:/);
    assert.match(judge({ ours: 'A', msal: 'C' }, listed), /^msal-node:/);
  });

  test('takes no table that is careless', () => {
    const group = (cases, right = 'ours') => ({ right, why: 'so it is', cases });
    assert.throws(() => tabulate([group({ x: ['A', 'A'] })]), /no difference/);
    assert.throws(() => tabulate([group({ x: ['A', 'B'] }), group({ x: ['A', 'C'] })]), /twice/);
    assert.throws(() => tabulate([group({ x: ['A', 'B'] }, 'nobody')]), /right/);
  });
});
