// What Linux tells of processes: their children, their arguments, and the environment that they were started with.

import { readdirSync, readFileSync } from 'node:fs';

/** Why processes cannot be looked at here, for `skip`. */
export const unseen = process.platform !== 'linux' && 'takes /proc';

function read(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch (error) {
    // It has ended, or lets nobody look.
    return error.code === 'EACCES' ? { closed: true } : undefined;
  }
}

/** A process and all that it started. */
export function processTree(root) {
  const parents = new Map();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    const stat = read(name, 'stat');
    // The name of the program, which may hold anything, is in parentheses.
    if (typeof stat === 'string')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

/** The arguments of a process, as one text. */
export const argumentsOf = (pid) => read(pid, 'cmdline') ?? '';

/** The environment that a process was started with, as one text; `{closed: true}` where it lets nobody look. */
export const environmentOf = (pid) => read(pid, 'environ') ?? '';
