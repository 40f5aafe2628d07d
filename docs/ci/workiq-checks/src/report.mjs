// What people and later steps are shown: lines, annotations, a summary, outputs.
// docs.github.com/actions/reference/workflows-and-actions/workflow-commands

import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import process from 'node:process';

const WORDS = {
  agrees: 'The change goes with what was decided.',
  'nothing-decided': 'Nothing was decided about it.',
  contradicts: 'The change goes against a decision.',
  unknown: 'It could not be told. This is no approval.',
};

const data = (text) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** Text of strangers in a log: no line of its own, which the runner could take for a command. */
const logged = (text) => text.replace(/\p{Cc}+/gu, ' ').replaceAll('##[', '## [');

/** Text of strangers in Markdown: nothing in it is a link, a picture or a row. */
export const cell = (text) =>
  `\`\` ${text.replace(/\s+/g, ' ').replaceAll('`', "'").replaceAll('|', '\\|')} \`\``;

const when = ({ date, at }) => `${date.slice(0, 16).replace('T', ' ')} UTC, at ${at}`;
const where = ({ path, line }) => `${path}:${line}`;

function lines({ verdict, searched, rulings, problems }) {
  return [
    `decision check: ${verdict}. ${WORDS[verdict]}`,
    `  ${searched.read} of ${searched.transcripts} transcripts since ${searched.from} were read`,
    ...rulings.map(
      (one) =>
        `  ${one.ruling}: ${one.change ? `${where(one.change)}, ` : ''}meeting of ${when(one.meeting)}`,
    ),
    ...problems.map(({ code, message }) => `  ${code}: ${message}`),
  ];
}

function annotations({ verdict, rulings, problems }) {
  const against = rulings.filter(({ ruling }) => ruling === 'contradicts');
  const title = 'title=decision check';
  return [
    ...against.map(
      ({ change, meeting, decision }) =>
        `::error file=${property(change.path)},line=${change.line},${title}::${data(
          `This goes against a decision of the meeting of ${when(meeting)}.${decision ? ` ${decision}` : ''}`,
        )}`,
    ),
    ...(verdict === 'unknown' ? problems.map(({ message }) => `::error ${title}::${data(message)}`) : []),
  ];
}

function summary({ verdict, searched, rulings, problems }) {
  const rows = rulings.map(
    ({ ruling, change, meeting, decision }) =>
      `| ${ruling} | ${change ? cell(where(change)) : ''} | ${when(meeting)} | ${decision ? cell(decision) : ''} |`,
  );
  return [
    `### Decision check: ${verdict}`,
    '',
    `${WORDS[verdict]} ${searched.read} of ${searched.transcripts} transcripts since ${searched.from} were read.`,
    '',
    ...(rows.length > 0
      ? ['| | change | meeting | decision |', '| --- | --- | --- | --- |', ...rows, '']
      : []),
    ...problems.map(({ code, message }) => `- ${code}: ${cell(message)}`),
    '',
  ].join('\n');
}

/** Writes into one of the runner's files, if this is a runner. */
export function append(variable, text) {
  if (process.env[variable]) appendFileSync(process.env[variable], text);
}

function output(name, value) {
  const end = `end-${randomUUID()}`;
  append('GITHUB_OUTPUT', `${name}<<${end}\n${value}\n${end}\n`);
}

/** Tells a verdict on stdout, and to the runner: annotations, the job's summary, the outputs `verdict` and `json`. */
export function report(verdict) {
  process.stdout.write(`${lines(verdict).map(logged).join('\n')}\n`);
  if (process.env.GITHUB_ACTIONS) {
    for (const annotation of annotations(verdict)) process.stdout.write(`${annotation}\n`);
  }
  append('GITHUB_STEP_SUMMARY', summary(verdict));
  output('verdict', verdict.verdict);
  output('json', JSON.stringify(verdict));
}
