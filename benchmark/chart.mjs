// The chart for the README: horizontal bars, drawn by hand so that it needs nothing and looks the same everywhere.

import { median, rounded } from './figures.mjs';

const WIDTH = 720;
const MARGIN = 24;
const LABEL_WIDTH = 150;
const VALUE_WIDTH = 90;
const BAR_HEIGHT = 16;
const BAR_STEP = 24;
const TITLE_HEIGHT = 30;
const PANEL_GAP = 22;
const BAR_LEFT = MARGIN + LABEL_WIDTH;
const BAR_SPACE = WIDTH - BAR_LEFT - VALUE_WIDTH - MARGIN;

/**
 * What a chart shows.
 *
 * @typedef {{panels: {id: string, title: string, unit: string, digits: number}[], names: Record<string, string>,
 *   label: string, note: string}} Subject
 */

/** @type {Subject} */
const TOKENS = {
  panels: [
    { id: 'startSecret', title: 'Process start to first token', unit: 'ms', digits: 0 },
    { id: 'cached', title: 'Call with the token in memory', unit: 'µs', digits: 1 },
    { id: 'rss', title: 'Resident memory after the first token', unit: 'MB', digits: 0 },
  ],
  names: {
    ours: 'workiq-auth',
    bare: 'bare node:https',
    msal: '@azure/msal-node',
    identity: '@azure/identity',
  },
  label: 'workiq-auth beside other ways to get a token: time to the first token, cached call, memory',
  note: `Medians of fresh processes, Node ${process.versions.node}, client secret, TLS on loopback. Shorter is better.`,
};

/** A card with a ground of its own: legible on a light and on a dark page, whether or not the style is heeded. */
const STYLE = `
    .card { fill: #ffffff; stroke: #d0d7de; }
    text { font: 13px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f; }
    .title { font-weight: 600; }
    .note { font-size: 12px; fill: #57606a; }
    .bar { fill: #9aa4af; }
    .ours { fill: #0969da; }
    @media (prefers-color-scheme: dark) {
      .card { fill: #0d1117; stroke: #30363d; }
      text { fill: #e6edf3; }
      .note { fill: #9198a1; }
      .bar { fill: #6e7681; }
      .ours { fill: #4493f8; }
    }`;

function bar({ candidate, name, value, share, top, unit, digits }) {
  const middle = top + BAR_HEIGHT / 2;
  const width = Math.max(2, share * BAR_SPACE).toFixed(1);
  const kind = candidate === 'ours' ? 'bar ours' : 'bar';
  return `
  <text x="${BAR_LEFT - 10}" y="${middle}" dy="0.35em" text-anchor="end">${name}</text>
  <rect class="${kind}" x="${BAR_LEFT}" y="${top}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>
  <text x="${BAR_LEFT + Number(width) + 8}" y="${middle}" dy="0.35em">${rounded(value, digits)} ${unit}</text>`;
}

/** One panel from `top` on, and where the next may begin. */
function panel({ id, title, unit, digits }, names, values, top) {
  const measured = Object.keys(names)
    .filter((candidate) => values[id][candidate])
    .map((candidate) => ({ candidate, value: median(values[id][candidate]) }));
  const most = Math.max(...measured.map(({ value }) => value));
  const first = top + TITLE_HEIGHT;
  const bars = measured.map(({ candidate, value }, index) =>
    bar({
      candidate,
      name: names[candidate],
      value,
      share: value / most,
      top: first + index * BAR_STEP,
      unit,
      digits,
    }),
  );
  const heading = `
  <text class="title" x="${MARGIN}" y="${top + 15}">${title}</text>`;
  return { drawing: heading + bars.join(''), next: first + measured.length * BAR_STEP + PANEL_GAP };
}

/**
 * The chart, as SVG.
 *
 * @param {Record<string, Record<string, number[]>>} results values by figure and candidate
 * @param {Subject} subject
 * @returns {string}
 */
export function chart(results, { panels, names, label, note } = TOKENS) {
  let top = MARGIN;
  const drawings = panels.map((wanted) => {
    const { drawing, next } = panel(wanted, names, results, top);
    top = next;
    return drawing;
  });
  const height = top + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">
  <style>${STYLE}
  </style>
  <rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>${drawings.join('')}
  <text class="note" x="${MARGIN}" y="${height - MARGIN + 4}">${note}</text>
</svg>
`;
}
