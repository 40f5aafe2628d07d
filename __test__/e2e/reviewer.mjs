// The part that the model plays: it checks a pull request against what a meeting decided. Its answer is made of what
// its tools brought, so that it can only be right if that reached it.

import { SERVER } from './expected.mjs';

export const FETCH = `${SERVER}-fetch`;

/** The text of the pull request, and the question. */
export const PROMPT = `Does this pull request agree with what the architecture review decided?

Title: Offer orders over GraphQL
Adds a GraphQL endpoint beside REST, so that customers get an order with its lines in one call.`;

/** What the meeting decided about it. */
export const DECISION = 'the public API stays on REST, no GraphQL this year';

export const fetchCall = (...entityUrls) => ({ name: FETCH, arguments: { entityUrls } });

/** Where Graph has a meeting's transcripts. */
export const transcriptsOf = (meeting) =>
  `/users/${meeting.organizerId}/onlineMeetings/${encodeURIComponent(meeting.id)}/transcripts`;

/** Lists the meeting's transcripts, reads the one that it finds, and answers by the decision in it. */
export function reviewer(meeting) {
  const base = transcriptsOf(meeting);
  return (turn, { results }) => {
    if (turn === 0) return { calls: [fetchCall(base)] };
    if (turn === 1) {
      const id = /"id"\s*:\s*"([^"]+)"/.exec(results[0])?.[1] ?? 'none-was-found';
      return { calls: [fetchCall(`${base}/${encodeURIComponent(id)}/content?$format=text/vtt`)] };
    }
    const decision = /we decided: ([^.<"\\]+)/.exec(results[1])?.[1];
    return { text: decision ? `No: ${decision}.` : 'The transcript holds no decision about it.' };
  };
}
