// The check of pull requests as its users have it: the folder as a repository of its own, and a GitHub that answers for
// the pull request.

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGitHubApi } from '../github-api.mjs';
import { npm, packInto } from '../packed.mjs';

const source = fileURLToPath(new URL('../../docs/ci/workiq-checks', import.meta.url));
const clients = fileURLToPath(new URL('node_modules/@github', import.meta.url));

/** A file of the folder, as text. */
export const read = (file) => readFileSync(path.join(source, file), 'utf8');

/** The token of the job, which nobody but GitHub and the model's service may see. */
export const JOB_TOKEN = 'ghs_the-token-of-the-job';

/** A pull request as GitHub's API tells of it. */
export const pull = (files, more = {}) => ({
  number: 7,
  title: 'Offer orders over GraphQL',
  body: 'So that customers get an order with its lines in one call.',
  draft: false,
  changed_files: files.length,
  user: { login: 'ada' },
  head: { sha: 'a'.repeat(40), repo: { full_name: 'contoso/orders' } },
  base: { sha: 'b'.repeat(40), repo: { full_name: 'contoso/orders' } },
  ...more,
});

/** A file that is new, of these lines. */
export const added = (filename, ...lines) => ({
  filename,
  status: 'added',
  changes: lines.length,
  patch: [`@@ -0,0 +1,${lines.length} @@`, ...lines.map((line) => `+${line}`)].join('\n'),
});

/** GitHub's API for one pull request. `requests` are the paths that were asked for, with the token. */
export async function startGitHub() {
  const state = {};
  const base = '/repos/contoso/orders/pulls/7';
  const api = await startGitHubApi((pathname, search) => {
    const page = Number(search.get('page') ?? 1) - 1;
    const size = Number(search.get('per_page') ?? 30);
    return {
      [base]: state.pull,
      [`${base}/files`]: state.files?.slice(page * size, (page + 1) * size),
    }[pathname];
  });
  return {
    ...api,
    show(files, shown) {
      Object.assign(state, { files, pull: shown });
      api.requests.length = 0;
    },
  };
}

/** The repository with the check, as the runner has it, with all that `npm ci` would install. */
export async function installChecks() {
  const place = mkdtempSync(path.join(realpathSync(tmpdir()), 'the checks '));
  const program = path.join(place, 'program');
  mkdirSync(program);
  writeFileSync(path.join(program, 'package.json'), '{"private":true}');
  await npm(program, 'install', '--offline', '--no-audit', '--no-fund', ...(await packInto(place)));
  const at = path.join(place, 'workiq-checks');
  cpSync(source, at, { recursive: true });
  cpSync(path.join(program, 'node_modules'), path.join(at, 'node_modules'), { recursive: true });
  symlinkSync(clients, path.join(at, 'node_modules', '@github'), 'dir');
  // Its lock file is made by who copies the folder; here all is installed, and from a registry nothing comes.
  const shims = path.join(place, 'shims');
  mkdirSync(shims);
  writeFileSync(path.join(shims, 'npm'), '#!/bin/sh\n[ "$1" = ci ]\n', { mode: 0o755 });
  return { at, shims, remove: () => rmSync(place, { recursive: true, force: true }) };
}
