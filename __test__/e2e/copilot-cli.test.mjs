// GitHub Copilot CLI, offline and with nobody at the keyboard: an agent on a runner that reads a meeting through
// `npx @microsoft/workiq mcp`, signed in as an application. What its model received is what counts.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { finish, requireUs } from '../preload-support.mjs';
import { command as workiqAuthCommand } from '../support.mjs';
import { startTenant } from '../tenant/index.mjs';
import { HIDDEN, READ_TOOLS, SERVER, SHOWN, SPILL_BYTES, UNTRUSTED, WRITE_TOOLS } from './expected.mjs';
import { startModel } from './model.mjs';
import { DECISION, FETCH, fetchCall, PROMPT, reviewer, transcriptsOf } from './reviewer.mjs';
import {
  assertNoSecret,
  COPILOT,
  npxWorkiq,
  openSurroundings,
  script,
  suite,
  withoutCopilot,
} from './support.mjs';

/** Longest that an agent may take; a hang is then a failure. */
const TIMEOUT_MS = 120_000;

/** Longest that a call may take, by the configuration. */
const CALL_TIMEOUT_MS = 30_000;

suite('Copilot CLI', withoutCopilot(COPILOT), () => {
  let tenant;
  let surroundings;
  before(async () => {
    tenant = await startTenant();
    surroundings = await openSurroundings('copilot cli');
  });
  beforeEach(() => tenant.reset());
  after(async () => {
    await surroundings?.close();
    await tenant?.close();
  });

  /** The two ways to Microsoft's package under us. */
  const ways = {
    preload: (credential) => ({
      ...npxWorkiq,
      env: { ...tenant.env(credential), NODE_OPTIONS: requireUs },
    }),
    exec: (credential) => ({
      command: process.execPath,
      args: [workiqAuthCommand, 'exec', '--', npxWorkiq.command, ...npxWorkiq.args],
      env: tenant.env(credential),
    }),
  };

  /** Runs an agent whose model plays `play`; nothing is allowed to it but to call our tools. */
  async function runAgent(t, play, server) {
    const model = await startModel(play);
    const servers = { mcpServers: { [SERVER]: { type: 'local', tools: ['*'], ...server } } };
    const args = [
      ['--prompt', PROMPT],
      ['--silent'],
      [`--allow-tool=${SERVER}`],
      ['--additional-mcp-config', JSON.stringify(servers)],
      ['--log-level', 'all', '--log-dir', path.join(surroundings.home, 'logs')],
    ];
    const env = {
      ...surroundings.env,
      COPILOT_HOME: path.join(surroundings.home, '.copilot'),
      COPILOT_OFFLINE: 'true',
      COPILOT_AUTO_UPDATE: 'false',
      COPILOT_MODEL: 'scripted',
      COPILOT_PROVIDER_BASE_URL: model.url,
    };
    try {
      const child = spawn(process.execPath, [script(COPILOT, 'copilot'), ...args.flat()], {
        cwd: surroundings.project,
        env,
        signal: t.signal,
        stdio: 'pipe',
      });
      const result = await finish(child);
      assert.deepEqual(model.problems, []);
      assert.equal(result.code, 0, result.stderr);
      surroundings.assertLoopbackOnly();
      const received = model.requests.map((request) => JSON.stringify(request));
      const { written } = surroundings;
      assert.ok(
        written.some((text) => text.includes(FETCH)),
        'the log folder says nothing of our tool',
      );
      assertNoSecret(tenant, [...received, ...written, result.stdout, result.stderr]);
      return { ...result, ...model.last, first: model.requests[0] };
    } finally {
      await model.close();
    }
  }

  const prompted = (messages) => JSON.stringify(messages.filter((one) => one.role === 'user'));

  test('a certificate, and the preload: the agent finds what the pull request goes against', {
    timeout: TIMEOUT_MS,
  }, async (t) => {
    const meeting = tenant.data.meetings[0];
    const agent = await runAgent(t, reviewer(meeting), ways.preload('certificate'));
    assert.equal(agent.stdout.trim(), `No: ${DECISION}.`);
    assert.ok(prompted(agent.messages).includes('Offer orders over GraphQL'));

    const listed = new Map(agent.first.tools.map((tool) => [tool.function.name, tool.function]));
    for (const name of READ_TOOLS) {
      const tool = listed.get(`${SERVER}-${name}`);
      assert.ok(tool, `${name} among ${[...listed.keys()]}`);
      assert.ok(tool.description.length > 0);
      assert.equal(tool.parameters.type, 'object');
    }
    for (const name of WRITE_TOOLS) assert.ok(!listed.has(`${SERVER}-${name}`), name);
    const { properties, required } = listed.get(FETCH).parameters;
    assert.equal(properties.entityUrls.type, 'array');
    assert.deepEqual(required, ['entityUrls']);

    const [transcripts, content] = agent.results;
    assert.ok(transcripts.includes(meeting.transcripts[0].id));
    assert.ok(content.includes(DECISION) && content.includes('Grace Hopper'));
    for (const result of agent.results)
      assert.ok(Buffer.byteLength(result) <= SPILL_BYTES, 'it would be cut');
    assert.equal(tenant.tokenRequests.length, 1);
  });

  test('a federated token, and workiq-auth exec, while Graph is slow', { timeout: TIMEOUT_MS }, async (t) => {
    const slow = tenant.fail({ at: 'graph', delayMs: 1200, times: 2 });
    const server = { ...ways.exec('token-file'), timeout: CALL_TIMEOUT_MS };
    const { stdout } = await runAgent(t, reviewer(tenant.data.meetings[0]), server);
    assert.equal(stdout.trim(), `No: ${DECISION}.`);
    assert.equal(slow.hits, 2);
    assert.equal(tenant.tokenRequests.length, 1);
  });

  test('Graph throttles, and the answer still comes in time', {
    timeout: TIMEOUT_MS,
  }, async (t) => {
    const throttled = tenant.fail({ at: 'graph', match: '/content', throttle: 1, times: 2 });
    const server = { ...ways.preload('certificate'), timeout: CALL_TIMEOUT_MS };
    const { stdout } = await runAgent(t, reviewer(tenant.data.meetings[0]), server);
    assert.equal(throttled.hits, 2);
    assert.equal(stdout.trim(), `No: ${DECISION}.`);
  });

  test('the agent finds its way: a path, and what it gives', { timeout: TIMEOUT_MS }, async (t) => {
    const [search, schema] = ['search_paths', 'get_schema'].map((name) => `${SERVER}-${name}`);
    const play = (turn, { results }) => {
      if (turn === 0) return { calls: [{ name: search, arguments: { filter: '/users/{id}/mess' } }] };
      if (turn > 1) return { text: results[1] };
      const path = /"path":"(\/users\/[^"]+)"/.exec(results[0])?.[1] ?? '/none-was-found';
      return { calls: [{ name: schema, arguments: { path, format: 'typescript' } }] };
    };
    const { stdout, results } = await runAgent(t, play, ways.preload('certificate'));
    assert.match(results[0], /"permitted":\["fetch"\]/);
    assert.match(stdout, /export interface Message \{/);
    for (const result of results) assert.ok(Buffer.byteLength(result) <= SPILL_BYTES, 'it would be cut');
  });

  test('what Graph refuses, the model is told, and the agent goes on', { timeout: TIMEOUT_MS }, async (t) => {
    const play = (turn, { results }) =>
      turn === 0
        ? { calls: [fetchCall('/users', '/users/ada@contoso.com/messages?$top=1')] }
        : { text: results[0] };
    const { stdout } = await runAgent(t, play, ways.preload('certificate'));
    assert.match(stdout, /403/);
    assert.match(stdout, /Authorization_RequestDenied/);
    assert.match(stdout, /User\.ReadBasic\.All/);
    assert.match(stdout, /"subject"/);
  });

  test('what a guest slipped into a transcript is shown for what it is', {
    timeout: TIMEOUT_MS,
  }, async (t) => {
    const meeting = tenant.data.meetings.find((one) => one.key === 'release');
    const path = `${transcriptsOf(meeting)}/${encodeURIComponent(meeting.transcripts[0].id)}/content?$format=text/vtt`;
    const play = (turn) => (turn === 0 ? { calls: [fetchCall(path)] } : { text: 'done' });
    const { results } = await runAgent(t, play, ways.preload('certificate'));
    assert.match(results[0], /record that the budget was approved/);
    assert.doesNotMatch(results[0], HIDDEN);
    assert.match(results[0], SHOWN);
    assert.match(results[0], UNTRUSTED.words);
  });
});
