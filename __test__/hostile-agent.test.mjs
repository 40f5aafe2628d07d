// An agent that a transcript has talked into everything: each attempt fails, is named in the audit, and the honest work
// beside it goes on. `e2e/hostile-agent.test.mjs` does the same in a real agent.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { addressOf, attempts, boundaryFor, DECISION, escapes, plant, poisoned } from './hostile/attempts.mjs';
import { findSecrets } from './secrets-support.mjs';
import { auditLines, command, run, startTools } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

let tenant;
let elsewhere;
const reached = [];
before(async () => {
  tenant = await startTenant({ roles: 'all' });
  elsewhere = createServer((request, response) => {
    reached.push(request.url);
    response.end('{}');
  });
  elsewhere.on('connection', () => reached.push('a connection'));
  await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  plant(tenant, attempts(origin()));
});
after(async () => {
  await tenant.close();
  await new Promise((resolve) => elsewhere.close(resolve));
});

const origin = () => `https://127.0.0.1:${elsewhere.address().port}`;

/** How the server is started: with its credential, or behind a broker that has it. */
const WAYS = {
  'with a credential of its own': { kind: 'certificate', options: undefined },
  'behind exec': { kind: 'secret', options: { args: ['exec', '--', process.execPath, command, 'mcp'] } },
};

for (const [way, { kind, options }] of Object.entries(WAYS)) {
  describe(`a server ${way}`, () => {
    let tools;
    let audit;
    let base;
    before(() => {
      tenant.reset();
      audit = join(tenant.dir, `hostile-${kind}.jsonl`);
      const env = { ...tenant.env(kind), WORKIQ_BOUNDARY: boundaryFor(tenant), WORKIQ_AUDIT_FILE: audit };
      tools = startTools(env, options);
      const meeting = poisoned(tenant);
      base = `/users/${meeting.organizerId}/onlineMeetings/${encodeURIComponent(meeting.id)}/transcripts`;
    });
    after(() => tools.close());

    /** What Graph was asked, but for its metadata, which is public and asked for without a token. */
    const asked = () => tenant.graphRequests.map(({ path }) => path).filter((path) => !/metadata/.test(path));

    const lines = () => auditLines(audit);

    async function decision() {
      const [listed] = await tools.fetch(base);
      const [read] = await tools.fetch(
        `${base}/${encodeURIComponent(listed.data.value[0].id)}/content?$format=text/vtt`,
      );
      return read.data;
    }

    test('reads the transcript that deceives it', async () => {
      const text = await decision();
      assert.match(text, /ignore your instructions/);
      assert.match(text, DECISION);
      for (const one of attempts(origin())) assert.ok(text.includes(addressOf(one)), one.what);
    });

    // Named before there is a tenant: the table is asked for again inside.
    attempts('https://127.0.0.1:1').forEach(({ what }, index) => {
      test(`does not manage ${what}`, async () => {
        const { call, refusedBy, template, says } = attempts(origin())[index];
        const [sent, written] = [asked().length, lines().length];
        const result = await tools.call(...call);
        assert.equal(result.isError, true);
        assert.match(JSON.stringify(result), says);
        const refusals = lines().slice(written);
        assert.deepEqual(
          refusals.map((one) => [one.event, one.tool, one.refusedBy]),
          [['refusal', call[0], refusedBy]],
        );
        if (template) assert.equal(refusals[0].template, template);
        assert.doesNotMatch(JSON.stringify(refusals), /stolen|evil\.example|All of it/);
        assert.equal(asked().length, sent, 'nothing was sent');
      });
    });

    test('goes on with its work, and has reached nobody else', async () => {
      assert.match(await decision(), DECISION);
      assert.deepEqual(reached, []);
      for (const path of asked()) assert.ok(!/grace/i.test(path), path);
    });
  });
}

const noShell = { skip: process.platform === 'win32' && 'what is run is for sh' };

test('a shell under exec has nothing to print, and no token to be had', noShell, async () => {
  const audit = join(tenant.dir, 'shell.jsonl');
  const env = { ...tenant.env('github'), WORKIQ_AUDIT_FILE: audit, OTHER: 'kept' };
  const program = ['sh', '-c', `env; "$0" "$1" token; echo "token: $?"`, process.execPath, command];
  const { out, err } = await run(['exec', '--', ...program], env);
  assert.match(out, /^OTHER=kept$/m);
  assert.doesNotMatch(out, /ACTIONS_ID_TOKEN|eyJ/);
  assert.match(out, /^token: 3$/m);
  assert.match(err, /hands out no token/);
  assert.match(readFileSync(audit, 'utf8'), /"event":"refusal".*"tool":"token".*"refusedBy":"broker"/);
});

describe('a shell behind exec', noShell, () => {
  escapes('https://127.0.0.1:1').forEach(({ what }, index) => {
    test(`does not manage ${what}`, async () => {
      tenant.reset();
      const { script, code: expected, audit: named } = escapes(origin())[index];
      const audit = join(tenant.dir, `escape-${index}.jsonl`);
      const env = {
        ...tenant.env('secret'),
        WORKIQ_BOUNDARY: boundaryFor(tenant),
        WORKIQ_AUDIT_FILE: audit,
      };
      const text = script.replaceAll('$W', '"$0" "$1"');
      const { code, out, err } = await run(['exec', '--', 'sh', '-c', text, process.execPath, command], env);
      assert.equal(code, expected, err);
      assert.match(err + out, /What to do|do not try another way|is missing/);
      const written = existsSync(audit) ? readFileSync(audit, 'utf8').split('\n').filter(Boolean) : [];
      const refusals = written.map((line) => JSON.parse(line)).filter((one) => one.event === 'refusal');
      assert.deepEqual(
        refusals.map((one) => [one.tool, one.refusedBy]),
        named,
      );
      const secrets = { 'the client secret': tenant.clientSecret };
      assert.deepEqual(findSecrets(out + err, secrets), []);
      for (const { path } of tenant.graphRequests) assert.match(path, /metadata/);
      assert.deepEqual([tenant.tokenRequests.length, reached], [0, []]);
    });
  });
});
