// The MCP Inspector's command line, in both eras of the protocol, against Microsoft's package under the preload: what it
// lists is portable (`--strict`), and what it calls answers.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { requireUs } from '../preload-support.mjs';
import { startTenant } from '../tenant/index.mjs';
import { READ_TOOLS, SCHEMA_WARNINGS, UNTRUSTED, WRITE_TOOLS } from './expected.mjs';
import { npxWorkiq, openSurroundings, runTool, suite, withoutTool } from './support.mjs';

const INSPECTOR = '@modelcontextprotocol/inspector';
const TIMEOUT_MS = 60_000;

/** Up to 2025-11-25 with `initialize`; 2026-07-28 with `server/discover`; and whichever there is. */
const ERAS = ['legacy', 'modern', 'auto'];

const MAIL = '/users/ada@contoso.com/messages?$top=1&$select=subject';

suite('MCP Inspector', withoutTool(INSPECTOR), () => {
  let tenant;
  let surroundings;
  before(async () => {
    tenant = await startTenant();
    surroundings = await openSurroundings('inspector');
  });
  beforeEach(() => tenant.reset());
  after(async () => {
    await surroundings?.close();
    await tenant?.close();
  });

  /** What the Inspector says, and its exit code. */
  async function inspect(t, era, ...method) {
    const variables = { ...surroundings.env, ...tenant.env('certificate'), NODE_OPTIONS: requireUs };
    const args = [
      ['--cli', '--protocol-era', era, '--format', 'json'],
      method,
      Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
      [npxWorkiq.command, ...npxWorkiq.args],
    ];
    const result = await runTool(INSPECTOR, 'mcp-inspector', args.flat(), {
      env: surroundings.env,
      cwd: surroundings.project,
      signal: t.signal,
    });
    assert.notEqual(result.stdout, '', result.stderr);
    surroundings.assertLoopbackOnly();
    return { ...result, ...JSON.parse(result.stdout) };
  }

  const call = (...entityUrls) => [
    ['--method', 'tools/call', '--tool-name', 'fetch'],
    ['--tool-args-json', JSON.stringify({ entityUrls })],
  ];

  for (const era of ERAS) {
    test(`${era}: every tool's schemas are portable`, { timeout: TIMEOUT_MS }, async (t) => {
      const { code, result, schemaFindings, stderr } = await inspect(
        t,
        era,
        '--method',
        'tools/list',
        '--strict',
      );
      assert.equal(code, 0, stderr);
      const findings = (schemaFindings ?? []).flatMap((tool) => tool.findings);
      const unmeant = findings.filter((one) => one.severity === 'error' || !(one.rule in SCHEMA_WARNINGS));
      assert.deepEqual(unmeant, []);

      const names = result.tools.map((tool) => tool.name);
      for (const name of READ_TOOLS) assert.ok(names.includes(name), `${name} among ${names}`);
      for (const name of WRITE_TOOLS) assert.ok(!names.includes(name), name);
      for (const tool of result.tools) {
        assert.ok(tool.title && tool.description, tool.name);
        assert.equal(typeof tool.annotations.readOnlyHint, 'boolean', tool.name);
      }
    });

    test(`${era}: fetch answers`, { timeout: TIMEOUT_MS }, async (t) => {
      const { code, result, stderr } = await inspect(t, era, ...call(MAIL).flat());
      assert.equal(code, 0, stderr);
      assert.ok(!result.isError);
      const [mail] = result.structuredContent.results;
      assert.equal(mail.statusCode, 200);
      assert.ok(mail.data.value[0].subject.length > 0);
      assert.equal(tenant.tokenRequests.length, 1);
    });
  }

  test('a call that failed is one', { timeout: TIMEOUT_MS }, async (t) => {
    const { code, result } = await inspect(t, 'modern', ...call('/users').flat());
    assert.equal(code, 5);
    assert.equal(result.isError, true);
    assert.equal(result.structuredContent.results[0].statusCode, 403);
  });

  test('what strangers wrote is marked', { timeout: TIMEOUT_MS }, async (t) => {
    const { result } = await inspect(t, 'modern', ...call(MAIL).flat());
    assert.equal(result._meta[UNTRUSTED.meta], true);
  });
});
