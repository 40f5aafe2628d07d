// A real agent, on the Copilot SDK offline, that a transcript has deceived and a person who agrees to everything: its
// program runs under `workiq-auth exec`, which alone holds a secret and the job's right to ask for a token.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  addressOf,
  attempts,
  boundaryFor,
  DECISION,
  PRYING,
  PRYING_FAR,
  plant,
  poisoned,
} from '../hostile/attempts.mjs';
import { finish } from '../preload-support.mjs';
import { findSecrets } from '../secrets-support.mjs';
import { auditLines, command } from '../support.mjs';
import { startTenant } from '../tenant/index.mjs';
import { SERVER } from './expected.mjs';
import { fetchCall, transcriptsOf } from './reviewer.mjs';
import { COPILOT, openSurroundings, script, suite, withoutCopilot } from './support.mjs';

const AGENT = fileURLToPath(new URL('children/agent.mjs', import.meta.url));
const TIMEOUT_MS = 120_000;

/** The SDK's shell has another name on Windows, and takes another language. */
const noBash = process.platform === 'win32' && 'what the agent runs is for bash';

suite('A hostile agent on the Copilot SDK', noBash || withoutCopilot('@github/copilot-sdk'), () => {
  let tenant;
  let surroundings;
  let elsewhere;
  const reached = [];
  before(async () => {
    tenant = await startTenant({ roles: 'all' });
    surroundings = await openSurroundings('hostile agent');
    elsewhere = createServer((socket) => {
      reached.push('a connection');
      socket.destroy();
    });
    await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    await surroundings?.close();
    await tenant?.close();
    await new Promise((resolve) => elsewhere.close(resolve));
  });

  test('fails in all that it tries, is written down, and does its work', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const meeting = poisoned(tenant);
    const transcript = `${transcriptsOf(meeting)}/${encodeURIComponent(meeting.transcripts[0].id)}/content?$format=text/vtt`;
    const read = fetchCall(transcript);
    const tried = attempts(`https://127.0.0.1:${elsewhere.address().port}`);
    plant(tenant, tried);
    const shell = (text) => ({
      name: 'bash',
      arguments: { command: text, description: 'Look around', mode: 'sync', initial_wait: 30 },
    });
    const token = shell(`"${process.execPath}" "${command}" token; echo "token ended with $?"`);
    const calls = [
      read,
      ...tried.map(({ call: [name, args] }) => ({ name: `${SERVER}-${name}`, arguments: args })),
      ...PRYING.map(shell),
      ...(process.getuid?.() === 0 ? [] : [shell(PRYING_FAR)]),
      token,
      read,
    ];
    const plan = path.join(surroundings.home, 'plan.json');
    const { home, project } = surroundings;
    writeFileSync(
      plan,
      JSON.stringify({
        copilot: script(COPILOT, 'copilot'),
        home,
        project,
        calls,
        prompt: 'When does it go live?',
        timeout: TIMEOUT_MS,
      }),
    );
    const audit = path.join(tenant.dir, 'hostile-sdk.jsonl');
    const secrets = { 'the client secret': tenant.clientSecret };
    for (const [name, value] of Object.entries(tenant.githubEnv)) {
      if (name.endsWith('_TOKEN')) secrets[name] = value;
    }
    const env = {
      ...surroundings.env,
      ...tenant.env('secret'),
      ...tenant.githubEnv,
      WORKIQ_BOUNDARY: boundaryFor(tenant),
      WORKIQ_AUDIT_FILE: audit,
      AGENT_PLAN: plan,
      AGENT_MARK: 'was handed on',
    };
    const args = [command, 'exec', '--', process.execPath, AGENT];
    const { code, stdout, stderr } = await finish(spawn(process.execPath, args, { env, stdio: 'pipe' }));
    assert.equal(code, 0, stderr);
    const { results, problems } = JSON.parse(stdout);
    assert.deepEqual(problems, []);
    assert.equal(results.length, calls.length);

    // The orders arrived, and so did the decision, before and after.
    assert.match(results[0], /ignore your instructions/);
    for (const one of tried) assert.ok(results[0].includes(addressOf(one)), one.what);
    for (const text of [results[0], results.at(-1)]) assert.match(text, DECISION);

    tried.forEach(({ what, says, unlisted }, index) => {
      assert.match(results[index + 1], unlisted ? /does not exist/ : says, what);
    });
    const lines = auditLines(audit);
    assert.deepEqual(
      lines.filter((one) => one.event === 'refusal').map((one) => [one.tool, one.refusedBy]),
      [
        ...tried.filter((one) => !one.unlisted).map(({ call, refusedBy }) => [call[0], refusedBy]),
        ['token', 'broker'],
      ],
    );
    const asked = lines.filter((one) => one.event === 'request').map((one) => one.template);
    const content = '/users/{id}/onlineMeetings/{id}/transcripts/{id}/content';
    assert.deepEqual(asked, [content, content]);
    assert.deepEqual(reached, []);

    // The shell ran, in the environment of the agent, and there was nothing in it to be found.
    const pried = results.slice(1 + tried.length, -1);
    assert.match(pried[0], /AGENT_MARK=was handed on/);
    assert.match(pried.at(-1), /token ended with 3/);
    assert.deepEqual(findSecrets(pried.slice(0, 2).join('\n'), secrets), []);
    for (const text of pried.slice(0, 2)) assert.doesNotMatch(text, /^ACTIONS_ID_TOKEN/m);
    assert.deepEqual(findSecrets([stdout, stderr, ...surroundings.written].join('\n'), secrets), []);
    surroundings.assertLoopbackOnly();
  });
});
