'use strict';

// Which processes are ours to serve: those that run Work IQ's command line with a verb we know. The
// tests go from cheap to dear; the file system is asked last, and native code is loaded by takeOver only.

const fs = require('node:fs');
const path = require('node:path');

const PACKAGE = '@microsoft/workiq';

/** Verbs served here. `agents` counts for `agents list` only; all others go on to Microsoft's program. */
const VERBS = new Set([
  'mcp',
  'ask',
  'fetch',
  'fetch-blob',
  'get-schema',
  'search-paths',
  'create',
  'update',
  'delete',
  'do-action',
  'call-function',
]);

/** Work IQ's global options, all of which take a value and may stand before the verb. */
const GLOBAL_OPTION = /^(?:--account|--log-level|-l)(?:([=:]).*)?$/s;

/** Ways to start Node in which the first argument is not a main script that is about to be run. */
const NO_MAIN_SCRIPT =
  /^(?:-[a-z]*[epci]|--(?:eval|print|check|interactive|test|run|watch|watch-path|build-sea)(?:=.*)?)$/s;

/** Index of the first of `args`, from `start` on, that is neither a global option nor its value. */
function skipGlobals(args, start) {
  let index = start;
  while (index < args.length) {
    const match = GLOBAL_OPTION.exec(args[index]);
    if (!match) break;
    index += match[1] ? 1 : 2;
  }
  return index;
}

/**
 * Whether the verb in Work IQ's arguments is one that we serve.
 *
 * @param {string[]} args the arguments after the script
 * @returns {boolean}
 */
function servesVerb(args) {
  const at = skipGlobals(args, 0);
  if (args[at] === 'agents') return args[skipGlobals(args, at + 1)] === 'list';
  return VERBS.has(args[at]);
}

/** The file that Node is going to run for `script`: with its extension, and behind any symlink. */
function resolveScript(script) {
  try {
    return fs.realpathSync(require.resolve(script));
  } catch {
    // Not a file: whatever Node has to say about it, it says by itself.
    return undefined;
  }
}

/** The `name` in the package.json nearest to `file`, as Node looks for it. */
function packageName(file) {
  for (let dir = path.dirname(file), last = ''; dir !== last; last = dir, dir = path.dirname(dir)) {
    let text;
    try {
      text = fs.readFileSync(path.join(dir, 'package.json'), 'utf8');
    } catch {
      continue;
    }
    try {
      return JSON.parse(text)?.name;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/**
 * Decides whether this process is one to take over.
 *
 * @param {string[]} argv as in `process.argv`
 * @param {string[]} execArgv as in `process.execArgv`
 * @returns {string[] | undefined} the arguments to serve; undefined leaves the process alone
 */
function claim(argv, execArgv) {
  const script = argv[1];
  const args = argv.slice(2);
  if (!script || !servesVerb(args)) return undefined;
  // Node makes the path of a main script absolute before any preload; `-` and code texts stay as given.
  if (!path.isAbsolute(script) || execArgv.some((option) => NO_MAIN_SCRIPT.test(option))) return undefined;
  const file = resolveScript(script);
  return file && packageName(file) === PACKAGE ? args : undefined;
}

/**
 * Serves `args` in place of the main script and ends the process.
 *
 * @param {string[]} args Work IQ's arguments, unchanged
 * @returns {Promise<never>}
 */
function takeOver(args) {
  return require('./run.cjs').run(args);
}

module.exports = { claim, servesVerb, takeOver };
