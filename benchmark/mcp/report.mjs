// RESULTS.md and what the chart shows.

import { readFileSync } from 'node:fs';
import { rounded } from '../figures.mjs';
import { machine, table, verdictTable } from '../report.mjs';
import { candidates, figures } from './figures.mjs';
import { phases } from './load.mjs';

const PEERS = ['@merill/lokka', '@softeria/ms-365-mcp-server'];

function versions() {
  const read = (relative) => JSON.parse(readFileSync(new URL(relative, import.meta.url), 'utf8'));
  const all = [read('../../package.json'), ...PEERS.map((name) => read(`node_modules/${name}/package.json`))];
  return all.map(({ name, version, license }) => `\`${name}\` ${version} (${license})`).join(', ');
}

/** The table with our columns. */
export const ownTable = (results) => table(results, candidates, figures);

/** @type {import('../chart.mjs').Subject} */
export const subject = {
  panels: [
    { id: 'start', title: 'Process start to initialize answered', unit: 'ms', digits: 0 },
    { id: 'message0Added', title: 'Added to a call that reads 1 KB', unit: 'ms', digits: 2 },
    { id: 'loadRss', title: 'Resident memory after the load', unit: 'MB', digits: 0 },
  ],
  names: { ours: 'workiq-auth mcp', lokka: 'lokka', softeria: 'ms-365-mcp-server', node: 'node -e 0' },
  label: 'workiq-auth mcp beside other MCP servers for Microsoft Graph: start, added latency, memory',
  note: `Medians of fresh processes, Node ${process.versions.node}, TLS on loopback. Shorter is better.`,
};

/**
 * The whole of RESULTS.md.
 *
 * @param {Record<string, Record<string, number[]>>} results values by figure and candidate
 * @param {ReturnType<typeof import('../bars.mjs').judge>} verdicts
 * @param {{start: number, load: number}} runs how many processes of each kind
 * @param {number} busy how busy the machine was before: its load average over a minute
 * @returns {string}
 */
export function markdown(results, verdicts, runs, busy) {
  const [message, page, together, slowMessage, slowPage, slowTogether] = phases.map(({ calls }) =>
    rounded(calls, 0),
  );
  return `# Benchmark of the MCP server

Written by \`npm run bench:mcp\`; do not edit.

- Machine: ${machine()}; load before ${rounded(busy, 1)}
- Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}
- Compared: ${versions()}

![Process start to initialize, added latency and memory](chart.svg)

${ownTable(results)}

Medians, with least and most in brackets, each value from one process. MB are 2^20 bytes.

## Bars

${verdictTable(verdicts)}

## How it is measured

- The candidates take turns, each in a fresh process, all in one run; a first round is not counted. Start: ${runs.start} processes each. Load: ${runs.load}. All are on one machine with the client and the endpoint, so a quiet machine matters, and what waits for a core is in the figures of all.
- Servers are started as \`node <script>\`, without npx. From just before the process is started until the line that answers \`initialize\` is here; the yardstick is \`node -e 0\` from start to exit. CPU time and memory are read from \`/proc\`, for the process and those it started, 100 ms after that answer. Node alone is one that waits. Most of what a Node process holds is Node's own code, which it shares with every other Node process; hence the line without shared pages.
- Peers are handed a token (\`USE_CLIENT_TOKEN\` and \`ACCESS_TOKEN\`; \`MS365_MCP_OAUTH_TOKEN\`), so that they need no sign-in at all; the second knows no other way without a user. \`workiq-auth\` signs in itself with a client secret, at its first call.
- The endpoint is a process of its own on loopback, with TLS, HTTP/2 and HTTP/1.1. Under load all trust its CA by \`NODE_EXTRA_CA_CERTS\`. The peers know Microsoft's hosts only: a script given with \`--require\` sends their connections to these hosts to the endpoint instead. The packages are as npm installs them, without install scripts.
- The calls: \`fetch\` with one path; \`Lokka-Microsoft\` with \`apiType\` \`graph\`, \`method\` \`get\` and the same path (\`USE_GRAPH_BETA=false\`); \`execute-tool\` with \`get-shared-mailbox-message\` or \`list-shared-mailbox-messages\`, which are there with \`--org-mode\`. All read \`/users/{id}/messages/{id}\` (1 KB) or \`/users/{id}/messages\` (200 KB). Each answer is checked to hold the end of the body; only \`workiq-auth\` by default cuts a large one, to 32 KB, and is measured both ways.
- One call after the other: ${message} of 1 KB and ${page} of 200 KB in each process where Graph takes 0 ms, ${slowMessage} and ${slowPage} where it takes 20 ms; 16 at once: ${together} and ${slowTogether}. Before each, a tenth of it is not counted. The time of a call ends when its line is here, before it is parsed. Added is what is left of the median without that of the bare client, a Node process that makes the same requests with \`node:https\` over connections that are kept alive, in the same round.
- Tokens are counted with o200k_base: of the array of name, description and input schema of each tool as JSON, and of the whole result.
- Peers write log files, as they do by default.
`;
}
