// What a tree-sitter grammar does not understand in a text, for languages whose own tools are not here.

import { createRequire } from 'node:module';
import path from 'node:path';
import { Language, Parser } from 'web-tree-sitter';

const require = createRequire(import.meta.url);

/** A node and all below it. */
export function* nodes(node) {
  yield node;
  for (const child of node.children) yield* nodes(child);
}

/**
 * @param {string} name of the package with the grammar
 * @param {string} file of the grammar in it
 */
export async function createParser(name, file) {
  await Parser.init();
  const folder = path.dirname(require.resolve(`${name}/package.json`));
  const parser = new Parser();
  parser.setLanguage(await Language.load(path.join(folder, file)));
  return parser;
}

/** The mistakes in a tree, with their lines. */
export const errorsOf = (root) =>
  [...nodes(root)]
    .filter((node) => node.type === 'ERROR' || node.isMissing)
    .map((node) => `line ${node.startPosition.row + 1}: ${node.text.slice(0, 60)}`);
