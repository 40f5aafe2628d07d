// What the programs are given: files, and whether what was said may be told.

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { organizersOf } from './organizers.mjs';

/** The JSON in a file. */
export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Whether anybody can read the repository of an event: what is not known to be private is public. */
export const isPublic = ({ repository }) =>
  !(repository?.private === true && repository.visibility !== 'public');

/** What the runner knows of the event; nothing where this is none. */
export const readEvent = () => process.env.GITHUB_EVENT_PATH && readJson(process.env.GITHUB_EVENT_PATH);

/**
 * Options of the command line: --boundary, --quotes, and one that names a file.
 *
 * @param {string} file the name of that option
 * @returns {{organizers: {id: string, from: string}[], from: string, quotes: boolean, file: string}} `from` is since when
 * @throws {Error} what is missing or wrong
 */
export function readOptions(file) {
  const { values } = parseArgs({
    options: {
      boundary: { type: 'string' },
      quotes: { type: 'string', default: 'false' },
      [file]: { type: 'string' },
    },
  });
  for (const name of ['boundary', file]) if (!values[name]) throw new Error(`--${name} is missing`);
  if (!/^(?:true|false)$/.test(values.quotes)) {
    throw new Error(`--quotes: "${values.quotes}" is neither true nor false`);
  }
  const organizers = organizersOf(readJson(values.boundary));
  return {
    organizers,
    from: organizers.map((one) => one.from).sort()[0],
    quotes: values.quotes === 'true',
    file: values[file],
  };
}
