// `npm run bench`: measures, prints, and after a whole run writes RESULTS.md and chart.svg.
//
//   --quick          few runs, to see whether it works; writes nothing
//   --only=a,b       only these rows; writes nothing
//   --runs=N         processes for the rows on start and memory (15)
//   --strict         fails when a bar is missed

import { existsSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensure, npm } from '../scripts/ensure.mjs';
import { judge } from './bars.mjs';
import { chart } from './chart.mjs';
import { experiments } from './experiments.mjs';
import { runFresh } from './process.mjs';
import { markdown, table, verdictLines } from './report.mjs';
import { measureSize } from './size.mjs';
import { openStage } from './stage.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const rows = [...new Set(experiments.flatMap(({ row }) => row)), 'size'];

function readFlags() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      runs: { type: 'string', default: '15' },
      strict: { type: 'boolean', default: false },
    },
  });
  const only = values.only?.split(',');
  const unknown = only?.find((row) => !rows.includes(row));
  if (unknown) throw new Error(`--only=${unknown}: the rows are ${rows.join(', ')}`);
  const start = Number(values.runs);
  if (!Number.isInteger(start) || start < 1) throw new Error(`--runs=${values.runs}: a number from 1 on`);
  const runs = values.quick ? { start: 3, some: 1, few: 1 } : { start, some: 5, few: 3 };
  return { only, runs, whole: !values.quick && !only, strict: values.strict };
}

async function ensurePeers() {
  if (existsSync(here('node_modules/.package-lock.json'))) return;
  console.log('Installing what is compared: npm ci');
  const { code } = await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here('.') });
  if (code !== 0) throw new Error('npm ci failed in the folder benchmark');
}

/** All candidates of one experiment in turn, `runs` times, after a round that only warms the disk's cache. */
async function carryOut(experiment, runs, stage, record) {
  const { candidates, scenario, proof, steps, parameters, check, figures, pace } = experiment;
  const warmUp = pace === 'start' ? 1 : 0;
  for (let run = 0; run < runs + warmUp; run++) {
    for (const candidate of candidates) {
      await stage.set(steps);
      const task = { candidate, scenario, setup: stage.setup[proof], parameters: parameters?.(candidate) };
      const result = await runFresh(task, stage.caPath);
      const counts = await stage.counts();
      check?.(result, counts);
      if (run < warmUp) continue;
      for (const [id, read] of Object.entries(figures)) record(id, candidate, read(result, counts));
    }
  }
}

async function measure({ only, runs }) {
  const results = {};
  const record = (id, candidate, value) => {
    results[id] ??= {};
    results[id][candidate] ??= [];
    results[id][candidate].push(value);
  };
  const wanted = (row) => !only || only.includes(row);
  const stage = await openStage();
  try {
    const chosen = experiments.filter(({ row }) => row.some(wanted));
    for (const [index, experiment] of chosen.entries()) {
      console.log(`${index + 1}/${chosen.length} ${experiment.row.join(', ')}`);
      await carryOut(experiment, runs[experiment.pace], stage, record);
    }
  } finally {
    await stage.close();
  }
  if (wanted('size')) await measureSize(record);
  return results;
}

try {
  const flags = readFlags();
  await ensure();
  await ensurePeers();
  const [load] = loadavg();
  const results = await measure(flags);
  const verdicts = judge(results);
  console.log(`\n${table(results)}\n\n${verdictLines(verdicts)}`);
  if (flags.whole) {
    writeFileSync(here('RESULTS.md'), markdown(results, verdicts, flags.runs, load));
    writeFileSync(here('chart.svg'), chart(results));
  }
  if (flags.strict && verdicts.some(({ passed }) => !passed)) process.exitCode = 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
