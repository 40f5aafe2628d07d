'use strict';

// One fresh process, one candidate, one scenario. What to do comes in the environment, what came of it goes to
// stdout: a dot at the moment of the first token, then a line of JSON. CommonJS, because it starts sooner than an ES
// module, and because both peers load faster this way.

const { writeSync } = require('node:fs');

const MB = 2 ** 20;
const TOKEN_LENGTH = 1000;
const FILL_AT_ONCE = 20;

const task = JSON.parse(process.env.BENCHMARK_TASK);
const ownScope = `${task.setup.authorityHost}/.default`;
const otherScope = (number) => `https://resource-${number}.example/.default`;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const rssMb = () => process.memoryUsage.rss() / MB;

/**
 * The candidate's own call and how to read the token in what it returns, kept apart so that nothing of ours is timed
 * with the call; and how long its module took to load.
 */
function open() {
  const candidate = require(`./candidates/${task.candidate}.cjs`);
  const before = performance.now();
  const library = candidate.load();
  const importMs = performance.now() - before;
  return { importMs, call: candidate.create(library, task.setup), tokenOf: candidate.tokenOf };
}

/** The first token, checked: a candidate that is quick because it has nothing would win otherwise. */
async function firstToken({ call, tokenOf }) {
  const token = tokenOf(await call(ownScope));
  if (typeof token !== 'string' || token.length < TOKEN_LENGTH) throw new Error('no token came');
  return token;
}

/** Calls `callers` times at once; how long the slowest took, and how many were refused. */
async function callAtOnce({ call }, callers) {
  let failed = 0;
  let slowestMs = 0;
  const before = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      try {
        await call(ownScope);
      } catch {
        failed += 1;
      }
      slowestMs = Math.max(slowestMs, performance.now() - before);
    }),
  );
  return { failed, slowestMs };
}

/** Puts tokens of `others` other resources into memory. */
async function fill({ call }, others) {
  let next = 0;
  const worker = async () => {
    while (next < others) {
      next += 1;
      await call(otherScope(next));
    }
  };
  await Promise.all(Array.from({ length: FILL_AT_ONCE }, worker));
}

async function repeat({ call }, times) {
  let result;
  for (let i = 0; i < times; i++) result = await call(ownScope);
  return result;
}

const scenarios = {
  idle: async () => ({ rssMb: rssMb() }),

  async start() {
    const candidate = open();
    await firstToken(candidate);
    const insideMs = performance.now();
    writeSync(1, '.');
    return { importMs: candidate.importMs, insideMs, rssMb: rssMb() };
  },

  async cached({ others, warmUp, iterations }) {
    const candidate = open();
    const token = await firstToken(candidate);
    await fill(candidate, others);
    await repeat(candidate, warmUp);
    const before = performance.now();
    const last = await repeat(candidate, iterations);
    const tookMs = performance.now() - before;
    if (candidate.tokenOf(last) !== token) throw new Error('the token did not come from memory');
    return { microseconds: (tookMs * 1000) / iterations };
  },

  async concurrent({ callers }) {
    const { failed, slowestMs } = await callAtOnce(open(), callers);
    return { failed, wallMs: slowestMs, rssMb: rssMb() };
  },

  /** Calls when the first token is still valid, but due for renewal; then lets what runs in the background run. */
  async due({ callers, dueMs, lingerMs }) {
    const candidate = open();
    await firstToken(candidate);
    await wait(dueMs);
    const outcome = await callAtOnce(candidate, callers);
    await wait(lingerMs);
    return outcome;
  },
};

scenarios[task.scenario](task.parameters).then((result) => {
  writeSync(1, `\n${JSON.stringify(result)}\n`);
  // Connections that are kept alive would hold the process.
  process.exit(0);
});
