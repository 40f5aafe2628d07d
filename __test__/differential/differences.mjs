/**
 * All known differences: [{right, why, cases: {scenario: [what ours does, what msal-node does]}}].
 *
 * The table is asserted both ways: a difference that is not in it fails, and so does one that is no longer there.
 */
import { answers } from './differences/answers.mjs';
import { calls } from './differences/calls.mjs';
import { faults } from './differences/faults.mjs';
import { refusals } from './differences/refusals.mjs';

const groups = [...answers, ...refusals, ...faults, ...calls];

/** @returns {Map<string, {ours: string, msal: string, right: string, why: string}>} by scenario */
export function tabulate(list) {
  const table = new Map();
  for (const { right, why, cases } of list) {
    if (!['ours', 'msal-node', 'either'].includes(right)) throw new TypeError(`right: ${right}`);
    for (const [name, [ours, msal]] of Object.entries(cases)) {
      if (table.has(name)) throw new TypeError(`${name} is listed twice`);
      if (ours === msal) throw new TypeError(`${name} is listed, and is no difference`);
      table.set(name, { ours, msal, right, why });
    }
  }
  return table;
}

export const differences = tabulate(groups);

/**
 * What is wrong with an outcome; undefined if nothing is.
 *
 * @param {{ours: string, msal: string}} outcome
 * @param {{ours: string, msal: string}} [listed]
 */
export function judge({ ours, msal }, listed) {
  if (!listed) {
    return ours === msal ? undefined : `a difference that is not listed:\n  ours ${ours}\n  msal ${msal}`;
  }
  if (ours === msal) return `the listed difference is gone: both ${ours}`;
  const wrong = [];
  if (ours !== listed.ours) wrong.push(`ours:\n  listed ${listed.ours}\n  found  ${ours}`);
  if (msal !== listed.msal) wrong.push(`msal-node:\n  listed ${listed.msal}\n  found  ${msal}`);
  return wrong.length > 0 ? wrong.join('\n') : undefined;
}
