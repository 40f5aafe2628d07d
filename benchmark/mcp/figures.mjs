// The figures by name, in the order of the table, and what we hold ourselves to.

import { middle, ratio } from '../bars.mjs';

/** The columns. */
export const candidates = {
  node: 'Node alone',
  bare: 'bare `node:https`',
  lokka: '`@merill/lokka`',
  softeria: '`@softeria/ms-365-mcp-server --discovery`',
  ours: '`workiq-auth mcp`',
};

const calls = (id, what) => [
  [id, `${what}: ms a call`, 2],
  [`${id}Added`, '– added to the bare client’s, ms', 2],
];

const uncut = (id) => [
  [`${id}Uncut`, '– uncut (`WORKIQ_RESPONSE_BYTES=1000000`), ms', 2],
  [`${id}UncutAdded`, '– added to the bare client’s, ms', 2],
];

/** A figure's id, what it says, and the digits that mean something. */
export const figures = [
  ['start', 'Process start to `initialize` answered, ms', 1],
  ['startCpu', 'CPU time after `initialize`, ms', 0],
  ['startRss', 'Resident memory after `initialize`, MB', 1],
  ['startPrivate', '– of which shared with no other process, MB', 1],
  ['tokens', 'Tokens of the tools as a model is given them', 0],
  ['tokensResult', '– of the whole result of `tools/list`', 0],
  ['tokensWrites', 'Tokens of the tools, `WORKIQ_ALLOW_WRITES=true`', 0],
  ['tokensWritesResult', '– of the whole result of `tools/list`', 0],
  ...calls('message0', '1 KB, Graph takes 0 ms'),
  ...calls('message20', '1 KB, Graph takes 20 ms'),
  ...calls('page0', '200 KB, Graph takes 0 ms'),
  ...uncut('page0'),
  ...calls('page20', '200 KB, Graph takes 20 ms'),
  ...uncut('page20'),
  ['rate0', '1 KB, 16 at once, Graph takes 0 ms: calls a second', 0],
  ['rate20', '1 KB, 16 at once, Graph takes 20 ms: calls a second', 0],
  ['loadCpu', 'CPU time for all these calls, ms', 0],
  ['loadRss', 'Resident memory after them, MB', 1],
  ['loadPrivate', '– of which shared with no other process, MB', 1],
  ['loadPeak', '– at its highest, MB', 1],
];

/** The same bar for each of the peers. */
const besidePeers = (name, id, limit) =>
  ['lokka', 'softeria'].map((peer) => ({
    name: `${name} ÷ ${candidates[peer].replaceAll('`', '')}`,
    limit,
    digits: 3,
    value: ratio(id, peer),
  }));

const added = (what, id) => ({
  name: `added to a call, ${what}`,
  limit: 1,
  digits: 2,
  unit: 'ms',
  below: true,
  value: middle(`${id}Added`),
});

/** @type {import('../bars.mjs').Bar[]} */
export const bars = [
  {
    name: 'process start to initialize ÷ node -e 0',
    limit: 1.5,
    digits: 3,
    value: ratio('start', 'node'),
  },
  ...besidePeers('process start to initialize', 'start', 1 / 4),
  ...besidePeers('resident memory after initialize', 'startRss', 1 / 2),
  ...besidePeers('resident memory after the load', 'loadRss', 1 / 2),
  { name: 'tokens of the tools, read-only', limit: 2500, digits: 0, value: middle('tokens') },
  added('1 KB, Graph takes 0 ms', 'message0'),
  added('1 KB, Graph takes 20 ms', 'message20'),
  added('200 KB, Graph takes 0 ms', 'page0'),
];
