// The boundary of the job: what its administrator wrote, and not what a pull request made of it.

import { readFileSync } from 'node:fs';
import path from 'node:path';

const isJson = (text) => /^\s*[{[]/.test(text);

function event() {
  try {
    return JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH, 'utf8'));
  } catch {
    return {};
  }
}

/**
 * Where a file is taken from: of a pull request, or of a queue of such, the base branch as it is now. The commits of
 * the base that an event has will not do: a pull request's is from when it was last changed, before whatever has been
 * narrowed since, and a queue's holds what is queued before it.
 */
function trusted({ pull_request: pull, merge_group: queue }) {
  const { GITHUB_EVENT_NAME: name, GITHUB_SHA: own } = process.env;
  // The newest of the default branch, as the workflow is; the pull request chooses its base, an old branch perhaps.
  // docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request_target
  if (name === 'pull_request_target') return own;
  return pull?.base?.ref ? `refs/heads/${pull.base.ref}` : (queue?.base_ref ?? own);
}

/** The file's path in the repository. */
function inRepository(file, folder) {
  const root = process.env.GITHUB_WORKSPACE ?? '.';
  const relative = path.relative(root, path.resolve(root, folder, file));
  if (relative.startsWith('..') || path.isAbsolute(relative)) {
    throw new Error(`boundary: ${file} is not in the repository`);
  }
  return relative.split(path.sep).map(encodeURIComponent).join('/');
}

/**
 * The boundary as JSON text, from the input or from the file that it names, as that is where no pull request reaches.
 *
 * @param {{boundary: string, folder: string, token: string}} given
 * @returns {Promise<string>}
 */
export async function boundaryText({ boundary, folder, token }) {
  if (isJson(boundary)) return boundary;
  const { GITHUB_API_URL: api, GITHUB_REPOSITORY: repository } = process.env;
  const ref = trusted(event());
  const file = inRepository(boundary, folder);
  const response = await fetch(`${api}/repos/${repository}/contents/${file}?ref=${encodeURIComponent(ref)}`, {
    headers: {
      Accept: 'application/vnd.github.raw+json',
      Authorization: `Bearer ${token}`,
      'X-GitHub-Api-Version': '2022-11-28',
    },
    redirect: 'error',
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) {
    const hint =
      response.status === 404
        ? 'It has to be there, and the job needs permissions: contents: read.'
        : 'The job needs permissions: contents: read.';
    throw new Error(
      `boundary: ${boundary} cannot be read at ${ref}: GitHub answers ${response.status}. ${hint}`,
    );
  }
  return text;
}
