// The count of tests over several runs, and Node's test runner counted into it.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { root, run } from './ensure.mjs';

/** What has been counted so far. */
export const totals = { passed: 0, failed: 0, skipped: 0 };

/** Counts. */
export function add(passed, failed, skipped) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
}

/** The closing line. A failure is also one of the process. */
export function conclude() {
  process.exitCode = totals.failed > 0 ? 1 : 0;
  console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
}

/**
 * Runs Node's test runner: the spec reporter for people, TAP in a file for the count.
 *
 * @param {string[]} files
 * @param {{cwd?: string, timeoutMs: number}} options `timeoutMs` is the longest that one test file may take; a
 *   hang is then a failure with a name
 * @returns {Promise<boolean>} whether all passed
 */
export async function nodeTest(files, { cwd = root, timeoutMs }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'workiq-auth-test-'));
  const tap = path.join(folder, 'out.tap');
  try {
    const { code } = await run(
      process.execPath,
      [
        '--test',
        `--test-timeout=${timeoutMs}`,
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        '--test-reporter=tap',
        `--test-reporter-destination=${tap}`,
        ...files,
      ],
      { cwd },
    );
    const text = existsSync(tap) ? readFileSync(tap, 'utf8') : '';
    const count = (name) => Number(text.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))?.[1] ?? 0);
    add(count('pass'), count('fail') + count('cancelled'), count('skipped') + count('todo'));
    return code === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
