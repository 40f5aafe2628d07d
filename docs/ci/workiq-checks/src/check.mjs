// The check of a pull request. It runs under `workiq-auth exec`, which holds the credential and the boundary:
//   workiq-auth exec --boundary boundary.json -- node src/check.mjs --boundary boundary.json --pull-request change.json
// Ends with 0 for agrees and nothing-decided, 1 for contradicts, 2 for wrong usage, 3 for unknown.

import process from 'node:process';
import { startAgents } from './agent.mjs';
import { judge } from './judge.mjs';
import { listTranscripts } from './meetings.mjs';
import { readJson, readOptions } from './options.mjs';
import { readAll } from './reader.mjs';
import { report } from './report.mjs';
import { EXIT_CODES, toVerdict } from './verdict.mjs';

/** Transcripts that are read at most. */
const MOST = 60;

/** Fills `found` as it goes, so that what fails leaves what was found before. */
async function search(organizers, found) {
  const fail = (code, message) => found.problems.push({ code, message });
  if (found.change.incomplete) fail('change', found.change.incomplete);

  let transcripts = [];
  try {
    transcripts = await listTranscripts(organizers);
  } catch (error) {
    return fail('list', `the transcripts could not be listed: ${error.message}`);
  }
  found.searched.transcripts = transcripts.length;
  if (transcripts.length === 0) return fail('no-transcripts', 'there is no transcript to search');
  if (transcripts.length > MOST)
    fail('too-many', `only the latest ${MOST} transcripts are read; take fewer days`);

  const agents = await startAgents();
  try {
    const { decisions, read, problems } = await readAll(agents, transcripts.slice(-MOST));
    found.decisions = decisions;
    found.searched.read = read;
    found.problems.push(...problems);
    if (decisions.length > 0) found.rulings = await judge(agents, decisions, found.change);
  } finally {
    await agents.close();
  }
}

async function main() {
  let options;
  let change;
  try {
    options = readOptions('pull-request');
    change = readJson(options.file);
  } catch (error) {
    process.stderr.write(`decision check: ${error.message}\n`);
    return 2;
  }
  const { organizers, from, quotes } = options;
  const searched = { from, organizers: organizers.length, transcripts: 0, read: 0 };
  const found = { change, searched, decisions: [], rulings: [], problems: [] };
  try {
    await search(organizers, found);
  } catch (error) {
    found.problems.push({ code: 'agent', message: error.message });
  }
  const verdict = toVerdict(found, quotes);
  report(verdict);
  return EXIT_CODES[verdict.verdict];
}

process.exitCode = await main();
