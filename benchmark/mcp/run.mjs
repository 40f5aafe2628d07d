// `npm run bench:mcp`: measures, prints, and after a whole run writes RESULTS.md and chart.svg.
//
//   --rounds=N       processes for the load (3), five times as many for the start; fewer than 3 write nothing
//   --only=a,b       only these: tokens, start, load; writes nothing
//   --strict         fails when a bar is missed

import { existsSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensure, npm } from '../../scripts/ensure.mjs';
import { judge } from '../bars.mjs';
import { chart } from '../chart.mjs';
import { verdictLines } from '../report.mjs';
import { bars } from './figures.mjs';
import { markdown, ownTable, subject } from './report.mjs';
import { openStage } from './stage.mjs';

const LEAST_ROUNDS = 3;

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

function readFlags() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: String(LEAST_ROUNDS) },
      only: { type: 'string' },
      strict: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds=${values.rounds}: a number from 1 on`);
  const only = values.only?.split(',');
  return { rounds, only, strict: values.strict, whole: !only && rounds >= LEAST_ROUNDS };
}

async function ensurePeers() {
  if (existsSync(here('node_modules/.package-lock.json'))) return;
  console.log('Installing what is compared: npm ci');
  const { code } = await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here('.') });
  if (code !== 0) throw new Error('npm ci failed in the folder benchmark/mcp');
}

async function measure({ rounds, only }) {
  // What it counts tokens with may have been installed a moment ago.
  const { experiments } = await import('./experiments.mjs');
  const rows = experiments.map(({ row }) => row);
  const unknown = only?.find((row) => !rows.includes(row));
  if (unknown) throw new Error(`--only=${unknown}: there are ${rows.join(', ')}`);

  const results = {};
  const record = (id, candidate, value) => {
    results[id] ??= {};
    results[id][candidate] ??= [];
    results[id][candidate].push(value);
  };
  const forget = () => {};
  const runs = {};
  const stage = await openStage();
  try {
    for (const { row, times, once, carryOut } of experiments) {
      if (only && !only.includes(row)) continue;
      console.log(row);
      if (!once) await carryOut(stage, forget, true);
      runs[row] = once ? 1 : times * rounds;
      for (let run = 0; run < runs[row]; run++) await carryOut(stage, record, false);
    }
  } finally {
    await stage.close();
  }
  return { results, runs };
}

try {
  const flags = readFlags();
  await ensure();
  await ensurePeers();
  const [busy] = loadavg();
  const { results, runs } = await measure(flags);
  const verdicts = judge(results, bars);
  console.log(`\n${ownTable(results)}\n\n${verdictLines(verdicts)}`);
  if (flags.whole) {
    writeFileSync(here('RESULTS.md'), markdown(results, verdicts, runs, busy));
    writeFileSync(here('chart.svg'), chart(results, subject));
  }
  if (flags.strict && verdicts.some(({ passed }) => !passed)) process.exitCode = 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
