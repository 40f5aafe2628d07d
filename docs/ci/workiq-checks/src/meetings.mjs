// Which transcripts there are, by the tools of workiq-auth: the list is no model's to choose.

import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';

const manifest = createRequire(import.meta.url).resolve('workiq-auth/package.json');
const command = path.join(path.dirname(manifest), 'bin', 'workiq-auth.js');

/** Pages of one organizer that are read at most. */
const PAGES = 100;

/**
 * @typedef {object} Transcript
 * @property {string} path its text, as a path of Graph
 * @property {string} id
 * @property {string} meetingId
 * @property {string} date when it began
 */

async function call(...args) {
  const run = promisify(execFile)(process.execPath, [command, ...args, '--json'], { maxBuffer: 64 << 20 });
  const { stdout } = await run.catch((error) => {
    if (error.stdout === undefined) throw error;
    return error;
  });
  try {
    return JSON.parse(stdout);
  } catch {
    // Not signed in, or no broker: said on stderr, which the job's log has.
    throw new Error('workiq-auth gave no answer');
  }
}

/** The transcripts of an organizer's meetings, by all pages of the list. */
async function transcriptsOf({ id, from }) {
  const list = `/users/${id}/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='${id}',startDateTime=${from})`;
  const found = [];
  let next = list;
  for (let page = 0; next; page++) {
    if (page === PAGES) throw new Error(`more than ${PAGES} pages of transcripts`);
    const { statusCode, data, error } = await call('call-function', '-u', next);
    if (statusCode !== 200) throw new Error(`${statusCode} ${error?.code ?? ''}`.trim());
    found.push(...data.value);
    next = data['@odata.nextLink'];
  }
  return found.map((one) => ({
    id: one.id,
    meetingId: one.meetingId,
    date: one.createdDateTime,
    path: `/users/${id}/onlineMeetings/${encodeURIComponent(one.meetingId)}/transcripts/${encodeURIComponent(one.id)}/content?$format=text/vtt`,
  }));
}

/**
 * The transcripts of all organizers, oldest first.
 *
 * @param {{id: string, from: string}[]} organizers
 * @returns {Promise<Transcript[]>}
 * @throws what Graph or workiq-auth refused
 */
export async function listTranscripts(organizers) {
  const found = [];
  for (const organizer of organizers) found.push(...(await transcriptsOf(organizer)));
  return found.sort((a, b) => a.date.localeCompare(b.date));
}
