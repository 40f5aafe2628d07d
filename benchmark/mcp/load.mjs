// The load: what is asked for, how often and how many at once. The same for a server and for the bare client.

import { median } from '../figures.mjs';

const USERS = 16;
const PAGE_SIZE = 100;

/**
 * @typedef {{id: string, what: 'message' | 'page', delayMs: number, calls: number, atOnce?: number}} Phase
 * @typedef {{what: 'message' | 'page', user: string, message: string, top: number}} Wish
 */

/** @type {Phase[]} */
export const phases = [
  { id: 'message0', what: 'message', delayMs: 0, calls: 1000 },
  { id: 'page0', what: 'page', delayMs: 0, calls: 100 },
  { id: 'rate0', what: 'message', delayMs: 0, calls: 1000, atOnce: 16 },
  { id: 'message20', what: 'message', delayMs: 20, calls: 200 },
  { id: 'page20', what: 'page', delayMs: 20, calls: 50 },
  { id: 'rate20', what: 'message', delayMs: 20, calls: 640, atOnce: 16 },
];

/** Many mailboxes, since a considerate client asks one of them a few things at a time only. */
const wish = (what, number) => ({
  what,
  user: `user-${number % USERS}@contoso.com`,
  message: `AAMkADhMGAAA=${number}`,
  top: PAGE_SIZE,
});

/**
 * Where Graph has what is wished for.
 *
 * @param {Wish} wish
 * @returns {string}
 */
export const pathOf = ({ what, user, message, top }) =>
  what === 'page' ? `/users/${user}/messages?$top=${top}` : `/users/${user}/messages/${message}`;

/** Milliseconds of each call, one after the other. */
async function inTurn(call, what, calls) {
  const times = [];
  for (let number = 0; number < calls; number++) {
    const before = performance.now();
    times.push((await call(wish(what, number))) - before);
  }
  return times;
}

/** Calls a second, with `atOnce` under way. */
async function together(call, what, calls, atOnce) {
  let next = 0;
  const worker = async () => {
    while (next < calls) await call(wish(what, next++));
  };
  const before = performance.now();
  await Promise.all(Array.from({ length: atOnce }, worker));
  return (calls * 1000) / (performance.now() - before);
}

/**
 * Carries a phase out, after a tenth of it that is not counted.
 *
 * @param {(wish: Wish) => Promise<number>} call gives the time at which the answer was there
 * @param {Phase} phase
 * @returns {Promise<number>} the median call in milliseconds; with several at once, calls a second
 */
export async function carryOut(call, { what, calls, atOnce }) {
  const warmUp = Math.ceil(calls / 10);
  if (atOnce) {
    await together(call, what, warmUp, atOnce);
    return together(call, what, calls, atOnce);
  }
  await inTurn(call, what, warmUp);
  return median(await inTurn(call, what, calls));
}
