// The recipes of docs/ci, pasted: each on a machine of its CI system's making, with packages from a registry and
// Microsoft's own names, which lead through a proxy to the test tenant.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { addon } from './packed.mjs';
import { build, start } from './recipes/container.mjs';
import { playGitlab } from './recipes/gitlab.mjs';
import { playJenkins, readJenkins } from './recipes/jenkins.mjs';
import { playPod, readManifest } from './recipes/kubernetes.mjs';
import { blocksUnder, headings, recipe } from './recipes/page.mjs';
import { playPipeline } from './recipes/pipelines.mjs';
import { CREDENTIALS, openPlace } from './recipes/place.mjs';
import { runAction, runProgram } from './runner.mjs';
import { auditLines, hello } from './support.mjs';
import { PIPELINES_SUBJECT } from './tenant/federation.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const PAGE = 'docs/ci/README.md';
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

const skip =
  (process.platform === 'win32' && 'the recipes are for Linux') ||
  (!addon && 'the add-on has not been built');

let place;
let tenant;
let machine;
before(async () => {
  if (skip) return;
  place = await openPlace();
  ({ tenant, machine } = place);
});
beforeEach(() => tenant?.reset());
after(() => place?.close());

/** The answer in what was said, which npm may have begun. */
const answerIn = (stdout) => JSON.parse(/^\{$.*/ms.exec(stdout)?.[0] ?? stdout);

/** A command ended well and gave an answer, npx downloaded nothing, and Graph was asked for nothing but Ada's mail. */
function readMail({ code, stdout, stderr }) {
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /will be installed/);
  assert.equal(answerIn(stdout).results[0].statusCode, 200, stdout);
  const asked = tenant.graphRequests.map((request) => request.path);
  assert.ok(asked.length > 0);
  for (const one of asked) assert.match(one, /^\/v1\.0\/users\/ada@contoso\.com\/messages\?/);
  assert.equal(new URL(asked[0], 'https://graph.microsoft.com').searchParams.get('$top'), '5');
}

/** The script with `env` in the place of its agent, to see what that would find. */
const withEnv = (script) => script.replace(/(workiq-auth exec .*? --) .*$/m, '$1 env');

/** The environment that an agent is given: a broker, and nothing that signs in. */
function holdsNothing({ code, stdout, stderr }) {
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^WORKIQ_BROKER=/m);
  assert.deepEqual(place.found(stdout), []);
  const names = [...stdout.matchAll(/^([A-Za-z_]\w*)=/gm)].map(([, name]) => name);
  const telling =
    /^(?:ACTIONS_ID_TOKEN|SYSTEM_(?:ACCESSTOKEN|OIDC)|.*FEDERATED_TOKEN_FILE|.*CLIENT_(?:SECRET|CERTIFICATE))/;
  assert.deepEqual(
    names.filter((name) => telling.test(name)),
    [],
  );
}

describe('the recipes of docs/ci', { skip }, () => {
  // That of pull requests is a repository of its own, in e2e/decision-check.test.mjs.
  test('are all run here', () => {
    const run = [
      'GitHub Actions: every Monday',
      'GitHub Actions, by the action',
      'Azure Pipelines',
      'GitLab CI',
      'Jenkins',
      'Kubernetes',
      'A container',
    ];
    assert.deepEqual(headings(PAGE), run);
  });

  describe('GitHub Actions, every Monday', () => {
    const workflow = () => parse(place.own(recipe(PAGE, 'GitHub Actions: every Monday', 'yaml')));
    const artifacts = [];
    const uses = (step, { workspace }) => {
      assert.match(step.uses, /^actions\/upload-artifact@/);
      const file = path.resolve(workspace, step.with.path);
      assert.ok(existsSync(file), `${step.with.path} is not there to be uploaded`);
      artifacts.push(file);
    };

    test('checks itself, reads transcripts of its organizer, and keeps an audit', async () => {
      const ofAda = tenant.data.meetings.filter(({ organizerId }) => organizerId === place.ada.id);
      const [latest] = ofAda.flatMap(({ transcripts }) => transcripts);
      latest.createdDateTime = new Date(Date.now() - 86_400_000).toISOString();
      const { steps, summary } = await place.github(workflow(), 'summary', { uses });
      assert.match(summary, /Sign-in/);
      const { data, note } = answerIn(steps.at(-2).stdout);
      assert.deepEqual(
        data.value.map(({ id }) => id),
        [latest.id],
      );
      assert.match(note, /left out.*of the last 7 days/);
      const lines = auditLines(artifacts.at(-1));
      assert.ok(lines.length > 0);
      assert.ok(JSON.stringify(lines).includes(place.ada.id));
      for (const { path: asked } of tenant.graphRequests)
        assert.ok(asked === '/v1.0/' || asked.startsWith(`/v1.0/users/${place.ada.id}/`), asked);
    });

    test('gives its agent nothing that signs in', async () => {
      const changed = workflow();
      const agent = changed.jobs.summary.steps.find(({ run }) => run?.includes('workiq-auth exec'));
      agent.run = withEnv(agent.run);
      const { steps } = await place.github(changed, 'summary', { uses });
      holdsNothing(steps.at(-2));
    });
  });

  test('GitHub Actions, by the action', async () => {
    const workflow = parse(place.own(recipe(PAGE, 'GitHub Actions, by the action', 'yaml')));
    const uses = (step, hands) => {
      assert.equal(step.uses, `workiq-auth/workiq-auth@v${version}`);
      return runAction(root, step, hands);
    };
    const { steps, env, summary } = await place.github(workflow, 'ask', { uses });
    assert.match(summary, /Sign-in/);
    const [, ours, , launcher, post] = steps;
    for (const { stdout, stderr } of [ours, launcher]) {
      assert.equal(answerIn(stdout).results[0].statusCode, 200);
      assert.doesNotMatch(stderr, /will be installed/);
    }
    assert.equal(post.name, 'post');
    assert.ok(!existsSync(env.WORKIQ_BROKER));
    assert.deepEqual(readdirSync(path.dirname(path.dirname(env.WORKIQ_BOUNDARY))), []);
  });

  describe('Azure Pipelines', () => {
    const play = (edit) => {
      const { SYSTEM_OIDCREQUESTURI, SYSTEM_ACCESSTOKEN } = tenant.pipelinesEnv;
      return playPipeline(place.own(recipe(PAGE, 'Azure Pipelines', 'yaml')), {
        folder: place.folder(),
        machine,
        macros: { 'System.AccessToken': SYSTEM_ACCESSTOKEN },
        connection: { name: 'workiq', env: { SYSTEM_OIDCREQUESTURI } },
        edit,
      });
    };

    test('reads mail by its service connection', async () => {
      const [installed, agent] = await play();
      assert.deepEqual(place.found(JSON.stringify(installed.env)), []);
      readMail(agent);
      place.signedIn(PIPELINES_SUBJECT);
    });

    test('gives its agent nothing that signs in', async () => holdsNothing((await play(withEnv)).at(-1)));
  });

  describe('GitLab CI', () => {
    const play = (edit) =>
      playGitlab(place.own(recipe(PAGE, 'GitLab CI', 'yaml')), {
        folder: place.folder(),
        machine,
        issue: (aud) => place.issue(CREDENTIALS.gitlab, aud),
        edit,
      });

    test('reads mail by its id token, whatever an earlier job left', async () => {
      readMail(await play());
      place.signedIn(CREDENTIALS.gitlab.subject);
    });

    test('gives its agent nothing that signs in', async () => holdsNothing(await play(withEnv)));
  });

  describe('Jenkins', () => {
    const groovy = () => place.own(recipe(PAGE, 'Jenkins', 'groovy'));
    const play = (edit) =>
      playJenkins(groovy(), {
        folder: place.folder(),
        machine,
        files: { 'workiq-certificate': tenant.certificates.pem },
        edit,
      });

    test('reads mail by its certificate', async () => {
      const [installed, agent] = await play();
      assert.equal(installed.env.WORKIQ_CLIENT_CERTIFICATE_PATH, undefined);
      readMail(agent);
      place.signedIn(tenant.clientId);
    });

    test('gives its agent nothing that signs in', async () => holdsNothing((await play(withEnv)).at(-1)));

    test('is read as Groovy reads it', () => {
      const inside = (line) => `withCredentials([]) {\n${line}\n        }\n`;
      assert.equal(readJenkins(inside('sh "a \\$top"')).lines[0].script, 'a $top');
      assert.throws(() => readJenkins(inside('sh "a $top"')), /takes \$ for a variable/);
      assert.equal(readJenkins(groovy()).lines.length, 2);
    });
  });

  describe('the container', () => {
    const TAG = 'workiq-auth';
    const commands = () => place.own(blocksUnder(PAGE, 'A container')[1].body).trim().split('\n');
    let image;
    before(async () => {
      image = await build(recipe(PAGE, 'A container', 'dockerfile'), { folder: place.folder(), machine });
    });

    test('serves a client over stdio by a certificate that is in no file', async () => {
      const [made, run] = commands();
      assert.equal(made, `docker build -t ${TAG} .`);
      const outside = { WORKIQ_CLIENT_CERTIFICATE: readFileSync(tenant.certificates.pem, 'utf8') };
      const child = start(image, run, outside, TAG);
      const said = { out: '', err: '' };
      child.stdout.setEncoding('utf8').on('data', (text) => (said.out += text));
      child.stderr.setEncoding('utf8').on('data', (text) => (said.err += text));
      child.stdin.end(`${hello}${CALL}`);
      const code = await new Promise((resolve) => child.once('close', resolve));
      assert.equal(code, 0, said.err);
      const answers = said.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const result = (id) => answers.find((one) => one.id === id).result;
      assert.equal(result('hello').serverInfo.name, 'WorkIQ');
      const [mine, others] = result(1).structuredContent.results;
      assert.equal(mine.statusCode, 200);
      assert.equal(others.error.code, 'outsideBoundary');
      place.signedIn(tenant.clientId);
    });

    /** The recipe's pod, with a program of its reader's in the image. */
    const playPodWith = (edit) => {
      writeFileSync(path.join(image.workdir, 'summary.mjs'), SUMMARY);
      return playPod(place.own(recipe(PAGE, 'Kubernetes', 'yaml')), {
        folder: place.folder(),
        workdir: image.workdir,
        machine: image.env,
        tenantId: tenant.tenantId,
        issue: () => place.issue(CREDENTIALS.pod),
        edit,
      });
    };

    test('Kubernetes: a program reads mail by the service account of its pod', async () => {
      const { account } = readManifest(recipe(PAGE, 'Kubernetes', 'yaml'));
      assert.equal(CREDENTIALS.pod.subject, `system:serviceaccount:default:${account.metadata.name}`);
      const result = await playPodWith();
      assert.deepEqual(place.found(JSON.stringify(result.env)), []);
      readMail(result);
      place.signedIn(CREDENTIALS.pod.subject);
    });

    test('Kubernetes: the program is given nothing that signs in', async () =>
      holdsNothing(await playPodWith((argv) => [...argv.slice(0, argv.indexOf('--') + 1), 'env'])));
  });
});

/** Mail of the one who is in the boundary, and of one who is not. */
const CALL = `${JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'fetch',
    arguments: {
      entityUrls: ['/users/ada@contoso.com/messages?$top=1', '/users/grace@contoso.com/messages'],
    },
  },
})}\n`;

/** A reader's program. */
const SUMMARY = `
import { spawnSync } from 'node:child_process';
const { status } = spawnSync('workiq-auth', ['fetch', '-u', '/users/ada@contoso.com/messages?$top=5'], { stdio: 'inherit' });
process.exitCode = status;
`;

describe('the recipes of the README and of docs/use.md', { skip }, () => {
  const README = 'README.md';
  const USE = 'docs/use.md';
  const settings = () => ({
    WORKIQ_AUTH_MODE: 'app-only',
    WORKIQ_TENANT_ID: 'contoso.onmicrosoft.com',
    WORKIQ_CLIENT_ID: tenant.clientId,
  });
  /** Runs lines in a folder, in which a reader has set who the application is. */
  const shell = (script, cwd, env = {}) =>
    runProgram('bash', ['-ec', script], { cwd, env: { ...machine, ...settings(), ...env } });

  test('GitHub Actions, with no secret', async () => {
    const { steps, ...rest } = parse(place.own(recipe(README, 'Recipes', 'yaml')));
    await place.github({ ...rest, jobs: { site: { steps } } }, 'site');
    assert.deepEqual(
      tenant.graphRequests.map((request) => request.path),
      ['/v1.0/sites/root'],
    );
  });

  test('a certificate that is made by hand', async () => {
    const cwd = place.folder();
    const [make, use] = place.own(recipe(README, 'Recipes', 'sh')).split(/^(?=export )/m);
    const made = await shell(make, cwd);
    assert.equal(made.code, 0, made.stderr);
    tenant.uploadCertificate(readFileSync(path.join(cwd, 'client.crt'), 'utf8'));
    const used = await shell(use, cwd);
    assert.equal(used.stdout, 'signed in\n', used.stderr);
    place.signedIn(tenant.clientId);
  });

  test('a client secret', async () => {
    const script = place.own(recipe(USE, 'Credentials', 'sh'));
    const { code, stdout, stderr } = await shell(
      script.replace('WORKIQ_CLIENT_SECRET=…', 'WORKIQ_CLIENT_SECRET="$SECRET"'),
      place.folder(),
      { SECRET: tenant.clientSecret },
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      answerIn(stdout).results.map(({ statusCode }) => statusCode),
      [200, 200],
    );
    assert.deepEqual(place.found(stdout + stderr), []);
    assert.equal(tenant.tokenRequests[0].form.client_secret, tenant.clientSecret);
  });

  test('a script of its reader gets a token', async () => {
    const body = recipe(USE, 'In code', 'js');
    const cwd = place.folder();
    writeFileSync(path.join(cwd, 'own.mjs'), `${body}\nconsole.log(token.split('.').length);\n`);
    const install = `npm install --silent --no-save workiq-auth@${version}`;
    const { stdout, stderr } = await shell(`${install} > log && node own.mjs`, cwd, {
      WORKIQ_CLIENT_SECRET: tenant.clientSecret,
    });
    assert.equal(stdout, '3\n', stderr);
  });
});
