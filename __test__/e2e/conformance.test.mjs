// The official conformance suite of MCP, in both eras, over a bridge in front of the real server. The suite is given the
// list of scenarios that do not apply, and fails if another one fails or if one of these passes.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { command, plain } from '../support.mjs';
import { startTenant } from '../tenant/index.mjs';
import { openBridge } from './bridge.mjs';
import { APPLICABLE, NOT_APPLICABLE, PARTLY } from './conformance-scope.mjs';
import { openSurroundings, runTool, suite, withoutTool } from './support.mjs';

const SUITE = '@modelcontextprotocol/conformance';
const TIMEOUT_MS = 120_000;

suite('MCP conformance', withoutTool(SUITE), () => {
  let tenant;
  let surroundings;
  let bridge;
  before(async () => {
    tenant = await startTenant();
    surroundings = await openSurroundings('conformance');
    const env = { ...plain, ...tenant.env('certificate') };
    bridge = await openBridge({ command: process.execPath, args: [command, 'mcp'], env });
  });
  after(async () => {
    await bridge?.close();
    await surroundings?.close();
    await tenant?.close();
  });

  /** Runs the scenarios of an era; gives the suite's own verdict, and all checks by scenario. */
  async function runSuite(t, era) {
    const [baseline, results] = ['yml', 'results'].map((end) =>
      path.join(surroundings.temp, `${era}.${end}`),
    );
    const names = Object.values(NOT_APPLICABLE).flat();
    writeFileSync(baseline, `server:\n${names.map((name) => `  - ${name}\n`).join('')}`);
    const args = [
      ['server', '--url', bridge.url, '--suite', 'all', '--spec-version', era],
      ['--expected-failures', baseline, '--output-dir', results],
    ];
    const env = { ...surroundings.env, NO_COLOR: '1' };
    const suite = await runTool(SUITE, 'conformance', args.flat(), {
      env,
      cwd: surroundings.project,
      signal: t.signal,
    });
    surroundings.assertLoopbackOnly();
    const scenarios = new Map();
    for (const folder of readdirSync(results)) {
      const name = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(folder)[1];
      scenarios.set(name, JSON.parse(readFileSync(path.join(results, folder, 'checks.json'), 'utf8')));
    }
    return { ...suite, scenarios };
  }

  const having = (checks, status) => [
    ...new Set(checks.filter((one) => one.status === status).map((one) => one.id)),
  ];

  for (const [era, applicable] of Object.entries(APPLICABLE)) {
    test(era, { timeout: TIMEOUT_MS }, async (t) => {
      const { code, stdout, stderr, scenarios } = await runSuite(t, era);
      const verdict = stdout.slice(stdout.indexOf('=== SUMMARY ==='));
      assert.equal(code, 0, `${verdict}\n${stderr}`);
      for (const name of applicable) {
        assert.ok(having(scenarios.get(name) ?? [], 'SUCCESS').length > 0, `${name} did not run`);
        assert.deepEqual(having(scenarios.get(name), 'FAILURE'), [], name);
      }
      for (const [name, { passes, fails }] of Object.entries(PARTLY)) {
        const checks = scenarios.get(name);
        if (!checks && era !== '2026-07-28') continue;
        assert.deepEqual(having(checks, 'FAILURE').sort(), Object.keys(fails).sort(), name);
        const passed = having(checks, 'SUCCESS');
        for (const id of passes) assert.ok(passed.includes(id), `${name}: ${id}`);
      }
    });
  }
});
