// What is measured. Each experiment takes all candidates in turn, each in a fresh process, once.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { keptEnvironment } from '../process.mjs';
import { plainly, servers, towardsEndpoint } from './candidates.mjs';
import { carryOut, phases } from './load.mjs';
import { openSession } from './session.mjs';
import { isCounted, usage } from './usage.mjs';

/** What a process still does once it has answered is counted with it. */
const SETTLE_MS = 100;
const PEERS_AND_OURS = ['lokka', 'softeria', 'ours'];
/** In a round that only warms up, less is enough. */
const SHORTER = 10;

/**
 * Where figures go: id of the figure, candidate, value.
 *
 * @typedef {(id: string, candidate: string, value: number) => void} Keep
 * @typedef {Awaited<ReturnType<typeof import('./stage.mjs').openStage>>} Stage
 */

function keepMemory(keep, moment, candidate, { rssMb, privateMb }) {
  keep(`${moment}Rss`, candidate, rssMb);
  keep(`${moment}Private`, candidate, privateMb);
}

/** Node that does nothing: how long it lives, and what it takes while it does. */
async function nodeAlone(keep) {
  const env = keptEnvironment();
  const before = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { env, stdio: 'ignore' }), 'exit');
  keep('start', 'node', performance.now() - before);
  if (!isCounted) return;
  const idle = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9); console.log()'], { env });
  await once(idle.stdout, 'data');
  await wait(SETTLE_MS);
  const used = usage(idle.pid);
  keep('startCpu', 'node', used.cpuMs);
  keepMemory(keep, 'start', 'node', used);
  idle.kill('SIGKILL');
  await once(idle, 'close');
}

/** From the start of the process until `initialize` is answered, and what was taken by then. */
async function start(stage, keep) {
  await nodeAlone(keep);
  for (const candidate of PEERS_AND_OURS) {
    const session = await openSession(plainly(servers[candidate], stage.setup));
    keep('start', candidate, session.initializeMs);
    if (isCounted) {
      await wait(SETTLE_MS);
      const used = usage(session.pid);
      keep('startCpu', candidate, used.cpuMs);
      keepMemory(keep, 'start', candidate, used);
    }
    await session.end();
  }
}

/** What a model is given of a tool. */
const forModel = ({ name, description, inputSchema }) => ({ name, description, inputSchema });

/** The cost of being there, for a model. */
async function tokens(stage, keep) {
  const list = async (server) => {
    const session = await openSession(plainly(server, stage.setup));
    const { result } = await session.request('tools/list');
    await session.end();
    return {
      tools: countTokens(JSON.stringify(result.tools.map(forModel))),
      result: countTokens(JSON.stringify(result)),
    };
  };
  for (const candidate of PEERS_AND_OURS) {
    const { tools, result } = await list(servers[candidate]);
    keep('tokens', candidate, tools);
    keep('tokensResult', candidate, result);
  }
  const { tools, result } = await list(servers.oursWrites);
  keep('tokensWrites', 'ours', tools);
  keep('tokensWritesResult', 'ours', result);
}

/** A server under the load. */
async function openServer(server, setup) {
  const session = await openSession(towardsEndpoint(server, setup));
  const call = async (wish) => {
    const { line, result, at } = await session.request('tools/call', server.tool(wish));
    if (!server.isRight(line, result))
      throw new Error(`not the answer that was asked for: ${line.slice(0, 300)}`);
    return at;
  };
  return { ...session, carryOut: (phase) => carryOut(call, phase) };
}

async function underLoad(runner, chosen, stage, keepPhase) {
  for (const phase of chosen) {
    await stage.delay(phase.delayMs);
    keepPhase(phase, await runner.carryOut(phase));
  }
}

/** The load, first by the bare client, then through each server. */
async function load(stage, keep, isWarmUp) {
  const shortened = (phase) => ({ ...phase, calls: Math.ceil(phase.calls / SHORTER) });
  const chosen = isWarmUp ? phases.map(shortened) : phases;

  const floor = {};
  const bare = stage.openBare();
  await underLoad(bare, chosen, stage, ({ id }, figure) => {
    floor[id] = figure;
    keep(id, 'bare', figure);
  });
  await bare.end();

  const keepBeside =
    (candidate, suffix = '') =>
    ({ id, atOnce }, figure) => {
      keep(id + suffix, candidate, figure);
      if (!atOnce) keep(`${id}${suffix}Added`, candidate, figure - floor[id]);
    };
  for (const candidate of PEERS_AND_OURS) {
    const server = await openServer(servers[candidate], stage.setup);
    const before = isCounted && usage(server.pid);
    await underLoad(server, chosen, stage, keepBeside(candidate));
    if (isCounted) {
      const after = usage(server.pid);
      keep('loadCpu', candidate, after.cpuMs - before.cpuMs);
      keepMemory(keep, 'load', candidate, after);
      keep('loadPeak', candidate, after.peakMb);
    }
    await server.end();
  }

  const pages = chosen.filter(({ what }) => what === 'page');
  const uncut = await openServer(servers.oursUncut, stage.setup);
  await underLoad(uncut, pages, stage, keepBeside('ours', 'Uncut'));
  await uncut.end();
}

/**
 * The experiments by the name that `--only` knows; `times` is how often each is done for one round of the run, and
 * `once` is for what does not vary.
 *
 * @type {{row: string, times: number, once?: boolean,
 *   carryOut: (stage: Stage, keep: Keep, isWarmUp: boolean) => Promise<void>}[]}
 */
export const experiments = [
  { row: 'tokens', times: 1, once: true, carryOut: tokens },
  { row: 'start', times: 5, carryOut: start },
  { row: 'load', times: 1, carryOut: load },
];
