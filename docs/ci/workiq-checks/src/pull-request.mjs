// The change, read through GitHub's API as data: no checkout, no code of it is run.
// Prints it as JSON; the program that judges it has no token for GitHub's API.

import process from 'node:process';
import { isPublic, readEvent } from './options.mjs';

const TIMEOUT_MS = 30_000;
const PER_PAGE = 100;

/** GitHub lists so many files of a pull request at most. */
const FILES = 3000;

/** What a model is given at most, in characters of patches. */
const LARGEST = 200_000;

async function get(path) {
  const { GITHUB_API_URL: api, GITHUB_TOKEN: token } = process.env;
  const response = await fetch(`${api}${path}`, {
    headers: {
      Accept: 'application/vnd.github+json',
      Authorization: `Bearer ${token}`,
      'X-GitHub-Api-Version': '2022-11-28',
    },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) {
    throw new Error(
      `GitHub answers ${response.status} to ${path}; the job needs permissions: pull-requests: read, contents: read`,
    );
  }
  return response.json();
}

async function filesOf(pull) {
  const files = [];
  for (let page = 1; ; page++) {
    const some = await get(`${pull}/files?per_page=${PER_PAGE}&page=${page}`);
    files.push(...some);
    if (some.length < PER_PAGE) return files;
  }
}

/** Why what there is of the change is not all of it. */
function missing(pull, files, expected) {
  if (pull.head.sha !== expected) return 'the pull request has moved on since this run began';
  if (files.length >= FILES || files.length < pull.changed_files) return 'GitHub does not list all files';
  // A file of bytes has no patch and no changed lines; one that is too long for GitHub has lines, and no patch.
  const dark = files.find((file) => file.changes > 0 && file.patch === undefined);
  if (dark) return 'a file is too long for GitHub to show its change';
  const size = files.reduce((sum, { patch = '' }) => sum + patch.length, 0);
  if (size > LARGEST) return `the change is longer than ${LARGEST} characters`;
  return undefined;
}

async function readPullRequest() {
  const event = readEvent();
  if (!event?.pull_request) throw new Error('this is for events of pull requests');
  const { number, head } = event.pull_request;
  const path = `/repos/${event.repository.full_name}/pulls/${number}`;
  const files = await filesOf(path);
  // After the files, so that a push in between shows.
  const pull = await get(path);
  return {
    repository: event.repository.full_name,
    public: isPublic(event),
    number,
    headSha: head.sha,
    title: pull.title,
    body: pull.body ?? '',
    files: files.map((file) => ({ path: file.filename, status: file.status, patch: file.patch ?? '' })),
    incomplete: missing(pull, files, head.sha),
  };
}

try {
  process.stdout.write(`${JSON.stringify(await readPullRequest())}\n`);
} catch (error) {
  process.stderr.write(`decision check: ${error.message}\n`);
  process.exitCode = 3;
}
