// Recipes as they stand on a page.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The blocks under a heading, in their order.
 *
 * @param {string} page from the root of the repository
 * @param {string} heading
 * @returns {{info: string, body: string}[]}
 */
export function blocksUnder(page, heading) {
  const text = readFileSync(path.join(root, page), 'utf8');
  const [, section] = text.split(new RegExp(`^#+ ${heading}$`, 'm'));
  if (section === undefined) throw new Error(`${page} has no heading ${heading}`);
  const [own] = section.split(/^#+ /m);
  return [...own.matchAll(/^```(\S*)[^\n]*\n(.*?)^```$/gms)].map(([, info, body]) => ({ info, body }));
}

/** The first block of a language under a heading. */
export function recipe(page, heading, language) {
  const found = blocksUnder(page, heading).find(({ info }) => info === language);
  if (!found) throw new Error(`${page}: nothing in ${language} under ${heading}`);
  return found.body;
}

/** The headings of a page that have a block below them. */
export function headings(page) {
  const text = readFileSync(path.join(root, page), 'utf8');
  const all = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  return all.filter((heading) => blocksUnder(page, heading).length > 0);
}

/** Fails where a part of a recipe has a key that whoever plays it does not know. */
export function only(part, keys, what) {
  const odd = Object.keys(part).find((key) => !keys.includes(key));
  if (odd) throw new Error(`${what}: nothing here plays ${odd}`);
}
