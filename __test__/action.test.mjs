// The GitHub Action, as a runner runs it: its step, later steps, and the step that cleans up.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { startGitHubApi } from './github-api.mjs';
import { packInto } from './packed.mjs';
import { values } from './runner/files.mjs';
import { findSecrets } from './secrets-support.mjs';
import { plain } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const action = parse(readFileSync(path.join(root, 'action.yml'), 'utf8'));
const windows = process.platform === 'win32';

const BOUNDARY = { users: ['ada@contoso.com'] };
const HEAD = 'a'.repeat(40);
/** Commits that an event names and that hold an older boundary, or one of another pull request. */
const OLD = 'b'.repeat(40);
const MAIN = 'refs/heads/main';

let tenant;
let place;
let program;
let api;

/** GitHub's API: the boundary is on the base branch; a pull request, and an older commit, have another. */
function startApi() {
  const wider = { users: ['ada@contoso.com', 'grace@contoso.com'] };
  const files = { [MAIN]: BOUNDARY, 'refs/heads/release/1': wider, [OLD]: wider, [HEAD]: wider };
  return startGitHubApi(
    (pathname, search) =>
      pathname === '/repos/contoso/agents/contents/ci/boundary.json' && files[search.get('ref')],
  );
}

before(async () => {
  tenant = await startTenant({ roles: 'read' });
  place = mkdtempSync(path.join(realpathSync(tmpdir()), 'a runner '));
  program = (await packInto(place)).join(path.delimiter);
  api = await startApi();
});
beforeEach(() => {
  tenant.reset();
  api.requests.length = 0;
});
after(async () => {
  await tenant.close();
  await api.close();
  rmSync(place, { recursive: true, force: true });
});

let jobs = 0;

/**
 * A job on a runner: what its steps share.
 *
 * @param {object} [event]
 * @param {Record<string, string>} [more] of the job's environment
 */
function startJob(event = {}, more = {}) {
  jobs += 1;
  const at = path.join(place, `job ${jobs}`);
  const temp = path.join(at, '_temp');
  const workspace = path.join(at, 'checkout');
  for (const folder of [temp, workspace]) mkdirSync(folder, { recursive: true });
  const file = (name, text = '') => {
    writeFileSync(path.join(at, name), text);
    return path.join(at, name);
  };
  const files = {
    GITHUB_ENV: file('env'),
    GITHUB_OUTPUT: file('output'),
    GITHUB_PATH: file('path'),
    GITHUB_STATE: file('state'),
    GITHUB_STEP_SUMMARY: file('summary.md'),
    GITHUB_EVENT_PATH: file('event.json', JSON.stringify(event)),
  };
  const job = {
    ...plain,
    ...files,
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: workspace,
    GITHUB_REPOSITORY: 'contoso/agents',
    GITHUB_SHA: HEAD,
    ...more,
    GITHUB_API_URL: api.url,
    RUNNER_TEMP: temp,
  };

  function runProgram(command, args, env) {
    const child = spawn(command, args, { env, cwd: workspace });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        said += text;
      });
    }
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })));
  }

  /** Runs the action's script, with inputs as the runner hands them over. */
  function script(name, inputs = {}, env = {}) {
    const given = { ...Object.fromEntries(defaults), ...inputs };
    const variables = Object.entries(given).map(([key, value]) => [`INPUT_${key.toUpperCase()}`, value]);
    return runProgram(process.execPath, [path.join(root, action.runs[name])], {
      ...job,
      ...Object.fromEntries(variables),
      ...env,
    });
  }
  const defaults = Object.entries(action.inputs).map(([key, { default: value = '' }]) => [
    key,
    /github\.token/.test(value) ? 'the-token-of-the-job' : value,
  ]);

  return {
    temp,
    workspace,
    summary: () => readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8'),
    variables: () => values(files.GITHUB_ENV),
    outputs: () => values(files.GITHUB_OUTPUT),
    main: (inputs, env) => script('main', { 'workiq-version': program, ...inputs }, env),
    post() {
      const state = Object.entries(values(files.GITHUB_STATE)).map(([key, value]) => [`STATE_${key}`, value]);
      return script('post', {}, Object.fromEntries(state));
    },
    /** A later step, as the runner makes its environment. */
    step(line, env = {}) {
      const set = values(files.GITHUB_ENV);
      // Real runners refuse it: it would be a way into every later step.
      assert.ok(!('NODE_OPTIONS' in set), 'NODE_OPTIONS cannot be set there');
      const added = readFileSync(files.GITHUB_PATH, 'utf8').trim().split('\n').reverse().join(path.delimiter);
      return runProgram('sh', ['-c', line], {
        ...job,
        ...set,
        ...env,
        PATH: `${added}${path.delimiter}${plain.PATH}`,
      });
    },
  };
}

/** What is not secret and belongs to the test tenant. */
const network = () => {
  const { WORKIQ_AUTHORITY_HOST, WORKIQ_GRAPH_ENDPOINT, NODE_EXTRA_CA_CERTS } = tenant.env('secret');
  const WORKIQ_FEDERATED_AUDIENCE = tenant.federatedAudience;
  return { WORKIQ_AUTHORITY_HOST, WORKIQ_GRAPH_ENDPOINT, NODE_EXTRA_CA_CERTS, WORKIQ_FEDERATED_AUDIENCE };
};
const identity = () => ({ 'tenant-id': tenant.tenantId, 'client-id': tenant.clientId });
const ADA = "workiq-auth fetch -u '/users/ada@contoso.com/messages?$top=1'";

describe('the action', { skip: windows && 'its steps are run by a shell here' }, () => {
  test('signs in without a secret, and later steps hold nothing and read within the boundary', async () => {
    const job = startJob({ repository: { private: true } }, { ...network(), ...tenant.githubEnv });
    const { code, said } = await job.main({ ...identity(), boundary: JSON.stringify(BOUNDARY) });
    assert.equal(code, 0, said);
    assert.match(job.summary(), /Sign-in/);
    const variables = job.variables();
    assert.deepEqual(Object.keys(variables).sort(), [
      'WORKIQ_AUTH_MODE',
      'WORKIQ_BOUNDARY',
      'WORKIQ_BROKER',
      'WORKIQ_CLIENT_ID',
      'WORKIQ_TENANT_ID',
      'npm_config_node_options',
    ]);
    assert.deepEqual(job.outputs(), {
      'node-options': variables.npm_config_node_options,
      broker: variables.WORKIQ_BROKER,
    });
    const inside = await job.step(ADA);
    assert.equal(inside.code, 0, inside.said);
    const outside = await job.step("workiq-auth fetch -u '/users/grace@contoso.com/messages'");
    assert.equal(outside.code, 3);
    assert.match(outside.said, /outsideBoundary/);
    assert.equal((await job.step('workiq-auth token')).code, 3);

    const post = await job.post();
    assert.equal(post.code, 0, post.said);
    assert.ok(!existsSync(variables.WORKIQ_BROKER));
    assert.deepEqual(readdirSync(job.temp), []);
  });

  test('masks a secret before anything else, and writes it nowhere', async () => {
    const job = startJob({}, network());
    const inputs = {
      ...identity(),
      credential: 'secret',
      'client-secret': tenant.clientSecret,
      doctor: 'false',
    };
    const { code, said } = await job.main({ ...inputs, boundary: JSON.stringify(BOUNDARY) });
    assert.equal(code, 0, said);
    const [first, ...rest] = said.split('\n');
    assert.equal(first, `::add-mask::${tenant.clientSecret.replaceAll('%', '%25')}`);
    const secrets = { secret: tenant.clientSecret };
    assert.deepEqual(findSecrets(rest.join('\n'), secrets), []);
    assert.deepEqual(findSecrets(JSON.stringify([job.variables(), job.outputs()]), secrets), []);
    assert.equal((await job.step(ADA)).code, 0);
    const env = await job.step('env');
    assert.deepEqual(findSecrets(env.said, secrets), []);
    for (const entry of readdirSync(job.temp, { recursive: true })) {
      const file = path.join(job.temp, entry);
      if (statSync(file).isFile() && !file.includes('node_modules'))
        assert.deepEqual(findSecrets(readFileSync(file, 'utf8'), secrets), [], entry);
    }
    await job.post();
  });

  test('takes a certificate as well', async () => {
    const job = startJob({}, network());
    const certificate = readFileSync(tenant.certificates.pem, 'utf8');
    const inputs = { ...identity(), credential: 'certificate', certificate, 'allow-unbounded': 'true' };
    const { code, said } = await job.main({ ...inputs, doctor: 'false' });
    assert.equal(code, 0, said);
    assert.match(said, /::warning title=workiq-auth::No boundary/);
    assert.equal((await job.step(ADA)).code, 0);
    await job.post();
  });

  for (const [what, event, more] of [
    ['a pull request', { pull_request: { base: { sha: OLD, ref: 'main' }, head: { sha: HEAD } } }, {}],
    ['a merge queue', { merge_group: { base_sha: OLD, base_ref: MAIN, head_sha: HEAD } }, {}],
    [
      'pull_request_target',
      { pull_request: { base: { sha: OLD, ref: 'release/1' }, head: { sha: HEAD } } },
      { GITHUB_EVENT_NAME: 'pull_request_target', GITHUB_SHA: MAIN },
    ],
  ]) {
    test(`takes the boundary from where no change reaches it: ${what}`, async () => {
      const env = { ...network(), ...tenant.githubEnv, ...more };
      const job = startJob({ repository: { private: true }, ...event }, env);
      const inputs = {
        ...identity(),
        boundary: 'boundary.json',
        'working-directory': 'ci',
        doctor: 'false',
      };
      const { code, said } = await job.main(inputs);
      assert.equal(code, 0, said);
      assert.deepEqual(JSON.parse(readFileSync(job.variables().WORKIQ_BOUNDARY, 'utf8')), BOUNDARY);
      assert.equal(api.requests[0].authorization, 'Bearer the-token-of-the-job');
      assert.equal(statSync(job.variables().WORKIQ_BOUNDARY).mode & 0o777, 0o400);
      await job.post();
    });
  }

  test('later steps run Work IQ itself: by npx, by node with the output, and under exec', async () => {
    const job = startJob({ repository: { private: true } }, { ...network(), ...tenant.githubEnv });
    const inputs = { ...identity(), boundary: JSON.stringify(BOUNDARY), doctor: 'false' };
    const { code, said } = await job.main(inputs);
    assert.equal(code, 0, said);
    mkdirSync(path.join(job.workspace, 'node_modules/.bin'), { recursive: true });
    mkdirSync(path.join(job.workspace, 'node_modules/@microsoft'));
    const workiq = path.join(root, 'node_modules/@microsoft/workiq');
    const { bin } = JSON.parse(readFileSync(path.join(workiq, 'package.json'), 'utf8'));
    symlinkSync(workiq, path.join(job.workspace, 'node_modules/@microsoft/workiq'));
    symlinkSync(path.join(workiq, bin.workiq), path.join(job.workspace, 'node_modules/.bin/workiq'));
    const args = "fetch -u '/users/ada@contoso.com/messages?$top=1'";
    const option = { NODE_OPTIONS: job.outputs()['node-options'] };
    for (const [line, env] of [
      [`npx --offline @microsoft/workiq ${args}`, {}],
      [`node node_modules/.bin/workiq ${args}`, option],
      [`workiq-auth exec -- npx --offline @microsoft/workiq ${args}`, {}],
    ]) {
      const step = await job.step(line, env);
      assert.equal(step.code, 0, `${line}\n${step.said}`);
      assert.match(step.said, /"statusCode": 200/, line);
    }
    await job.post();
  });

  test('npm, which installs it, is given no secret and no right to tokens', async () => {
    const job = startJob({}, { ...network(), ...tenant.githubEnv });
    const npm = path.join(job.temp, '..', 'bin');
    mkdirSync(npm);
    const seen = path.join(npm, 'seen');
    writeFileSync(path.join(npm, 'npm'), `#!/bin/sh\nenv > '${seen}'\nexit 7\n`, { mode: 0o755 });
    const inputs = { ...identity(), credential: 'secret', 'client-secret': tenant.clientSecret };
    const { code, said } = await job.main(
      { ...inputs, 'allow-unbounded': 'true' },
      { PATH: `${npm}${path.delimiter}${plain.PATH}` },
    );
    assert.equal(code, 1);
    assert.match(said, /npm install ended with 7/);
    const text = readFileSync(seen, 'utf8');
    assert.match(text, /^PATH=/m);
    assert.doesNotMatch(text, /^(?:INPUT|ACTIONS)_/m);
    assert.deepEqual(findSecrets(text, { secret: tenant.clientSecret }), []);
  });

  for (const [what, inputs, says] of [
    ['no boundary', {}, /boundary: name what may be touched/],
    [
      'a boundary that is not there',
      { boundary: 'other.json' },
      /cannot be read at a{40}: GitHub answers 404/,
    ],
    ['a boundary outside of the repository', { boundary: '../b.json' }, /is not in the repository/],
    ['a boundary that is wrong', { boundary: '{"user": []}' }, /WORKIQ_BOUNDARY/],
    ['a range of versions', { 'allow-unbounded': 'true', 'workiq-version': '^1' }, /is no version/],
    ['another credential', { 'allow-unbounded': 'true', credential: 'password' }, /is none of oidc/],
    [
      'a secret that is not there',
      { 'allow-unbounded': 'true', credential: 'secret' },
      /client-secret is empty/,
    ],
    ['no right to a token', { 'allow-unbounded': 'true' }, /id-token: write/],
    ['a flag that is neither', { 'allow-unbounded': 'yes' }, /is neither true nor false/],
  ]) {
    test(`fails with ${what}, and says what to do`, async () => {
      const oidc = what === 'a boundary that is wrong' ? tenant.githubEnv : {};
      const job = startJob({}, { ...network(), ...oidc });
      const { code, said } = await job.main({ ...identity(), ...inputs });
      assert.equal(code, 1, said);
      assert.match(said, /^::error title=workiq-auth::/m);
      assert.match(said, says);
      assert.deepEqual(job.variables(), {});
      assert.equal((await job.post()).code, 0);
      assert.deepEqual(readdirSync(job.temp), []);
    });
  }

  test('fails where the doctor finds something, and the summary says what', async () => {
    const job = startJob({ repository: { private: true } }, network());
    const inputs = { ...identity(), credential: 'secret', 'client-secret': tenant.expiredSecret };
    const { code, said } = await job.main({ ...inputs, boundary: JSON.stringify(BOUNDARY) });
    assert.equal(code, 1);
    assert.match(said, /doctor found something that is wrong/);
    assert.match(job.summary(), /AADSTS7000222/);
    await job.post();
  });
});

test('its inputs and outputs are those of its code', () => {
  const code = readdirSync(path.join(root, 'action')).map((name) =>
    readFileSync(path.join(root, 'action', name), 'utf8'),
  );
  const used = new Set(
    [...code.join('\n').matchAll(/(?:input|secretInput|flag|needed)\('([\w-]+)'\)/g)].map(([, name]) => name),
  );
  assert.deepEqual([...used].sort(), Object.keys(action.inputs).sort());
  assert.deepEqual(Object.keys(action.outputs), ['node-options', 'broker']);
});
