// PowerShell read by its tree-sitter grammar, since PowerShell itself may not be here.

import { createRequire } from 'node:module';
import path from 'node:path';
import { Language, Parser } from 'web-tree-sitter';

const require = createRequire(import.meta.url);

async function createParser() {
  await Parser.init();
  const folder = path.dirname(require.resolve('tree-sitter-powershell/package.json'));
  const parser = new Parser();
  parser.setLanguage(await Language.load(path.join(folder, 'tree-sitter-powershell.wasm')));
  return parser;
}

const parser = await createParser();

function* nodes(node) {
  yield node;
  for (const child of node.children) yield* nodes(child);
}

/** The nearest command around a node. */
function commandOf(node) {
  let found = node.parent;
  while (found.type !== 'command') found = found.parent;
  return found;
}

/**
 * @param {string} source
 * @returns what the script holds: `errors` (line and text), `functions` (name to parameters), `commands`
 *   ({name, parameters, splatted, line})
 */
export function readScript(source) {
  const all = [...nodes(parser.parse(source).rootNode)];
  const line = (node) => node.startPosition.row + 1;
  return {
    errors: all
      .filter((node) => node.type === 'ERROR' || node.isMissing)
      .map((node) => `line ${line(node)}: ${node.text.slice(0, 60)}`),
    functions: new Map(
      all
        .filter((node) => node.type === 'function_statement')
        .map((node) => [
          node.children.find(({ type }) => type === 'function_name').text,
          node.children
            .filter(({ type }) => type === 'function_parameter_declaration')
            .flatMap((list) => list.descendantsOfType('script_parameter'))
            .map((one) => one.children.find(({ type }) => type === 'variable').text.slice(1)),
        ]),
    ),
    commands: all
      .filter((node) => node.type === 'command' && node.childForFieldName('command_name'))
      .map((node) => ({
        name: node.childForFieldName('command_name').text,
        parameters: node
          .descendantsOfType('command_parameter')
          .filter((one) => commandOf(one).id === node.id)
          .map((one) => one.text.replace(/^-|:$/g, '')),
        splatted: /(?<=\s)@\w+/.test(node.text),
        line: line(node),
      })),
  };
}
