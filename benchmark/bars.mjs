// What we hold ourselves to. Each bar is judged by what the same run measured.

import { median, rounded } from './figures.mjs';

/** Ours beside another's, at the median. */
export const ratio = (id, to) => (of) => median(of(id, 'ours')) / median(of(id, to));
/** Ours at the median. */
export const middle = (id) => (of) => median(of(id, 'ours'));
/** For counts: the worst run decides, since a request too many is no noise. */
const worst = (id) => (of) => Math.max(...of(id, 'ours'));

/**
 * @typedef {{name: string, limit: number, digits: number, unit?: string, exactly?: boolean, below?: boolean,
 *   value: Function}} Bar
 */

/** @type {Bar[]} */
const own = [
  {
    name: 'process start to first token, secret ÷ bare node:https',
    limit: 0.85,
    digits: 3,
    value: ratio('startSecret', 'bare'),
  },
  {
    name: 'process start to first token, secret ÷ @azure/msal-node',
    limit: 0.4,
    digits: 3,
    value: ratio('startSecret', 'msal'),
  },
  { name: 'cached call ÷ @azure/msal-node', limit: 1 / 20, digits: 3, value: ratio('cached', 'msal') },
  { name: 'cached call', limit: 2, digits: 2, unit: 'µs', below: true, value: middle('cached') },
  {
    name: 'cached call among 1,000 other tokens',
    limit: 2,
    digits: 2,
    unit: 'µs',
    below: true,
    value: middle('cachedOthers'),
  },
  {
    name: '1,000 calls at once, nothing cached: requests',
    limit: 1,
    digits: 0,
    exactly: true,
    value: worst('concurrentRequests'),
  },
  {
    name: '1,000 calls at once, wrong secret: requests',
    limit: 1,
    digits: 0,
    exactly: true,
    value: worst('refusedRequests'),
  },
  {
    name: 'due for renewal, slow endpoint: the slowest call',
    limit: 50,
    digits: 1,
    unit: 'ms',
    below: true,
    value: (of) => Math.max(middle('refreshLatency')(of), middle('refreshCrowdLatency')(of)),
  },
  {
    name: 'due for renewal: requests for 100 calls',
    limit: 1,
    digits: 0,
    exactly: true,
    value: worst('refreshRequests'),
  },
  {
    name: 'due for renewal, endpoint down: calls that fail',
    limit: 0,
    digits: 0,
    exactly: true,
    value: worst('downFailed'),
  },
  {
    name: 'resident memory over bare node:https',
    limit: 6,
    digits: 1,
    unit: 'MB',
    value: (of) => median(of('rss', 'ours')) - median(of('rss', 'bare')),
  },
];

/**
 * Judges the bars for which this run has the figures.
 *
 * @param {Record<string, Record<string, number[]>>} results values by figure and candidate
 * @param {Bar[]} bars
 * @returns {{name: string, value: string, limit: string, passed: boolean}[]}
 */
export function judge(results, bars = own) {
  const of = (id, candidate) => results[id][candidate];
  return bars
    .filter(({ value }) => isMeasured(value, results))
    .map(({ name, limit, digits, unit, exactly, below, value }) => {
      const measured = value(of);
      const passed = exactly ? measured === limit : below ? measured < limit : measured <= limit;
      const words = exactly ? 'exactly' : below ? 'below' : 'at most';
      const text = (number) => [rounded(number, digits), unit].filter(Boolean).join(' ');
      return { name, value: text(measured), limit: `${words} ${text(limit)}`, passed };
    });
}

/** Whether all that a bar looks at is there; `--only` may have left it out. */
function isMeasured(value, results) {
  let complete = true;
  value((id, candidate) => {
    complete &&= Boolean(results[id]?.[candidate]);
    return [1];
  });
  return complete;
}
