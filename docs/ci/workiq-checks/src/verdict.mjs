// What comes of it. Green is only what was searched to its end: whatever is missing makes it unknown.

/** Verdicts, and how the program ends with them. */
export const EXIT_CODES = { agrees: 0, 'nothing-decided': 0, contradicts: 1, unknown: 3 };

function verdictOf(rulings, problems) {
  const some = (wanted) => rulings.some(({ ruling }) => ruling === wanted);
  if (some('contradicts')) return 'contradicts';
  if (problems.length > 0) return 'unknown';
  return some('agrees') ? 'agrees' : 'nothing-decided';
}

/** A ruling as it may be told: those who read a repository were not in the meeting. */
function told({ ruling, reason, change, decision }, { quotes, ids }) {
  const { transcript, at, speaker, quote, decision: words } = decision;
  return {
    ruling,
    ...(change && { change }),
    meeting: {
      date: transcript.date,
      at,
      ...(ids && { meetingId: transcript.meetingId, transcriptId: transcript.id }),
    },
    ...(quotes && { decision: words, quote, speaker, reason }),
  };
}

/**
 * The verdict as JSON: verdict.schema.json.
 *
 * @param {object} found
 * @param {object} found.change as of `pull-request.mjs`
 * @param {{from: string, organizers: number, transcripts: number, read: number}} found.searched
 * @param {object[]} found.decisions
 * @param {object[]} found.rulings
 * @param {{code: string, message: string}[]} found.problems
 * @param {boolean} quotes whether what was said is told
 */
export function toVerdict({ change, searched, decisions, rulings, problems }, quotes) {
  const shown = { quotes: quotes && !change.public, ids: !change.public };
  return {
    version: 1,
    verdict: verdictOf(rulings, problems),
    repository: change.repository,
    pullRequest: change.number,
    headSha: change.headSha,
    searched,
    decisions: decisions.length,
    rulings: rulings.filter(({ ruling }) => ruling !== 'unrelated').map((one) => told(one, shown)),
    problems,
  };
}
