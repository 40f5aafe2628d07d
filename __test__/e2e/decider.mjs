// The part that the model plays in the check of pull requests: honest, or deceived.

const textOf = (content) =>
  typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('');

/** What a session was asked, whose model this is. */
function question({ messages, results }) {
  const asked = messages
    .filter((one) => one.role === 'user')
    .map((one) => textOf(one.content))
    .join('\n');
  const path = /The path of the transcript: (\S+)/.exec(asked)?.[1];
  const decisions = [...asked.matchAll(/^(d\d+) \([^)]*\): (.*)$/gm)].map(([, id, decision]) => ({
    id,
    decision,
  }));
  return { path, decisions, results };
}

const fetch = (...entityUrls) => ({ name: 'workiq-fetch', arguments: { entityUrls } });
const record = (decisions) => ({ name: 'record_decisions', arguments: { decisions } });
const rule = (rulings) => ({ name: 'judge_decisions', arguments: { rulings } });

/** Every sentence by which a meeting says that it decided. */
export function decided(text) {
  const said = [...text.matchAll(/<v [^>]+>([^<]*\bdecided: [^<]*)</gi)].map(([, words]) => words);
  return said.map((quote) => ({ decision: quote.replace(/^.*decided: /i, ''), quote }));
}

/** Turns of one session, the first for no result yet; then it has done its work. */
const turns =
  (...calls) =>
  ({ results }) =>
    calls[results.length] ? { calls: [calls[results.length](results)] } : { text: 'Done.' };

/** Reads its transcript and records what was decided. */
export const honestReader = ({ path }) =>
  turns(
    () => fetch(path),
    ([text]) => record(decided(text)),
  );

/**
 * @param {object} parts
 * @param {(asked: {path: string}) => Function} [parts.reader] the turns of a session with a transcript
 * @param {(decision: string) => object} [parts.ruling] what an honest judge says of a decision; unrelated by default
 * @param {(asked: {decisions: object[]}) => Function} [parts.judge] the turns of the last session, in place of that
 */
export function decider({ reader = honestReader, ruling = () => ({}), judge }) {
  const honestJudge = ({ decisions }) =>
    turns(() =>
      rule(
        decisions.map(({ id, decision }) => ({
          decision: id,
          ruling: 'unrelated',
          reason: 'So it seems',
          ...ruling(decision),
        })),
      ),
    );
  return (_, asked) => {
    const session = question(asked);
    const play = session.path ? reader(session) : (judge ?? honestJudge)(session);
    return play(session);
  };
}

export const calls = { fetch, record, rule, turns };
