// GitHub Copilot SDK, offline: a program with an agent in it, which gets our server by `mcpServer()` or runs Microsoft's
// package under us. What its model received is what counts.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { requireUs } from '../preload-support.mjs';
import { startTenant } from '../tenant/index.mjs';
import { READ_TOOLS, SERVER, WRITE_TOOLS } from './expected.mjs';
import { startModel } from './model.mjs';
import { DECISION, FETCH, PROMPT, reviewer } from './reviewer.mjs';
import {
  assertNoSecret,
  COPILOT,
  npxWorkiq,
  openSurroundings,
  script,
  suite,
  withoutCopilot,
  workiqAuth,
} from './support.mjs';

const SDK = '@github/copilot-sdk';

/** Longest that an agent may take; a hang is then a failure. */
const TIMEOUT_MS = 120_000;

/** The entry that `mcpServer()` makes of an environment, as a program has it. */
function mcpServerIn(env) {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return workiqAuth.mcpServer();
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

suite('Copilot SDK', withoutCopilot(SDK), () => {
  let sdk;
  let tenant;
  let surroundings;
  before(async () => {
    sdk = await import(SDK);
    tenant = await startTenant();
    surroundings = await openSurroundings('copilot sdk');
  });
  beforeEach(() => tenant.reset());
  after(async () => {
    await surroundings?.close();
    await tenant?.close();
  });

  /**
   * Runs a session whose model plays `play`.
   *
   * @param {(turn: number, asked: object) => object} play
   * @param {object} server the entry in `mcpServers`
   */
  async function runSession(play, server) {
    const model = await startModel(play);
    const events = [];
    const permissions = [];
    let client;
    try {
      client = new sdk.CopilotClient({
        connection: sdk.RuntimeConnection.forStdio({ path: script(COPILOT, 'copilot') }),
        env: {
          ...surroundings.env,
          COPILOT_OFFLINE: 'true',
          COPILOT_MODEL: 'scripted',
          COPILOT_PROVIDER_BASE_URL: model.url,
        },
        baseDirectory: path.join(surroundings.home, '.copilot'),
        workingDirectory: surroundings.project,
        useLoggedInUser: false,
        logLevel: 'all',
      });
      await client.start();
      const session = await client.createSession({
        model: 'scripted',
        provider: { type: 'openai', wireApi: 'completions', baseUrl: model.url },
        mcpServers: { [SERVER]: server },
        workingDirectory: surroundings.project,
        onPermissionRequest: (request) => {
          permissions.push(request);
          return { kind: 'reject' };
        },
      });
      session.on((event) => events.push(event));
      const answer = await session.sendAndWait({ prompt: PROMPT }, TIMEOUT_MS);
      await session.disconnect();
      assert.deepEqual(model.problems, []);
      surroundings.assertLoopbackOnly();
      const received = model.requests.map((request) => JSON.stringify(request));
      const told = events.map((event) => JSON.stringify(event));
      assertNoSecret(tenant, [...received, ...told, ...surroundings.written]);
      const of = (type) => events.filter((event) => event.type === type).map((event) => event.data);
      return { answer: answer?.data.content, permissions, of, ...model.last };
    } finally {
      await client?.stop();
      await model.close();
    }
  }

  test('mcpServer(), and a federated token: the agent finds what the pull request goes against', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const meeting = tenant.data.meetings[0];
    const server = mcpServerIn(tenant.env('token-file'));
    const agent = await runSession(reviewer(meeting), server);
    assert.equal(agent.answer, `No: ${DECISION}.`);
    assert.ok(agent.results[1].includes(DECISION));

    const listed = agent.tools.map((tool) => tool.function.name);
    for (const name of READ_TOOLS) assert.ok(listed.includes(`${SERVER}-${name}`), `${name} among ${listed}`);
    for (const name of WRITE_TOOLS) assert.ok(!listed.includes(`${SERVER}-${name}`), name);

    // Nobody was asked, and nothing failed: the tool says of itself that it only reads.
    assert.deepEqual(agent.permissions, []);
    assert.deepEqual(
      agent.of('tool.execution_complete').map((one) => one.success),
      [true, true],
    );
    assert.equal(tenant.tokenRequests.length, 1);
  });

  test('npx @microsoft/workiq under the preload, while Graph is slow', { timeout: TIMEOUT_MS }, async () => {
    const meeting = tenant.data.meetings[0];
    // Longer than a call goes on in silence.
    const slow = tenant.fail({ at: 'graph', delayMs: 2600, times: 2 });
    const env = { ...tenant.env('certificate'), NODE_OPTIONS: requireUs };
    const server = { type: 'local', tools: ['*'], timeout: 30_000, ...npxWorkiq, env };
    const agent = await runSession(reviewer(meeting), server);
    assert.equal(agent.answer, `No: ${DECISION}.`);
    assert.equal(slow.hits, 2);
    assert.deepEqual(
      agent.of('tool.execution_start').map((one) => one.toolName),
      [FETCH, FETCH],
    );
    const progress = agent.of('tool.execution_progress').map((one) => one.progressMessage);
    assert.ok(progress.length >= 2);
    for (const message of progress) assert.match(message, /asking Microsoft Graph/);
  });
});
