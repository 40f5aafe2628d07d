// `npm test`: every check, from a fresh clone on. The stages run in order and stop at the first that fails.
// The last line is the count over all Rust and Node test runs; a stage that fails without a count of its
// own (a lint, a build) counts as one failure, so that the line never calls a failed run clean.

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';

import { cargo, ensureBuilt, ensureInstalled, root, run, tool } from './ensure.mjs';
import { add, conclude, nodeTest, totals } from './tally.mjs';

const started = performance.now();

/** Longest that one test file may take; a hang is then a failure with a name. */
const TEST_TIMEOUT_MS = 15 * 60_000;

async function cargoTest(...args) {
  const { code, output } = await cargo(['test', '--release', '--workspace', '--no-fail-fast', ...args], {
    capture: true,
  });
  const summary = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm;
  for (const [, ...counts] of stripVTControlCharacters(output).matchAll(summary)) add(...counts.map(Number));
  return code === 0;
}

/** Those that take long have a command of their own, `npm run test:long`. */
const LONG = path.join('__test__', 'long');

/** The test files below `folder`, without those of nested packages, which have their own dependencies. */
function testFiles(folder) {
  const found = [];
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      const nested = entry.name === 'node_modules' || existsSync(path.join(root, file, 'package.json'));
      if (!nested && file !== LONG) found.push(...testFiles(file));
    } else if (/\.test\.[cm]?js$/.test(entry.name)) {
      found.push(file);
    }
  }
  return found.sort();
}

/** Says aloud that a stage has nothing to check, which is not a failure. */
function skip(reason) {
  console.log(`SKIPPED: ${reason}`);
  return true;
}

async function drift() {
  const files = ['native.js', 'native.d.ts'];
  const inside = await run('git', ['rev-parse', '--is-inside-work-tree'], { quiet: true });
  if (inside.code !== 0) return skip('not a git checkout, so there is nothing to compare with');
  const tracked = await run('git', ['ls-files', '--error-unmatch', '--', ...files], { quiet: true });
  if (tracked.code !== 0) {
    if (!process.env.CI) return skip('native.js and native.d.ts are not in git yet');
    console.error('native.js and native.d.ts belong into git: run npm run build and commit them');
    return false;
  }
  const { code } = await run('git', ['--no-pager', 'diff', '--exit-code', '--', ...files]);
  if (code !== 0)
    console.error('The generated files differ from the committed ones: commit what the build made');
  return code === 0;
}

async function endToEnd() {
  const folder = path.join('__test__', 'e2e');
  const cwd = path.join(root, folder);
  await ensureInstalled(folder);
  const files = readdirSync(cwd).filter((name) => /\.test\.[cm]?js$/.test(name));
  if (files.length > 0) return nodeTest(files.sort(), { cwd, timeoutMs: TEST_TIMEOUT_MS });
  console.error(`no test file in ${folder}`);
  return false;
}

const stages = {
  lint: ['format and lint', async () => (await run(process.execPath, ['scripts/lint.mjs'])).code === 0],
  rust: [
    'Rust tests',
    async () => {
      const units = await cargoTest('--all-targets');
      return (await cargoTest('--doc')) && units;
    },
  ],
  build: [
    'build of the add-on',
    async () => (await ensureBuilt()) || console.log('up to date') === undefined,
  ],
  drift: ['drift of generated files', drift],
  js: ['JavaScript tests', () => nodeTest(testFiles('__test__'), { timeoutMs: TEST_TIMEOUT_MS })],
  types: [
    'type tests',
    async () => (await tool('typescript', 'tsc', ['--noEmit', '-p', '__test__/types'])).code === 0,
  ],
  e2e: ['end-to-end tests', endToEnd],
};

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs one stage under its heading; says whether it passed. */
async function runStage(name) {
  const [title, check] = stages[name];
  const begun = performance.now();
  console.log(`\n== ${title} [${name}], ${seconds(started)} after the start`);
  const failedBefore = totals.failed;
  let ok;
  try {
    ok = await check();
  } catch (error) {
    console.error(error.message);
    ok = false;
  }
  if (!ok && totals.failed === failedBefore) add(0, 1, 0);
  console.log(`-- ${title}: ${ok ? 'ok' : 'FAILED'} in ${seconds(begun)}`);
  return ok;
}

/** The stages to run, from `--only`; throws where it names one that there is not. */
function selection() {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const names = values.only === undefined ? Object.keys(stages) : values.only.split(',');
  const unknown = names.find((name) => !Object.hasOwn(stages, name));
  if (unknown !== undefined) {
    throw new Error(`--only: no stage "${unknown}"; there are ${Object.keys(stages).join(', ')}`);
  }
  return names;
}

let names;
try {
  names = selection();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}

try {
  await ensureInstalled();
  for (const name of names) {
    if (await runStage(name)) continue;
    console.error(`\nStopped at: ${stages[name][0]}. To run it alone: npm test -- --only=${name}`);
    break;
  }
} catch (error) {
  console.error(error.message);
  add(0, 1, 0);
}

conclude();
