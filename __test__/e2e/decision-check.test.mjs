// The check of pull requests against what meetings decided, offline: its workflow and action as they stand, the real
// Copilot SDK with its runtime, our command from its package, the test tenant, and a model that is honest.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { node } from '../preload-support.mjs';
import { holds, resolve } from '../runner/expression.mjs';
import { runJob } from '../runner.mjs';
import { auditLines, command } from '../support.mjs';
import { added, JOB_TOKEN, pull } from './checks.mjs';
import { calls, decider } from './decider.mjs';
import { GRAPHQL, goesAgainst, openBed, skip, TIMEOUT_MS } from './decision-bed.mjs';
import { startModel } from './model.mjs';
import { suite } from './support.mjs';

suite('The check of pull requests', skip, () => {
  let bed;
  before(async () => {
    bed = await openBed();
  });
  beforeEach(() => bed.tenant.reset());
  after(() => bed?.close());

  describe('tells what it found', () => {
    test('a change that goes against a decision is red, and shown where it does', {
      timeout: TIMEOUT_MS,
    }, async () => {
      const found = await bed.check({ parts: { ruling: goesAgainst } });
      assert.equal(found.code, 1, found.said);
      assert.equal(found.verdict.verdict, 'contradicts');
      assert.deepEqual(found.verdict.searched, {
        from: '2026-11-01T00:00:00.000Z',
        organizers: 1,
        transcripts: 2,
        read: 2,
      });
      const [ruling] = found.verdict.rulings;
      assert.deepEqual(ruling.change, { path: 'src/graphql.js', line: 2 });
      assert.equal(ruling.meeting.date, bed.tenant.data.meetings[0].transcripts[0].createdDateTime);
      assert.match(found.said, /^::error file=src\/graphql\.js,line=2,title=decision check::/m);
      assert.match(found.summary, /Decision check: contradicts/);

      // Readers of the repository were not in the meeting.
      for (const text of [found.said, found.summary, JSON.stringify(found.verdict)]) {
        assert.doesNotMatch(text, /stays on REST|Grace Hopper|Architecture review|ada@contoso/);
      }
      // By a federated token, without a secret, and once; GitHub's API for the pull request alone.
      assert.deepEqual(
        bed.tenant.tokenRequests.map(({ form }) => [form.grant_type, 'client_secret' in form]),
        [['client_credentials', false]],
      );
      assert.deepEqual([...new Set(bed.github.requests.map((one) => one.path))].sort(), [
        '/repos/contoso/orders/pulls/7',
        '/repos/contoso/orders/pulls/7/files',
      ]);
      assert.deepEqual(bed.elsewhere(bed.ada), []);
      const audit = auditLines(path.join(found.env.RUNNER_TEMP, 'audit.jsonl'));
      assert.equal(audit.filter((one) => one.template?.endsWith('/content')).length, 2);
    });

    test('one that does what was decided is green, and quoted where that was asked for', {
      timeout: TIMEOUT_MS,
    }, async () => {
      const file = added('src/routes.js', 'app.use("/v2/orders", orders);');
      const found = await bed.check({
        files: [file],
        quotes: true,
        parts: {
          ruling: (decision) =>
            /version goes in the path/.test(decision) && {
              ruling: 'agrees',
              path: file.filename,
              line: 'app.use("/v2/orders", orders);',
            },
        },
      });
      assert.equal(found.code, 0, found.said);
      assert.equal(found.verdict.verdict, 'agrees');
      const [{ quote, speaker, change }] = found.verdict.rulings;
      assert.match(quote, /the API version goes in the path/);
      assert.equal(speaker, 'Grace Hopper');
      assert.deepEqual(change, { path: 'src/routes.js', line: 1 });
      assert.match(found.summary, /version goes in the path/);
    });

    test('one that nothing was decided about is green', { timeout: TIMEOUT_MS }, async () => {
      const found = await bed.check({ files: [added('README.md', 'Contoso orders')] });
      assert.equal(found.code, 0, found.said);
      assert.equal(found.verdict.verdict, 'nothing-decided');
      assert.ok(found.verdict.decisions > 0);
      assert.deepEqual(found.verdict.rulings, []);
    });

    test('a meeting of an hour and a half is read to its end', { timeout: TIMEOUT_MS }, async () => {
      const { cues } = bed.tenant.data.meetings[0].transcripts[0];
      const last = cues.at(-1);
      const more = Array.from({ length: 1_200 }, (_, index) => ({
        ...last,
        text: `And then there is the matter of row ${index} of the table, which we leave as it is.`,
      }));
      const end = { ...last, text: 'Decided: the table of rows is deleted in spring, all of it.' };
      cues.push(...more, end);
      try {
        const found = await bed.check({ quotes: true, parts: { ruling: goesAgainst } });
        assert.equal(found.verdict.searched.read, 2, found.said);
        assert.equal(found.verdict.decisions, 4);
      } finally {
        cues.length -= more.length + 1;
      }
    });

    test('a public repository gets no ids and no quotes, though they are asked for', {
      timeout: TIMEOUT_MS,
    }, async () => {
      const found = await bed.check({
        quotes: true,
        repository: { private: false, visibility: 'public' },
        parts: { ruling: goesAgainst },
      });
      assert.equal(found.verdict.verdict, 'contradicts');
      const text = found.said + found.summary + JSON.stringify(found.verdict);
      assert.doesNotMatch(text, /stays on REST|Grace Hopper|meetingId|transcriptId/);
      assert.ok(!text.includes(bed.ada.id));
    });
  });

  describe('is not green where it could not tell', () => {
    /** A model that reads, and records these words as those of a decision. */
    const quoting = (quote) => () => ({
      parts: {
        reader: ({ path: at }) =>
          calls.turns(
            () => calls.fetch(at),
            () => calls.record([{ decision: 'GraphQL', quote }]),
          ),
      },
    });
    const cases = [
      {
        what: 'there is no transcript',
        says: /there is no transcript/,
        codes: ['no-transcripts'],
        set: () => ({
          organizers: [bed.tenant.data.users.find((one) => one.userPrincipalName === 'hedy@contoso.com')],
        }),
      },
      {
        what: 'Graph refuses the list',
        says: /could not be listed: 403 Forbidden/,
        codes: ['list'],
        set: () =>
          void bed.tenant.fail({
            at: 'graph',
            match: 'getAllTranscripts',
            graphError: 'NoApplicationAccessPolicy',
            times: 9,
          }),
      },
      {
        what: 'Graph refuses one transcript',
        says: /of 2026-11-02\S+: it was refused: 403 Forbidden/,
        codes: ['unread'],
        set: () =>
          void bed.tenant.fail({
            at: 'graph',
            match: `${bed.tenant.data.meetings[0].transcripts[0].id}/content`,
            status: 403,
            body: '{"error":{"code":"Forbidden","message":"no"}}',
            times: 9,
          }),
      },
      {
        what: 'a transcript is longer than is read at once',
        says: /too long/,
        codes: ['unread'],
        set: () => {
          const { cues } = bed.tenant.data.meetings[0].transcripts[0];
          const length = cues.length;
          cues.push(
            ...Array.from({ length: 4_000 }, () => ({ ...cues[0], text: 'And so it went on and on.' })),
          );
          return { undo: () => cues.splice(length) };
        },
      },
      {
        what: 'the model goes round in circles',
        says: /more than \d+ times/,
        codes: ['unread', 'unread'],
        set: () => ({
          parts: {
            reader:
              ({ path: at }) =>
              () => ({ calls: [calls.fetch(at)] }),
          },
        }),
      },
      {
        what: 'the model does not read',
        says: /it was not read/,
        codes: ['unread', 'unread'],
        set: () => ({ parts: { reader: () => calls.turns(() => calls.record([])) } }),
      },
      {
        what: 'a quote was said by nobody',
        says: /no decisions with words that are in it/,
        codes: ['unread', 'unread'],
        set: quoting('we decided: GraphQL for all new endpoints'),
      },
      {
        what: 'a quote says nothing',
        codes: ['unread', 'unread'],
        set: quoting('Decided'),
      },
      {
        what: 'a ruling rests on a line that the change has not',
        codes: ['agent'],
        set: () => ({
          parts: {
            ruling: () => ({ ruling: 'agrees', path: GRAPHQL.filename, line: 'app.use("/v1", rest);' }),
          },
        }),
      },
      {
        what: 'a decision is passed over',
        codes: ['agent'],
        set: () => ({ parts: { judge: () => calls.turns(() => calls.rule([])) } }),
      },
      {
        what: 'a decision is taken back by an earlier one',
        codes: ['agent'],
        set: () => ({ parts: { ruling: () => ({ ruling: 'superseded', by: 'd1' }) } }),
      },
      {
        what: 'the pull request has moved on',
        codes: ['change'],
        set: () => ({ shown: { head: { sha: 'c'.repeat(40) } } }),
      },
      {
        what: 'GitHub does not show all of the change',
        codes: ['change'],
        set: () => ({ files: [GRAPHQL, { filename: 'src/types.js', status: 'modified', changes: 9_000 }] }),
      },
    ];
    for (const { what, codes, says = /./, set } of cases) {
      test(what, { timeout: TIMEOUT_MS }, async () => {
        const { undo, ...given } = set() ?? {};
        const found = await bed.check(given).finally(undo);
        assert.equal(found.verdict?.verdict, 'unknown', found.said);
        assert.equal(found.code, 3);
        assert.deepEqual(
          found.verdict.problems.map(({ code }) => code),
          codes,
        );
        assert.match(found.said, /^::error title=decision check::/m);
        assert.match(found.summary, says);
      });
    }

    test('there is no model to ask', { timeout: TIMEOUT_MS }, async () => {
      bed.boundary(bed.ada);
      const file = path.join(bed.folder(), 'change.json');
      writeFileSync(
        file,
        JSON.stringify({ repository: 'contoso/orders', number: 7, headSha: 'a', files: [] }),
      );
      const own = path.join(bed.checks.at, 'boundary.json');
      const program = [process.execPath, path.join(bed.checks.at, 'src', 'check.mjs')];
      const given = [...program, '--boundary', own, '--pull-request', file];
      const found = await node([command, 'exec', '--boundary', own, '--', ...given], {
        env: { ...bed.surroundings.env, ...bed.tenant.env('certificate') },
      });
      assert.equal(found.code, 3, found.stderr);
      assert.match(found.stdout, /agent: no model to ask: set COPILOT_GITHUB_TOKEN/);
    });

    test('what goes against a decision is red all the same', { timeout: TIMEOUT_MS }, async () => {
      const found = await bed.check({
        shown: { head: { sha: 'c'.repeat(40) } },
        parts: { ruling: goesAgainst },
      });
      assert.equal(found.verdict.verdict, 'contradicts');
      assert.equal(found.code, 1);
    });

    test('the pull request cannot be read: the agent is not started', { timeout: TIMEOUT_MS }, async () => {
      // As GitHub answers where a job may not see it.
      const found = await bed.check({ files: Object.assign([GRAPHQL], { slice: () => undefined }) });
      assert.equal(found.last, 'skipped');
      assert.match(found.said, /GitHub answers 404 .* pull-requests: read/);
      assert.deepEqual(bed.tenant.tokenRequests, []);
    });
  });

  test('only pull requests of people, of this repository and ready, are checked', () => {
    const { on, jobs: all } = bed.yaml('.github/workflows/decision-check.yml');
    const event = (more, actor = 'ada') => ({
      actor,
      repository: 'contoso/orders',
      event: { pull_request: { ...pull([]), ...more } },
    });
    const isChecked = (given) => holds(all.check.if, { github: given }, false);
    assert.equal(isChecked(event({})), true);
    assert.equal(isChecked(event({ draft: true })), false);
    assert.equal(isChecked(event({ head: { repo: { full_name: 'stranger/orders' } } })), false);
    assert.equal(isChecked(event({ user: { login: 'dependabot[bot]' } })), false);
    assert.equal(isChecked(event({}, 'dependabot[bot]')), false);

    // The caller grants what the job needs, and no more.
    const caller = bed.yaml('caller.yml');
    assert.equal(
      caller.jobs.decisions.uses,
      'contoso/workiq-checks/.github/workflows/decision-check.yml@main',
    );
    assert.deepEqual(caller.permissions, all.check.permissions);

    // What is not checked says so.
    const { verdict } = on.workflow_call.outputs;
    assert.equal(resolve(verdict.value, { jobs: { check: { outputs: {} } } }), 'not-checked');
    assert.equal(resolve(verdict.value, { jobs: { check: { outputs: { verdict: 'agrees' } } } }), 'agrees');
  });

  test('the weekly job says what was decided, without saying what was said', {
    timeout: TIMEOUT_MS,
  }, async () => {
    bed.boundary(bed.ada);
    const model = await startModel(decider({}));
    try {
      const ran = await runJob(bed.yaml('.github/workflows/weekly-decisions.yml'), 'decisions', {
        folder: bed.folder(),
        machine: bed.machine(model),
        oidc: bed.tenant.githubEnv,
        github: {
          token: JOB_TOKEN,
          repository: 'contoso/workiq-checks',
          event: { repository: { private: true } },
        },
        async uses(step, hands) {
          if (step.uses.startsWith('actions/checkout@'))
            cpSync(bed.checks.at, hands.workspace, { recursive: true, verbatimSymlinks: true });
          return bed.uses(step, hands);
        },
      });
      const said = ran.steps.map(({ stdout, stderr }) => stdout + stderr).join('');
      assert.equal(ran.failed, false, said);
      const found = JSON.parse(
        readFileSync(path.join(ran.steps.at(-1).env.RUNNER_TEMP, 'decisions.json'), 'utf8'),
      );
      assert.equal(found.meetings.length, 2);
      assert.ok(found.meetings.every(({ decisions }) => decisions.length > 0));
      assert.match(ran.summary, /^\| 2026-11-02 09:01 \| \d \| 00:02:23/m);
      assert.doesNotMatch(said + ran.summary + JSON.stringify(found), /stays on REST|Grace Hopper/);
    } finally {
      await model.close();
    }
  });
});
