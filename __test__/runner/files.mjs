// The files by which a step tells the runner something: GITHUB_ENV, GITHUB_OUTPUT, GITHUB_STATE and GITHUB_PATH.
// docs.github.com/actions/reference/workflows-and-actions/workflow-commands#environment-files

import { readFileSync } from 'node:fs';

/**
 * The names and values in such a file: `name=value`, or `name<<word`, lines, and the word again.
 *
 * @param {string} file
 * @returns {Record<string, string>}
 */
export function values(file) {
  const found = {};
  const lines = readFileSync(file, 'utf8').split('\n');
  for (let at = 0; at < lines.length; at++) {
    if (lines[at] === '') continue;
    const [, name, sign, rest] = /^([^=<]+)(=|<<)(.*)$/.exec(lines[at]) ?? [];
    if (name === undefined) throw new Error(`neither name=value nor name<<word: ${lines[at]}`);
    if (sign === '=') {
      found[name] = rest;
      continue;
    }
    const from = at + 1;
    at = lines.indexOf(rest, from);
    if (at === -1) throw new Error(`the value of ${name} has no end`);
    found[name] = lines.slice(from, at).join('\n');
  }
  return found;
}

/** What runners refuse in GITHUB_ENV: it would be a way into every later step. */
const REFUSED = ['NODE_OPTIONS'];

/** The variables that a step sets for later ones. */
export function variables(file) {
  const found = values(file);
  const refused = REFUSED.find((name) => name in found);
  if (refused) throw new Error(`${refused} cannot be set in GITHUB_ENV`);
  return found;
}

/** The folders that a step puts before the others, the last one first. */
export const folders = (file) => readFileSync(file, 'utf8').split('\n').filter(Boolean).reverse();
