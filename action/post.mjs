// After the job: ends the broker, and removes what the step wrote.

import { rmSync } from 'node:fs';
import { notice } from './runner.mjs';

const { STATE_broker: pid, STATE_folder: folder } = process.env;

if (pid) {
  try {
    process.kill(Number(pid), 'SIGTERM');
    notice('The broker has ended.');
  } catch (error) {
    // It may have ended by itself.
    if (error.code !== 'ESRCH') throw error;
  }
}
// Windows lets go of the broker's files only some time after it has ended.
if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
