// `npm run bench:guards`: what the guard rails cost a call, each against the same server without, in one run. Prints, and
// after a whole run writes GUARDS.md.
//
//   --rounds=N       fresh processes (5); fewer than 5 write nothing

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../figures.mjs';
import { keptEnvironment } from '../process.mjs';
import { servers, towardsEndpoint } from './candidates.mjs';
import { openSession } from './session.mjs';
import { openStage } from './stage.mjs';

const ROUNDS = 5;
const USERS = 16;
const ENTRIES = 10_000;
const PHASES = [
  { delayMs: 0, calls: 1500 },
  { delayMs: 20, calls: 150 },
];

/** A boundary in which the users of the load are the last of many. */
const boundary = JSON.stringify({
  users: [...Array(ENTRIES).keys()].map((number) => `user-${ENTRIES - 1 - number}@contoso.com`),
});

/** The guards: how a server gets each. `open` gives what is more in its environment, and what ends it. */
const GUARDS = {
  plain: { title: 'none' },
  boundary: {
    title: `a boundary of ${ENTRIES.toLocaleString('en')} users`,
    env: { WORKIQ_BOUNDARY: 'boundary.json' },
  },
  audit: { title: 'an audit', env: { WORKIQ_AUDIT_FILE: 'audit.jsonl' } },
  broker: { title: 'a broker', brokered: true },
  all: {
    title: 'all three',
    env: { WORKIQ_BOUNDARY: 'boundary.json', WORKIQ_AUDIT_FILE: 'audit-all.jsonl' },
    brokered: true,
  },
};

async function openBroker({ args, env }) {
  const [command] = args;
  const child = spawn(process.execPath, [command, 'broker'], { env: { ...keptEnvironment(), ...env } });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return {
    env: { WORKIQ_AUTH_MODE: 'app-only', WORKIQ_BROKER: JSON.parse(line).broker },
    async end() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function open(guard, stage) {
  const plain = towardsEndpoint(servers.ours, stage.setup);
  const files = Object.entries(guard.env ?? {}).map(([name, file]) => [name, join(stage.setup.folder, file)]);
  const guarded = { ...plain, env: { ...plain.env, ...Object.fromEntries(files) } };
  if (!guard.brokered) return openSession(guarded);
  const broker = await openBroker(guarded);
  const session = await openSession({ args: plain.args, env: broker.env });
  return {
    ...session,
    async end() {
      await session.end();
      await broker.end();
    },
  };
}

const message = (number) => ({
  name: 'fetch',
  arguments: { entityUrls: [`/users/user-${number % USERS}@contoso.com/messages/AAMkADhMGAAA=${number}`] },
});

/** Milliseconds of a call, the median, by guard: each call is made of all in turn, so that all have the same weather. */
async function measure(sessions, calls) {
  const times = sessions.map(() => []);
  const warmUp = Math.ceil(calls / 10);
  for (let number = 0; number < calls + warmUp; number++) {
    for (let turn = 0; turn < sessions.length; turn++) {
      const which = (turn + number) % sessions.length;
      const before = performance.now();
      const { at, result } = await sessions[which].request('tools/call', message(number));
      if (result.structuredContent?.results?.[0]?.statusCode !== 200) throw new Error(JSON.stringify(result));
      if (number >= warmUp) times[which].push(at - before);
    }
  }
  return times.map(median);
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: String(ROUNDS) } } });
const rounds = Number(values.rounds);
const stage = await openStage();
writeFileSync(join(stage.setup.folder, 'boundary.json'), boundary);
const ids = Object.keys(GUARDS);
const figures = PHASES.map(() => []);
try {
  for (let round = 0; round < rounds; round++) {
    const sessions = [];
    for (const guard of Object.values(GUARDS)) sessions.push(await open(guard, stage));
    for (const [index, { delayMs, calls }] of PHASES.entries()) {
      await stage.delay(delayMs);
      figures[index].push(await measure(sessions, calls));
    }
    for (const session of sessions) await session.end();
    console.log(`round ${round + 1} of ${rounds}`);
  }
} finally {
  await stage.close();
}

const rows = [];
for (const [index, { delayMs }] of PHASES.entries()) {
  const plain = figures[index].map((one) => one[0]);
  for (const [at, id] of ids.entries()) {
    const own = figures[index].map((one) => one[at]);
    const more = median(own.map((value, round) => value - plain[round]));
    const ratio = median(own.map((value, round) => value / plain[round]));
    const added = at === 0 ? '' : `${(more * 1000).toFixed(0)} µs`;
    rows.push([
      `${delayMs} ms`,
      GUARDS[id].title,
      median(own).toFixed(3),
      added,
      at === 0 ? '' : ratio.toFixed(3),
    ]);
  }
}
const heads = ['Graph answers after', 'guard', 'a call, ms', 'added', 'ratio'];
const lines = [heads, heads.map((_, at) => (at < 2 ? '---' : '---:')), ...rows];
const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
console.log(`\n${table}`);

if (rounds >= ROUNDS) {
  const [node, processor] = [process.version, cpus()[0]?.model.trim() || 'a processor without a name'];
  const text = `# What the guard rails cost

Written by \`npm run bench:guards\`: one \`fetch\` of 1 KB after another over MCP, through servers that differ in one guard
each and are asked in turn; medians of ${rounds} rounds of fresh processes. Node ${node}, ${cpus().length} × ${processor}, load ${loadavg()[0].toFixed(2)}.
The bars: a broker adds less than 300 µs, a boundary's check takes less than 20 µs, an audit makes a call of 20 ms at most
2 % longer.

${table}
`;
  writeFileSync(fileURLToPath(new URL('GUARDS.md', import.meta.url)), text);
}
