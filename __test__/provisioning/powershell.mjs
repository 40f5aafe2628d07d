// PowerShell read by its tree-sitter grammar, since PowerShell itself may not be here.

import { createParser, errorsOf, nodes } from './grammar.mjs';

const parser = await createParser('tree-sitter-powershell', 'tree-sitter-powershell.wasm');

/** The nearest command around a node. */
function commandOf(node) {
  let found = node.parent;
  while (found.type !== 'command') found = found.parent;
  return found;
}

/**
 * @param {string} source
 * @returns what the script holds: `errors` (line and text), `functions` (name to parameters), `commands`
 *   ({name, parameters, splatted, line}; `splatted` is the variable, if there is one)
 */
export function readScript(source) {
  const root = parser.parse(source).rootNode;
  const all = [...nodes(root)];
  const line = (node) => node.startPosition.row + 1;
  return {
    errors: errorsOf(root),
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
        splatted: /(?<=\s)@(\w+)/.exec(node.text)?.[1],
        line: line(node),
      })),
  };
}

/** The text of a string without its quotes. */
const unquoted = (text) => text.replace(/^(['"])(.*)\1$/s, '$2').replaceAll("''", "'");

/**
 * The parameters of a script, by name.
 *
 * @param {string} source
 * @returns {Map<string, {type: string, mandatory: boolean, set?: string[], pattern?: RegExp}>}
 */
export function readParameters(source) {
  const all = [...nodes(parser.parse(source).rootNode)];
  const block = all.find(({ type, parent }) => type === 'param_block' && parent.type === 'program');
  return new Map(
    block.descendantsOfType('script_parameter').map((one) => {
      const attributes = one.descendantsOfType('attribute').map((attribute) => ({
        name: attribute.descendantsOfType('attribute_name')[0]?.text,
        type: attribute.descendantsOfType('type_literal')[0]?.text.slice(1, -1),
        values: attribute.descendantsOfType('attribute_argument').map(({ text }) => unquoted(text)),
      }));
      const values = (name) => attributes.find((attribute) => attribute.name === name)?.values;
      const pattern = values('ValidatePattern');
      return [
        one.children.find(({ type }) => type === 'variable').text.slice(1),
        {
          type: attributes.find(({ type }) => type).type,
          mandatory: values('Parameter')?.includes('Mandatory') ?? false,
          set: values('ValidateSet'),
          // PowerShell looks at neither case, unless it is told to.
          pattern: pattern && new RegExp(pattern[0], 'i'),
        },
      ];
    }),
  );
}

/**
 * A command with its arguments, as they are bound.
 *
 * @param {string} source one command
 * @returns {{name: string, given: {parameter?: string, values: string[]}[]}} without `parameter`, it stands by itself
 */
export function readCommand(source) {
  const all = [...nodes(parser.parse(source).rootNode)];
  // The grammar wants a space between the words of a list (a,b), and PowerShell does not.
  const wrong = all.filter(
    (node) => node.type === 'ERROR' || (node.isMissing && node.parent.type !== 'command_argument_sep'),
  );
  const commands = all.filter(({ type }) => type === 'command');
  if (wrong.length > 0 || commands.length !== 1) throw new SyntaxError(source);
  const given = [];
  for (const element of commands[0].childForFieldName('command_elements')?.children ?? []) {
    if (element.type === 'command_argument_sep') continue;
    if (element.type === 'command_parameter') {
      given.push({ parameter: element.text.slice(1), values: [] });
      continue;
    }
    const values = element.type === 'generic_token' ? element.text.split(',').filter(Boolean) : [];
    if (values.length === 0) values.push(unquoted(element.text));
    const last = given.at(-1);
    const isListed = source[element.startIndex - 1] === ',' || element.text.startsWith(',');
    const goesOn = isListed || last?.values.length === 0;
    if (last && goesOn) last.values.push(...values);
    else given.push({ values });
  }
  return { name: commands[0].childForFieldName('command_name').text, given };
}
