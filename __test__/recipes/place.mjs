// Where recipes are pasted: a fresh machine behind a proxy, on which Microsoft's own names lead to the test tenant, npm
// to a registry on loopback, and GitHub's API to one file.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeJwt } from 'jose';
import { startGitHubApi } from '../github-api.mjs';
import { openRegistry } from '../registry.mjs';
import { runJob } from '../runner.mjs';
import { findSecrets, keyLines } from '../secrets-support.mjs';
import { plain } from '../support.mjs';
import { defaultCredentials, EXCHANGE_AUDIENCE, PIPELINES_SUBJECT } from '../tenant/federation.mjs';
import { guid } from '../tenant/ids.mjs';
import { startTenant } from '../tenant/index.mjs';

const GITHUB = 'https://token.actions.githubusercontent.com';

/** Who may sign in, as an administrator would write it down: issuers and subjects. */
export const CREDENTIALS = {
  environment: { issuer: GITHUB, subject: 'repo:contoso/decisions:environment:workiq' },
  branch: { issuer: GITHUB, subject: 'repo:contoso/decisions:ref:refs/heads/main' },
  gitlab: {
    issuer: 'https://gitlab.com',
    subject: 'project_path:contoso/decisions:ref_type:branch:ref:main',
  },
  pod: { issuer: 'https://oidc.example/contoso/', subject: 'system:serviceaccount:default:workiq' },
};

const COMMIT = 'b'.repeat(40);

/** GitHub's API: one file, at the commit that the job is for. */
const startApi = () =>
  startGitHubApi(
    (pathname, search) =>
      pathname === '/repos/contoso/decisions/contents/.github/boundary.json' &&
      search.get('ref') === COMMIT && { users: ['ada@contoso.com'] },
  );

/** What each machine of the place has in its environment. */
const environment = (at, { registry, proxy, tenant }) => ({
  // As a fresh machine has it: without what npm puts before it for our own scripts.
  PATH: plain.PATH.split(path.delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .join(path.delimiter),
  HOME: path.join(at, 'home'),
  ...registry.env,
  HTTPS_PROXY: proxy.url,
  NO_PROXY: 'localhost,127.0.0.1',
  NODE_EXTRA_CA_CERTS: tenant.caPath,
});

/** Opens it. */
export async function openPlace() {
  const [, pipelines] = defaultCredentials(guid('tenant'));
  assert.equal(pipelines.subject, PIPELINES_SUBJECT);
  const federated = Object.values(CREDENTIALS).map((one) => ({ ...one, audience: EXCHANGE_AUDIENCE }));
  const tenant = await startTenant({
    roles: 'read',
    hosts: ['login.microsoftonline.com', 'graph.microsoft.com'],
    federatedCredentials: [...federated, pipelines],
  });
  const at = mkdtempSync(path.join(realpathSync(tmpdir()), 'workiq-recipes-'));
  for (const name of ['home', 'packages']) mkdirSync(path.join(at, name));
  const registry = await openRegistry(path.join(at, 'packages'));
  const api = await startApi();
  const proxy = await tenant.startProxy();
  const machine = environment(at, { registry, proxy, tenant });
  const [ada] = tenant.data.users;
  let count = 0;

  /** All that signs in, by name: of the tenant, of the CI systems, of the certificate. */
  const secrets = () => ({
    'the client secret': tenant.clientSecret,
    'the right to an id token': tenant.githubEnv.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    "the pipeline's token": tenant.pipelinesEnv.SYSTEM_ACCESSTOKEN,
    ...keyLines(readFileSync(tenant.certificates.pem, 'utf8')),
  });

  return {
    tenant,
    ada,
    machine,
    /** What stands in recipes for a reader's own, and the tenant's in its place. Names and the domain are as they are. */
    own: (text) =>
      [
        ['11111111-2222-4333-8444-555555555555', tenant.clientId],
        ['22222222-2222-4333-8444-555555555555', ada.id],
        ['33333333-2222-4333-8444-555555555555', tenant.pipelinesEnv.AZURESUBSCRIPTION_SERVICE_CONNECTION_ID],
      ].reduce((changed, [sample, real]) => changed.replaceAll(sample, real), text),
    /** A new folder. */
    folder() {
      count += 1;
      const made = path.join(at, `${count}`);
      mkdirSync(made);
      return made;
    },
    /** A token of one of {@link CREDENTIALS}. */
    issue: ({ issuer, subject }, aud = EXCHANGE_AUDIENCE) =>
      tenant.issueFederatedToken({ iss: issuer, sub: subject, aud, expiresIn: 900 }),
    /** What in a text signs in. */
    found: (text) => findSecrets(text, secrets()),
    /** Somebody signed in, each time by an assertion of that subject, and with no secret. */
    signedIn(subject) {
      assert.ok(tenant.tokenRequests.length > 0, 'nobody signed in');
      for (const { form, headers } of tenant.tokenRequests) {
        assert.equal(headers.host, 'login.microsoftonline.com');
        assert.equal(form.client_secret, undefined);
        assert.equal(decodeJwt(form.client_assertion).sub, subject);
      }
    },
    /** A workflow's job on GitHub, for the branch `main`, or in the environment that it names. */
    async github(workflow, name, options = {}) {
      const { environment: named } = workflow.jobs[name];
      assert.ok([undefined, 'workiq'].includes(named));
      const { subject } = named ? CREDENTIALS.environment : CREDENTIALS.branch;
      tenant.setGithubSubject(subject);
      const result = await runJob(workflow, name, {
        folder: this.folder(),
        machine,
        oidc: tenant.githubEnv,
        github: {
          repository: 'contoso/decisions',
          ref: 'refs/heads/main',
          sha: COMMIT,
          event: { repository: { private: true } },
          api_url: api.url,
        },
        ...options,
      });
      for (const { name: step, code, stdout, stderr } of result.steps)
        assert.equal(code, 0, `${step}\n${stdout}\n${stderr}`);
      this.signedIn(subject);
      // The right to ask for id tokens is each step's of such a job. Nothing else that signs in is anywhere.
      assert.deepEqual(this.found(JSON.stringify([result.env, result.outputs, result.summary])), []);
      return result;
    },
    async close() {
      await tenant.close();
      registry.close();
      await api.close();
      rmSync(at, { recursive: true, force: true });
    },
  };
}
