// `npm run test:long`: what takes too long for `npm test`. Each fuzz target for `--seconds` (600), then the tests in
// `__test__/long`. A crash leaves its input in fuzz/artifacts.

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { ensure, root, run } from './ensure.mjs';
import { add, conclude, nodeTest } from './tally.mjs';

/** One input may take this long; a sign-in that reads such a certificate would seem to hang. */
const INPUT_TIMEOUT_S = 30;

/** Longest that one test file may take. */
const TEST_TIMEOUT_MS = 60 * 60_000;

/** The names of the fuzz targets, a file each. */
function fuzzTargets() {
  return readdirSync(path.join(root, 'fuzz', 'fuzz_targets'))
    .filter((name) => name.endsWith('.rs'))
    .map((name) => path.basename(name, '.rs'))
    .sort();
}

/** Why there can be no fuzzing here; nothing if there can. */
async function fuzzingLacks() {
  if (process.platform === 'win32') return 'cargo-fuzz does not run on Windows';
  const works = async (...args) => (await run('cargo', args, { quiet: true })).code === 0;
  if (!(await works('+nightly', '--version'))) {
    return 'there is no nightly toolchain (rustup toolchain install nightly)';
  }
  if (!(await works('fuzz', '--version'))) return 'there is no cargo-fuzz (cargo install cargo-fuzz)';
}

/** Fuzzes one target, from its seeds and what earlier runs have found. */
async function fuzz(target, seconds) {
  const corpus = path.join('fuzz', 'corpus', target);
  mkdirSync(path.join(root, corpus), { recursive: true });
  const { code } = await run('cargo', [
    '+nightly',
    'fuzz',
    'run',
    target,
    corpus,
    path.join('fuzz', 'seeds', target),
    '--',
    `-max_total_time=${seconds}`,
    `-timeout=${INPUT_TIMEOUT_S}`,
    '-rss_limit_mb=2048',
    '-max_len=65536',
    '-print_final_stats=1',
  ]);
  return code === 0;
}

async function fuzzAll(seconds) {
  const lacks = await fuzzingLacks();
  for (const target of fuzzTargets()) {
    if (lacks) {
      console.log(`SKIPPED: fuzzing of ${target}: ${lacks}`);
      add(0, 0, 1);
      continue;
    }
    console.log(`\n== fuzzing of ${target} for ${seconds} s`);
    const ok = await fuzz(target, seconds);
    console.log(`-- fuzzing of ${target}: ${ok ? 'ok' : 'FAILED'}`);
    if (ok) add(1, 0, 0);
    else add(0, 1, 0);
  }
}

async function longTests() {
  const folder = path.join('__test__', 'long');
  const files = existsSync(path.join(root, folder))
    ? readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.test.mjs'))
    : [];
  if (files.length === 0) {
    console.log(`SKIPPED: there are no tests in ${folder}`);
    add(0, 0, 1);
    return;
  }
  console.log(`\n== ${folder}`);
  await ensure();
  const paths = files.sort().map((name) => path.join(folder, name));
  await nodeTest(paths, { timeoutMs: TEST_TIMEOUT_MS });
}

/** How long each target is fuzzed, from `--seconds`. */
function secondsEach() {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '600' } } });
  if (!/^[1-9]\d{0,5}$/.test(values.seconds)) throw new Error('--seconds: a whole number from 1 on');
  return Number(values.seconds);
}

let seconds;
try {
  seconds = secondsEach();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}

try {
  await fuzzAll(seconds);
  await longTests();
} catch (error) {
  console.error(error.message);
  add(0, 1, 0);
}
conclude();
