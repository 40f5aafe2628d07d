// Whether words were said: a quote is one only if it stands in the transcript, word for word.

/** What two ways of writing the same words have in common: no case, one kind of quotes, dashes and spaces. */
function plain(text) {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[‘’‚‛`´]/g, "'")
    .replace(/[“”„«»]/g, '"')
    .replace(/[‐-―−]/g, '-')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A quote of less proves nothing: "yes" was said in every meeting. */
const LEAST = { words: 4, characters: 16 };

const CUE = /^(\d+:)?\d\d:\d\d\.\d{3} --> /;

/**
 * The cues of a transcript in WebVTT (https://www.w3.org/TR/webvtt1/).
 *
 * @param {string} vtt
 * @returns {{at: string, speaker: string | undefined, text: string}[]} `at` as hours, minutes and seconds
 */
export function cues(vtt) {
  const found = [];
  for (const block of vtt.split(/\r?\n\r?\n/)) {
    const lines = block.split(/\r?\n/);
    const timing = lines.findIndex((line) => CUE.test(line));
    if (timing < 0) continue;
    const [start] = lines[timing].split('.');
    const text = lines.slice(timing + 1).join(' ');
    found.push({
      at: start.length === 5 ? `00:${start}` : start,
      speaker: /<v(?:\.[^\s>]*)? ([^>]+)>/.exec(text)?.[1],
      text: text.replace(/<[^>]*>/g, ''),
    });
  }
  return found;
}

/**
 * Where a quote begins in a transcript. It may go on over the cues that follow, as speech does.
 *
 * @param {string} vtt the transcript
 * @param {string} quote
 * @returns {{at: string, speaker: string | undefined} | undefined} nothing where it was not said, or is too short
 */
export function findQuote(vtt, quote) {
  const wanted = plain(quote);
  if (wanted.length < LEAST.characters || wanted.split(' ').length < LEAST.words) return undefined;
  let said = '';
  const starts = [];
  const all = cues(vtt);
  for (const { text } of all) {
    const words = plain(text);
    starts.push(said.length);
    if (words) said += `${words} `;
  }
  const from = ` ${said}`.indexOf(` ${wanted}`);
  if (from < 0) return undefined;
  const { at, speaker } = all[starts.findLastIndex((start) => start <= from)];
  return { at, speaker };
}
