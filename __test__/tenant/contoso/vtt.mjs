/**
 * Transcripts: speech written as `Name: words`, timed, and given out as WebVTT.
 */

/** Cues with times in milliseconds, a word taking about 380. */
export function speak(script) {
  const cues = [];
  let clock = 4_200;
  for (const line of script.trim().split('\n')) {
    const [, speaker, text] = /^\s*([^:]+): (.*)$/.exec(line);
    const length = 900 + text.split(/\s+/).length * 380;
    cues.push({ speaker, text, from: clock, to: clock + length });
    clock += length + 650;
  }
  return cues;
}

function timestamp(milliseconds) {
  const two = (value) => String(Math.floor(value)).padStart(2, '0');
  const rest = String(milliseconds % 1000).padStart(3, '0');
  return `${two(milliseconds / 3_600_000)}:${two((milliseconds / 60_000) % 60)}:${two((milliseconds / 1000) % 60)}.${rest}`;
}

const times = ({ from, to }) => `${timestamp(from)} --> ${timestamp(to)}`;

/** WebVTT, with `<v Speaker>` unless the speakers are left out. */
export function toVtt(cues, { speakers = true } = {}) {
  const blocks = cues.map(
    (cue) => `${times(cue)}\n${speakers ? `<v ${cue.speaker}>${cue.text}</v>` : cue.text}`,
  );
  return `WEBVTT\n\n${blocks.join('\n\n')}\n`;
}

/** What `metadataContent` gives: each cue's payload is JSON. */
export function toMetadata(cues, start) {
  const moment = (milliseconds) => new Date(Date.parse(start) + milliseconds).toISOString();
  const blocks = cues.map((cue) => {
    const payload = {
      startDateTime: moment(cue.from),
      endDateTime: moment(cue.to),
      speakerName: cue.speaker,
      spokenText: cue.text,
      spokenLanguage: 'en-us',
    };
    return `${times(cue)}\n${JSON.stringify(payload)}`;
  });
  return `WEBVTT\n\n${blocks.join('\n\n')}\n`;
}
