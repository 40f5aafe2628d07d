// The recipes of docs/ci, pasted: each on a machine of its CI system's making, with packages from a registry and
// Microsoft's own names, which lead through a proxy to the test tenant.

import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import { parse } from 'yaml';
import { addon } from './packed.mjs';
import { build, start } from './recipes/container.mjs';
import { playGitlab } from './recipes/gitlab.mjs';
import { playJenkins, readJenkins } from './recipes/jenkins.mjs';
import { playPod, readManifest } from './recipes/kubernetes.mjs';
import { blocksUnder, headings, recipe } from './recipes/page.mjs';
import { playPipeline } from './recipes/pipelines.mjs';
import { openRegistry } from './registry.mjs';
import { runAction, runJob } from './runner.mjs';
import { findSecrets, keyLines } from './secrets-support.mjs';
import { auditLines, hello, plain } from './support.mjs';
import { defaultCredentials, EXCHANGE_AUDIENCE, PIPELINES_SUBJECT } from './tenant/federation.mjs';
import { guid } from './tenant/ids.mjs';
import { startTenant } from './tenant/index.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const PAGE = 'docs/ci/README.md';
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** Who may sign in, as an administrator would write it down: issuers and subjects. */
const GITHUB = 'https://token.actions.githubusercontent.com';
const CREDENTIALS = {
  environment: { issuer: GITHUB, subject: 'repo:contoso/decisions:environment:workiq' },
  branch: { issuer: GITHUB, subject: 'repo:contoso/decisions:ref:refs/heads/main' },
  gitlab: {
    issuer: 'https://gitlab.com',
    subject: 'project_path:contoso/decisions:ref_type:branch:ref:main',
  },
  pod: { issuer: 'https://oidc.example/contoso/', subject: 'system:serviceaccount:default:workiq' },
};

let tenant;
let registry;
let place;
let api;
let machine;
let ada;

/** What stands in the recipes for a reader's own, and the tenant's in its place. Names and the domain are as they are. */
const own = (text) =>
  text
    .replaceAll('11111111-2222-4333-8444-555555555555', tenant.clientId)
    .replaceAll('22222222-2222-4333-8444-555555555555', ada.id)
    .replaceAll(
      '33333333-2222-4333-8444-555555555555',
      tenant.pipelinesEnv.AZURESUBSCRIPTION_SERVICE_CONNECTION_ID,
    );

/** GitHub's API: one file, at the commit that the job is for. */
function startApi() {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const there = pathname === '/repos/contoso/decisions/contents/.github/boundary.json';
    const found = there && searchParams.get('ref') === 'b'.repeat(40);
    response.writeHead(found ? 200 : 404).end(found ? '{"users":["ada@contoso.com"]}' : '{}');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const skip =
  (process.platform === 'win32' && 'the recipes are for Linux') ||
  (!addon && 'the add-on has not been built');

before(async () => {
  if (skip) return;
  const federated = Object.values(CREDENTIALS).map((one) => ({ ...one, audience: EXCHANGE_AUDIENCE }));
  tenant = await startTenant({
    roles: 'read',
    hosts: ['login.microsoftonline.com', 'graph.microsoft.com'],
    federatedCredentials: [
      ...federated,
      ...defaultCredentials(guid('tenant')).filter(({ subject }) => subject === PIPELINES_SUBJECT),
    ],
  });
  [ada] = tenant.data.users;
  place = mkdtempSync(path.join(realpathSync(tmpdir()), 'workiq-recipes-'));
  for (const name of ['home', 'packages']) mkdirSync(path.join(place, name));
  registry = await openRegistry(path.join(place, 'packages'));
  api = await startApi();
  const proxy = await tenant.startProxy();
  machine = {
    // As a fresh machine has it: without what npm puts before it for our own scripts.
    PATH: plain.PATH.split(path.delimiter)
      .filter((folder) => !folder.includes('node_modules'))
      .join(path.delimiter),
    HOME: path.join(place, 'home'),
    ...registry.env,
    HTTPS_PROXY: proxy.url,
    NO_PROXY: 'localhost,127.0.0.1',
    NODE_EXTRA_CA_CERTS: tenant.caPath,
  };
});
beforeEach(() => tenant?.reset());
after(async () => {
  await tenant?.close();
  registry?.close();
  api?.close();
  if (place) rmSync(place, { recursive: true, force: true });
});

let count = 0;
function folder() {
  count += 1;
  const made = path.join(place, `${count}`);
  mkdirSync(made);
  return made;
}

const issue =
  ({ issuer, subject }) =>
  (aud = EXCHANGE_AUDIENCE) =>
    tenant.issueFederatedToken({ iss: issuer, sub: subject, aud, expiresIn: 900 });

/** All that signs in, by name: of the tenant, of the CI systems, of the certificate. */
const secrets = () => ({
  'the client secret': tenant.clientSecret,
  'the right to an id token': tenant.githubEnv.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
  "the pipeline's token": tenant.pipelinesEnv.SYSTEM_ACCESSTOKEN,
  ...keyLines(readFileSync(tenant.certificates.pem, 'utf8')),
});

/** Somebody signed in, each time by an assertion of that subject, and with no secret. */
function signedIn(subject) {
  assert.ok(tenant.tokenRequests.length > 0, 'nobody signed in');
  for (const { form, headers } of tenant.tokenRequests) {
    assert.equal(headers.host, 'login.microsoftonline.com');
    assert.equal(form.client_secret, undefined);
    assert.equal(decodeJwt(form.client_assertion).sub, subject);
  }
}

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
  assert.deepEqual(findSecrets(stdout, secrets()), []);
  const names = [...stdout.matchAll(/^([A-Za-z_]\w*)=/gm)].map(([, name]) => name);
  const telling =
    /^(?:ACTIONS_ID_TOKEN|SYSTEM_(?:ACCESSTOKEN|OIDC)|.*FEDERATED_TOKEN_FILE|.*CLIENT_(?:SECRET|CERTIFICATE))/;
  assert.deepEqual(
    names.filter((name) => telling.test(name)),
    [],
  );
}

/** A workflow's job on GitHub, for the branch `main`. */
async function github(workflow, name, options = {}) {
  const environment = workflow.jobs[name].environment;
  const { subject } = environment === undefined ? CREDENTIALS.branch : CREDENTIALS.environment;
  assert.ok([undefined, 'workiq'].includes(environment));
  tenant.setGithubSubject(subject);
  const result = await runJob(workflow, name, {
    folder: folder(),
    machine,
    oidc: tenant.githubEnv,
    github: {
      repository: 'contoso/decisions',
      ref: 'refs/heads/main',
      sha: 'b'.repeat(40),
      event: { repository: { private: true } },
      api_url: `http://127.0.0.1:${api.address().port}`,
    },
    ...options,
  });
  for (const { name: step, code, stdout, stderr } of result.steps)
    assert.equal(code, 0, `${step}\n${stdout}\n${stderr}`);
  signedIn(subject);
  // The right to ask for id tokens is each step's of such a job; nothing else that signs in is anywhere.
  assert.deepEqual(findSecrets(JSON.stringify([result.env, result.outputs, result.summary]), secrets()), []);
  return result;
}

describe('the recipes of docs/ci', { skip }, () => {
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
    const workflow = () => parse(own(recipe(PAGE, 'GitHub Actions: every Monday', 'yaml')));
    const artifacts = [];
    const uses = (step, { workspace }) => {
      assert.match(step.uses, /^actions\/upload-artifact@/);
      const file = path.resolve(workspace, step.with.path);
      assert.ok(existsSync(file), `${step.with.path} is not there to be uploaded`);
      artifacts.push(file);
    };

    test('checks itself, reads transcripts of its organizer, and keeps an audit', async () => {
      const ofAda = tenant.data.meetings.filter(({ organizerId }) => organizerId === ada.id);
      const [latest] = ofAda.flatMap(({ transcripts }) => transcripts);
      latest.createdDateTime = new Date(Date.now() - 86_400_000).toISOString();
      const { steps, summary } = await github(workflow(), 'summary', { uses });
      assert.match(summary, /Sign-in/);
      const { data, note } = answerIn(steps.at(-2).stdout);
      assert.deepEqual(
        data.value.map(({ id }) => id),
        [latest.id],
      );
      assert.match(note, /left out.*of the last 7 days/);
      const lines = auditLines(artifacts.at(-1));
      assert.ok(lines.length > 0);
      assert.ok(JSON.stringify(lines).includes(ada.id));
      for (const { path: asked } of tenant.graphRequests)
        assert.ok(asked === '/v1.0/' || asked.startsWith(`/v1.0/users/${ada.id}/`), asked);
    });

    test('gives its agent nothing that signs in', async () => {
      const changed = workflow();
      const agent = changed.jobs.summary.steps.find(({ run }) => run?.includes('workiq-auth exec'));
      agent.run = withEnv(agent.run);
      changed.jobs.summary.steps = [changed.jobs.summary.steps[0], agent];
      tenant.setGithubSubject(CREDENTIALS.environment.subject);
      const { steps } = await runJob(changed, 'summary', {
        folder: folder(),
        machine,
        oidc: tenant.githubEnv,
      });
      holdsNothing(steps.at(-1));
    });
  });

  test('GitHub Actions, by the action', async () => {
    const workflow = parse(own(recipe(PAGE, 'GitHub Actions, by the action', 'yaml')));
    const uses = (step, hands) => {
      assert.equal(step.uses, `workiq-auth/workiq-auth@v${version}`);
      return runAction(root, step, hands);
    };
    const { steps, env, summary } = await github(workflow, 'ask', { uses });
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
      return playPipeline(own(recipe(PAGE, 'Azure Pipelines', 'yaml')), {
        folder: folder(),
        machine,
        macros: { 'System.AccessToken': SYSTEM_ACCESSTOKEN },
        connection: { name: 'workiq', env: { SYSTEM_OIDCREQUESTURI } },
        edit,
      });
    };

    test('reads mail by its service connection', async () => {
      const [installed, agent] = await play();
      assert.deepEqual(findSecrets(JSON.stringify(installed.env), secrets()), []);
      readMail(agent);
      signedIn(PIPELINES_SUBJECT);
    });

    test('gives its agent nothing that signs in', async () => holdsNothing((await play(withEnv)).at(-1)));
  });

  describe('GitLab CI', () => {
    const play = (edit) =>
      playGitlab(own(recipe(PAGE, 'GitLab CI', 'yaml')), {
        folder: folder(),
        machine,
        issue: issue(CREDENTIALS.gitlab),
        edit,
      });

    test('reads mail by its id token, whatever an earlier job left', async () => {
      readMail(await play());
      signedIn(CREDENTIALS.gitlab.subject);
    });

    test('gives its agent nothing that signs in', async () => holdsNothing(await play(withEnv)));
  });

  describe('Jenkins', () => {
    const groovy = () => own(recipe(PAGE, 'Jenkins', 'groovy'));
    const play = (edit) =>
      playJenkins(groovy(), {
        folder: folder(),
        machine,
        files: { 'workiq-certificate': tenant.certificates.pem },
        edit,
      });

    test('reads mail by its certificate', async () => {
      const [installed, agent] = await play();
      assert.equal(installed.env.WORKIQ_CLIENT_CERTIFICATE_PATH, undefined);
      readMail(agent);
      signedIn(tenant.clientId);
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
    const commands = () => own(blocksUnder(PAGE, 'A container')[1].body).trim().split('\n');
    let image;
    before(async () => {
      image = await build(recipe(PAGE, 'A container', 'dockerfile'), { folder: folder(), machine });
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
      signedIn(tenant.clientId);
    });

    /** The recipe's pod, with a program of its reader's in the image. */
    const playPodWith = (edit) => {
      writeFileSync(path.join(image.workdir, 'summary.mjs'), SUMMARY);
      return playPod(own(recipe(PAGE, 'Kubernetes', 'yaml')), {
        folder: folder(),
        workdir: image.workdir,
        machine: image.env,
        tenantId: tenant.tenantId,
        issue: () => issue(CREDENTIALS.pod)(),
        edit,
      });
    };

    test('Kubernetes: a program reads mail by the service account of its pod', async () => {
      const { account } = readManifest(recipe(PAGE, 'Kubernetes', 'yaml'));
      assert.equal(CREDENTIALS.pod.subject, `system:serviceaccount:default:${account.metadata.name}`);
      const result = await playPodWith();
      assert.deepEqual(findSecrets(JSON.stringify(result.env), secrets()), []);
      readMail(result);
      signedIn(CREDENTIALS.pod.subject);
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

describe("the README's recipe", { skip }, () => {
  test('GitHub Actions, with no secret', async () => {
    const { steps, ...rest } = parse(own(recipe('README.md', 'Recipes', 'yaml')));
    await github({ ...rest, jobs: { site: { steps } } }, 'site');
    assert.deepEqual(
      tenant.graphRequests.map((request) => request.path),
      ['/v1.0/sites/root'],
    );
  });
});
