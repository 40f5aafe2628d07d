// What was decided of late, for a scheduled job. Runs under `workiq-auth exec`, as check.mjs does:
//   workiq-auth exec --boundary boundary.json -- node src/summary.mjs --boundary boundary.json --output decisions.json
// Ends with 0 if all was read, 2 for wrong usage, 3 if not.

import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { startAgents } from './agent.mjs';
import { listTranscripts } from './meetings.mjs';
import { isPublic, readEvent, readOptions } from './options.mjs';
import { readAll } from './reader.mjs';
import { append, cell } from './report.mjs';

/** A meeting with its decisions; what was said only if it was asked for. */
function toMeeting(transcript, decisions, quotes) {
  const own = decisions.filter((one) => one.transcript === transcript);
  return {
    date: transcript.date,
    meetingId: transcript.meetingId,
    transcriptId: transcript.id,
    decisions: own.map(({ at, speaker, decision, quote }) => ({
      at,
      ...(quotes && { decision, quote, speaker }),
    })),
  };
}

function markdown({ from, meetings, problems }) {
  const rows = meetings.map(({ date, decisions }) => {
    const words = decisions.map(({ at, decision }) => (decision ? `${at} ${cell(decision)}` : at));
    return `| ${date.slice(0, 16).replace('T', ' ')} | ${decisions.length} | ${words.join('<br>')} |`;
  });
  return [
    `### Decisions since ${from.slice(0, 10)}`,
    '',
    '| meeting (UTC) | decisions | at |',
    '| --- | ---: | --- |',
    ...rows,
    '',
    ...problems.map(({ message }) => `- Not read: ${message}`),
    '',
  ].join('\n');
}

async function main() {
  let options;
  try {
    options = readOptions('output');
  } catch (error) {
    process.stderr.write(`decisions: ${error.message}\n`);
    return 2;
  }
  const { organizers, from, file } = options;
  const event = readEvent();
  const quotes = options.quotes && !(event && isPublic(event));
  const transcripts = await listTranscripts(organizers);
  const agents = await startAgents();
  let found;
  try {
    found = await readAll(agents, transcripts);
  } finally {
    await agents.close();
  }
  const { decisions, problems } = found;
  const meetings = transcripts.map((one) => toMeeting(one, decisions, quotes));
  writeFileSync(file, `${JSON.stringify({ version: 1, from, meetings, problems }, undefined, 2)}\n`, {
    mode: 0o600,
  });
  const text = markdown({ from, meetings, problems });
  process.stdout.write(text);
  append('GITHUB_STEP_SUMMARY', text);
  return problems.length > 0 ? 3 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`decisions: ${error.message}\n`);
  process.exitCode = 3;
}
