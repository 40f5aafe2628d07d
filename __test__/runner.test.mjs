// The runner that recipes and actions are tried on, held against what GitHub says of its own.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { evaluate, holds, resolve } from './runner/expression.mjs';
import { runAction, runJob, runSteps } from './runner.mjs';

let place;
let count = 0;
before(() => {
  place = mkdtempSync(path.join(realpathSync(tmpdir()), 'a runner '));
});
after(() => rmSync(place, { recursive: true, force: true }));

const folder = () => {
  count += 1;
  const made = path.join(place, `job ${count}`);
  mkdirSync(made);
  return made;
};
const run = (yaml, options = {}) => runSteps(parse(yaml), { folder: folder(), ...options });
const outcomes = ({ steps }) => steps.map(({ outcome }) => outcome);

test('expressions are worked out, and what is not known is an error', () => {
  const contexts = {
    github: { token: 't', event: { pull_request: { draft: false } } },
    inputs: { mode: 'Strict', none: '' },
    steps: { one: { outputs: { a: '1' }, outcome: 'success' } },
    secrets: {},
  };
  for (const [text, value] of [
    ['github.token', 't'],
    ['github.event.pull_request.draft == false', true],
    ['github.event.pull_request.head.repo.fork', null],
    ["inputs.none || 'it''s'", "it's"],
    ["inputs.mode == 'strict' && steps.one.outputs.a != '2'", true],
    ["!(steps.one.outputs.none == '')", false],
    ['secrets.NONE', null],
  ])
    assert.equal(evaluate(text, contexts), value, text);
  assert.equal(resolve(`a \${{ github.token }}-\${{ secrets.NONE }}.`, contexts), 'a t-.');
  for (const text of [
    'github.nothing',
    'inputs.other',
    'steps.two.outputs.a',
    'matrix.os',
    "contains('a', 'b')",
    'github.token extra',
    'a ? b',
    '',
  ])
    assert.throws(() => evaluate(text, contexts), /know/, text);
});

test('a condition that does not ask how the job fares is held only while it is well', () => {
  for (const [condition, failed, runs] of [
    [undefined, false, true],
    [undefined, true, false],
    ['always()', true, true],
    [`\${{ failure() }}`, true, true],
    ['failure()', false, false],
    ["'' != 'a'", true, false],
    ['!cancelled()', true, true],
  ])
    assert.equal(holds(condition, {}, failed), runs, `${condition}, ${failed}`);
});

describe('a job', { skip: process.platform === 'win32' && 'its steps are for a shell' }, () => {
  test('hands on by its files what steps say, and nothing of this process', async () => {
    process.env.LEAK = 'of the tests';
    const result = await run(
      `
- id: first
  run: |
    pwd
    printf 'A<<end\\nline one\\nline two\\nend\\nB=2\\n' >> "$GITHUB_ENV"
    echo answer=42 >> "$GITHUB_OUTPUT"
    mkdir -p "$RUNNER_TEMP/bin" && printf '#!/bin/sh\\necho found\\n' > "$RUNNER_TEMP/bin/tool" && chmod +x "$RUNNER_TEMP/bin/tool"
    echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
    echo '# done' >> "$GITHUB_STEP_SUMMARY"
- run: tool; printf '%s|' "$A" "$B" "$C" "$D" "\${LEAK-none}" "$GITHUB_REPOSITORY"
  env: { B: 3, D: "\${{ steps.first.outputs.answer }}" }
`,
      { env: { C: `\${{ github.repository }}` }, github: { repository: 'contoso/decisions' } },
    );
    delete process.env.LEAK;
    assert.equal(result.failed, false);
    assert.match(result.steps[0].stdout, /a runner .*\/work\n$/);
    assert.equal(
      result.steps[1].stdout,
      'found\nline one\nline two|3|contoso/decisions|42|none|contoso/decisions|',
    );
    assert.deepEqual(result.env, { A: 'line one\nline two', B: '2', C: 'contoso/decisions' });
    assert.equal(result.summary, '# done\n');
  });

  test('goes on after a failure only with what asks for it', async () => {
    const result = await run(`
- run: exit 3
- run: echo never
- if: always()
  run: echo at the end
`);
    assert.deepEqual(outcomes(result), ['failure', 'skipped', 'success']);
    assert.equal(result.failed, true);
    assert.equal(result.steps[0].code, 3);
  });

  test('minds a failure before a pipe only in the shell that says so', async () => {
    const result = await run(`
- run: false | true
- run: false | true
  shell: bash
  continue-on-error: true
- run: echo still here
`);
    assert.deepEqual(outcomes(result), ['success', 'failure', 'success']);
    assert.equal(result.failed, false);
  });

  test('refuses what a runner refuses, and what it does not know', async () => {
    for (const [yaml, says] of [
      ['- run: echo NODE_OPTIONS=--require=x >> "$GITHUB_ENV"', /NODE_OPTIONS cannot be set/],
      ['- uses: actions/checkout@v4', /nothing here runs it/],
      ['- { run: echo, when: always }', /no key of a step: when/],
      [`- run: echo \${{ inputs.none }}`, /inputs.none is not known/],
    ])
      await assert.rejects(run(yaml), says);
  });

  test('gets the right to an id token from its permissions alone', async () => {
    const workflow = parse(`
permissions: { contents: read }
jobs:
  without: { steps: [{ run: 'echo "\${TOKEN_URL-none}"' }] }
  with: { permissions: { id-token: write }, steps: [{ run: 'echo "\${TOKEN_URL-none}"' }] }
  never: { if: "github.event.pull_request.draft == false && github.event_name == 'push'", steps: [] }
`);
    const job = (name) =>
      runJob(workflow, name, {
        folder: folder(),
        oidc: { TOKEN_URL: 'here' },
        github: { event_name: 'schedule' },
      });
    assert.equal((await job('without')).steps[0].stdout, 'none\n');
    assert.equal((await job('with')).steps[0].stdout, 'here\n');
    assert.equal(await job('never'), undefined);
  });

  test('runs an action of steps with its inputs, and hands back its outputs', async () => {
    const action = folder();
    writeFileSync(
      path.join(action, 'action.yml'),
      `
name: greet
inputs:
  whom: { required: true }
  how: { default: Hello }
outputs:
  text: { value: "\${{ steps.say.outputs.text }}" }
runs:
  using: composite
  steps:
    - id: say
      shell: bash
      run: |
        test "$GITHUB_ACTION_PATH" = "\${{ github.action_path }}"
        echo "text=$HOW $WHOM" >> "$GITHUB_OUTPUT"
        echo GREETED=yes >> "$GITHUB_ENV"
      env: { HOW: "\${{ inputs.how }}", WHOM: "\${{ inputs.whom }}" }
`,
    );
    const uses = (step, hands) => runAction(action, step, hands);
    const result = await run(
      `
- id: greet
  uses: ./greet
  with: { whom: Ada }
- run: echo '\${{ steps.greet.outputs.text }}' "$GREETED"
`,
      { uses, wanted: { said: `\${{ steps.greet.outputs.text }}` } },
    );
    assert.equal(result.steps[1].stdout, 'Hello Ada yes\n');
    assert.deepEqual(result.outputs, { said: 'Hello Ada' });
    await assert.rejects(run('[{ uses: ./greet, with: { who: Ada } }]', { uses }), /no input of the action/);
  });

  test('runs an action of Node, and what it keeps for the end after all steps', async () => {
    const action = folder();
    writeFileSync(
      path.join(action, 'action.yml'),
      `
name: open
inputs: { a b: { default: "\${{ github.token }}" } }
runs: { using: node24, main: main.mjs, post: post.mjs }
`,
    );
    writeFileSync(
      path.join(action, 'main.mjs'),
      `import { appendFileSync } from 'node:fs';
appendFileSync(process.env.GITHUB_STATE, 'left=behind\\n');
console.log(process.env.INPUT_A_B);`,
    );
    writeFileSync(path.join(action, 'post.mjs'), 'console.log(process.env.STATE_left);');
    const result = await run('[{ uses: ./open }, { run: exit 1 }]', {
      uses: (step, hands) => runAction(action, step, hands),
    });
    assert.deepEqual(
      result.steps.map(({ stdout }) => stdout),
      ['the-token-of-the-job\n', '', 'behind\n'],
    );
    assert.equal(result.failed, true);
  });
});
