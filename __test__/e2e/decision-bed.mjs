// The test bed of the check of pull requests: a runner, a tenant, a GitHub and a model, and what came of a run.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { runAction, runJob } from '../runner.mjs';
import { findSecrets } from '../secrets-support.mjs';
import { startTenant } from '../tenant/index.mjs';
import { added, installChecks, JOB_TOKEN, pull, read, startGitHub } from './checks.mjs';
import { decider } from './decider.mjs';
import { startModel } from './model.mjs';
import { openSurroundings, withoutCopilot } from './support.mjs';

const isVerdict = new Ajv({ validateFormats: false }).compile(JSON.parse(read('verdict.schema.json')));

/** Longest that one run may take. */
export const TIMEOUT_MS = 60_000;

/** Why nothing of it can run here; false if it can. */
export const skip =
  (process.platform === 'win32' && 'the steps are for bash') || withoutCopilot('@github/copilot-sdk');

/** The meetings of November, however late it is. */
const SINCE = '2026-11-01';

/** A change that a meeting decided against. */
export const GRAPHQL = added(
  'src/graphql.js',
  'const schema = buildSchema(types);',
  'app.use("/graphql", serve(schema));',
);

/** What an honest judge says of it. */
export const goesAgainst = (decision) =>
  /no GraphQL/.test(decision) && {
    ruling: 'contradicts',
    path: GRAPHQL.filename,
    line: 'app.use("/graphql", serve(schema));',
  };

/** Opens all of it. */
export async function openBed() {
  const tenant = await startTenant({ roles: 'read' });
  const surroundings = await openSurroundings('decision check');
  const github = await startGitHub();
  const checks = await installChecks();
  const ada = tenant.data.users.find((one) => one.userPrincipalName === 'ada@contoso.com');
  let jobs = 0;

  /** A YAML file of the folder, as its administrator has it: with the ids of the own tenant. */
  const yaml = (file) =>
    parse(
      read(file)
        .replaceAll('contoso.onmicrosoft.com', tenant.tenantId)
        .replaceAll('11111111-2222-4333-8444-555555555555', tenant.clientId),
    );

  /** What a job's machine has by itself: where the tenant and the model are, and an npm that has nothing left to do. */
  const machine = (model) => {
    const { WORKIQ_AUTH_MODE, WORKIQ_TENANT_ID, WORKIQ_CLIENT_ID, ...place } = tenant.env('github');
    for (const name of Object.keys(tenant.githubEnv)) delete place[name];
    return {
      ...surroundings.env,
      ...place,
      PATH: [checks.shims, path.dirname(process.execPath), process.env.PATH].join(path.delimiter),
      COPILOT_OFFLINE: 'true',
      COPILOT_MODEL: 'scripted',
      COPILOT_PROVIDER_BASE_URL: model.url,
    };
  };

  /** An empty folder for a job. */
  function folder() {
    jobs += 1;
    const at = path.join(surroundings.project, `job ${jobs}`);
    mkdirSync(at);
    return at;
  }

  /** Which meetings count: those of these organizers. */
  const boundary = (...organizers) =>
    writeFileSync(
      path.join(checks.at, 'boundary.json'),
      JSON.stringify({ organizers: organizers.map(({ id }) => ({ id, from: SINCE })) }),
    );

  /** Actions that steps use: ours, from the repository of the checks; and GitHub's, of which nothing is to be seen. */
  async function uses(step, hands) {
    if (step.uses === 'contoso/workiq-checks@main') return runAction(checks.at, step, hands);
    assert.match(step.uses, /^actions\/(?:checkout|upload-artifact)@[0-9a-f]{40}$/);
  }

  /**
   * Checks a pull request.
   *
   * @param {object} check
   * @param {object[]} [check.files] as GitHub lists them
   * @param {object} [check.shown] what GitHub says otherwise of the pull request
   * @param {object} [check.repository] of the event
   * @param {object[]} [check.organizers]
   * @param {object} [check.parts] of the model
   * @param {boolean} [check.quotes] whether the administrator lets what was said be told
   */
  async function check({
    files = [GRAPHQL],
    shown = {},
    repository,
    organizers = [ada],
    parts = {},
    quotes = false,
  }) {
    boundary(...organizers);
    const request = pull(files);
    github.show(files, { ...request, ...shown });
    const workflow = yaml('.github/workflows/decision-check.yml');
    if (quotes) workflow.jobs.check.steps[0].with.quotes = 'true';
    const model = await startModel(decider(parts));
    try {
      const ran = await runJob(workflow, 'check', {
        folder: folder(),
        machine: machine(model),
        oidc: tenant.githubEnv,
        github: {
          token: JOB_TOKEN,
          actor: 'ada',
          api_url: github.url,
          repository: 'contoso/orders',
          event: {
            pull_request: request,
            repository: { full_name: 'contoso/orders', private: true, visibility: 'private', ...repository },
          },
        },
        uses,
      });
      assert.deepEqual(model.problems, []);
      surroundings.assertLoopbackOnly();
      const inside = ran.steps[0].steps;
      const said = inside.map(({ stdout, stderr }) => stdout + stderr).join('');
      const verdict = ran.outputs.json && JSON.parse(ran.outputs.json);
      if (verdict) {
        assert.ok(isVerdict(verdict), JSON.stringify(isVerdict.errors));
        assert.equal(ran.outputs.verdict, verdict.verdict);
      }
      const secrets = { 'the token of the job': JOB_TOKEN };
      for (const [name, value] of Object.entries(tenant.githubEnv))
        if (name.endsWith('_TOKEN')) secrets[name] = value;
      const told = [said, ran.summary, ...model.requests.map((one) => JSON.stringify(one))];
      for (const text of told) assert.deepEqual(findSecrets(text, secrets), []);
      const { code, env } = inside.at(-1);
      return { code, env, said, verdict, model, summary: ran.summary, last: inside.at(-1).outcome };
    } finally {
      await model.close();
    }
  }

  /** What Graph was asked for beside the transcripts of these organizers. */
  const elsewhere = (...organizers) =>
    tenant.graphRequests
      .map((request) => decodeURIComponent(request.path))
      .filter((url) => !organizers.some(({ id }) => url.includes(`/users/${id}/onlineMeetings/`)));

  return {
    tenant,
    surroundings,
    github,
    checks,
    ada,
    yaml,
    machine,
    folder,
    boundary,
    uses,
    check,
    elsewhere,
    async close() {
      await surroundings.close();
      await github.close();
      await tenant.close();
      checks.remove();
    },
  };
}
