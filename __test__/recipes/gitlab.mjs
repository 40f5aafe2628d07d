// A job of GitLab CI, as far as the recipe goes: its lines are one script of one shell.
// docs.gitlab.com/ci/yaml

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { runProgram } from '../runner.mjs';
import { only } from './page.mjs';

const KEYS = ['image', 'timeout', 'rules', 'id_tokens', 'variables', 'script'];

/**
 * @param {string} yaml of one job
 * @param {object} options
 * @param {string} options.folder
 * @param {Record<string, string>} options.machine
 * @param {(audience: string) => string} options.issue gives an id token
 * @param {(script: string) => string} [options.edit]
 * @returns {Promise<{code: number, stdout: string, stderr: string, env: object}>}
 */
export async function playGitlab(yaml, { folder, machine, issue, edit = (text) => text }) {
  const jobs = Object.values(parse(yaml));
  if (jobs.length !== 1) throw new Error('more than one job');
  const [job] = jobs;
  only(job, KEYS, 'job');
  const work = path.join(folder, 'builds');
  mkdirSync(work);
  // What an earlier job left there, which is to have no effect.
  writeFileSync(
    path.join(work, '.npmrc'),
    'registry=http://127.0.0.1:9/\nnode-options=--require=/stranger.js\n',
  );
  const tokens = Object.entries(job.id_tokens).map(([name, { aud }]) => [name, issue(aud)]);
  const env = {
    ...machine,
    GITLAB_CI: 'true',
    ...job.variables,
    ...Object.fromEntries(tokens),
  };
  const script = ['set -eo pipefail', ...job.script].join('\n');
  return { ...(await runProgram('bash', ['-c', edit(script)], { cwd: work, env })), env };
}
