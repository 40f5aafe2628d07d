// Results as text: the same table and the same bars for the terminal and for RESULTS.md.

import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { candidates, figures, rounded, summary } from './figures.mjs';

const GB = 2 ** 30;

const readJson = (relative) => JSON.parse(readFileSync(new URL(relative, import.meta.url), 'utf8'));

/** The distribution by name, where the system says. */
function systemName() {
  const file = '/etc/os-release';
  const [, name] = (existsSync(file) && /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync(file, 'utf8'))) || [];
  return [name, os.type(), os.release(), os.arch()].filter(Boolean).join(', ');
}

/** The machine, in a line. */
export function machine() {
  const cpus = os.cpus();
  return `${cpus[0].model.trim()}, ${cpus.length} cores, ${Math.round(os.totalmem() / GB)} GB; ${systemName()}`;
}

/** Name and version of those compared, and the Node that a package asks for where this one is older. */
function versions() {
  const ours = readJson('../package.json');
  const peers = ['@azure/msal-node', '@azure/identity'].map((name) =>
    readJson(`node_modules/${name}/package.json`),
  );
  const major = Number(process.versions.node.split('.')[0]);
  return [ours, ...peers].map(({ name, version, engines }) => {
    const wanted = Number(/^>=(\d+)/.exec(engines?.node)?.[1]);
    return `\`${name}\` ${version}${wanted > major ? ` (asks for Node ${engines.node})` : ''}`;
  });
}

/**
 * The table, as Markdown.
 *
 * @param {Record<string, Record<string, number[]>>} results values by figure and candidate
 * @param {Record<string, string>} columns candidates and their names
 * @param {[string, string, number][]} rows figures: id, label, digits
 * @returns {string}
 */
export function table(results, columns = candidates, rows = figures) {
  const cells = rows
    .filter(([id]) => results[id])
    .map(([id, label, digits]) => [
      label,
      ...Object.keys(columns).map((candidate) => summary(results[id][candidate], digits)),
    ]);
  const line = (row) => `| ${row.join(' | ')} |`;
  return [
    line(['', ...Object.values(columns)]),
    line(['---', ...Object.keys(columns).map(() => '---:')]),
    ...cells.map(line),
  ].join('\n');
}

/**
 * The bars, one a line.
 *
 * @param {ReturnType<typeof import('./bars.mjs').judge>} verdicts
 * @returns {string}
 */
export function verdictLines(verdicts) {
  return verdicts
    .map(({ name, value, limit, passed }) => `${passed ? 'pass' : 'MISS'}  ${name}: ${value} (${limit})`)
    .join('\n');
}

/**
 * The bars, as a table in Markdown.
 *
 * @param {ReturnType<typeof import('./bars.mjs').judge>} verdicts
 * @returns {string}
 */
export function verdictTable(verdicts) {
  const rows = verdicts.map(
    ({ name, value, limit, passed }) => `| ${name} | ${value} | ${limit} | ${passed ? 'pass' : 'miss'} |`,
  );
  return ['| | measured | wanted | |', '| --- | ---: | ---: | --- |', ...rows].join('\n');
}

/**
 * The whole of RESULTS.md.
 *
 * @param {Record<string, Record<string, number[]>>} results values by figure and candidate
 * @param {ReturnType<typeof import('./bars.mjs').judge>} verdicts
 * @param {Record<string, number>} runs how many processes at each pace
 * @param {number} load how busy the machine was before: its load average over a minute
 * @returns {string}
 */
export function markdown(results, verdicts, runs, load) {
  return `# Benchmark

Written by \`npm run bench\`; do not edit.

- Machine: ${machine()}; load before ${rounded(load, 1)}
- Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}
- Compared: ${versions().join(', ')}

![Process start to first token, cached call and memory](chart.svg)

${table(results)}

Medians, with least and most in brackets. MB are 2^20 bytes.

## Bars

${verdictTable(verdicts)}

## How it is measured

- Every value comes from a fresh Node process, and the candidates take turns, all in one run. Start and memory: ${runs.start} processes each, after one that is not counted; cached calls and 1,000 calls at once: ${runs.some}; renewal: ${runs.few}.
- The endpoint is a process of its own on loopback, with TLS. All trust its CA by \`NODE_EXTRA_CA_CERTS\`. Node 20 then reads all its trust anchors as it starts, whoever does the TLS; Node 22 reads them when its own TLS is first used, so that \`workiq-auth\` starts sooner there. There is no network in these figures: what Entra takes comes on top, for everyone alike.
- Process start to first token is taken from outside: from just before the process is started until a byte, written as soon as the token is in hand, arrives. So the start of Node itself is in it. The other clock begins when Node says that the process began.
- "Bare \`node:https\`" is a POST written by hand, the least that a Node program can do: no cache, no checks, no retries. "Node alone" loads nothing.
- Peers are used through their documented API, as CommonJS, which loads faster than their ES modules. \`@azure/msal-node\` is given the authority's metadata, so that it makes one request, as with Microsoft's own hosts; \`@azure/identity\` has no such option and makes one more request before its first token, over the same connection.
- Cached calls are awaited one after the other. The others in memory are tokens for 1,000 other resources of the same client.
- Wrong secret: the endpoint answers 401 with AADSTS7000215. It answers after 50 ms here and in the row before.
- Due for renewal: the first token is valid for an hour and came with \`refresh_in\` 1; the calls come 2.5 s later. Requests are counted until 1.5 s after the last call returned.
- Installed: the files of the package and of all it depends on. Ours is two packages, one of them for the platform.
`;
}
