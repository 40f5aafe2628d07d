// What a process and those it has started take of the machine, as Linux counts it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';

const KB_PER_MB = 1024;
const NS_PER_MS = 1e6;

const read = (pid, file) => readFileSync(`/proc/${pid}/${file}`, 'utf8');

const kilobytes = (text, name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0);

const threads = (pid) => readdirSync(`/proc/${pid}/task`);

/** A file of a thread; empty where the thread has ended since it was listed. */
function ofThread(pid, thread, file) {
  try {
    return read(pid, `task/${thread}/${file}`);
  } catch {
    return '';
  }
}

/** Nanoseconds on a processor. Finer than the ticks in `stat`, which are as long as all that a start takes. */
const processorTime = (pid) =>
  threads(pid).reduce((sum, thread) => sum + Number(ofThread(pid, thread, 'schedstat').split(' ', 1)[0]), 0);

const children = (pid) =>
  threads(pid).flatMap((thread) => ofThread(pid, thread, 'children').split(' ').filter(Boolean));

const family = (pid) => [pid, ...children(pid).flatMap(family)];

/** Whether the system counts in this way. */
export const isCounted = ['schedstat', 'smaps_rollup', 'task'].every((file) =>
  existsSync(`/proc/self/${file}`),
);

/**
 * @param {number} pid
 * @returns {{cpuMs: number, rssMb: number, peakMb: number, privateMb: number}} time on a processor; resident memory,
 *   now and at its highest; and what of it no other process shares, which leaves out the pages of Node itself
 */
export function usage(pid) {
  const total = { cpuMs: 0, rssMb: 0, peakMb: 0, privateMb: 0 };
  for (const one of family(pid)) {
    const status = read(one, 'status');
    const rollup = read(one, 'smaps_rollup');
    total.cpuMs += processorTime(one) / NS_PER_MS;
    total.rssMb += kilobytes(status, 'VmRSS') / KB_PER_MB;
    total.peakMb += kilobytes(status, 'VmHWM') / KB_PER_MB;
    total.privateMb += (kilobytes(rollup, 'Private_Clean') + kilobytes(rollup, 'Private_Dirty')) / KB_PER_MB;
  }
  return total;
}
