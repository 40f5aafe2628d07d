// Preload for `node --import workiq-auth/register`. When it is evaluated, `Module.runMain` has already
// been entered and is waiting for us, so a takeover happens right here: the top-level await below never
// settles, and the main script is never loaded.

import { createRequire } from 'node:module';

const mode = process.env.WORKIQ_AUTH_MODE;

if (mode && mode !== 'delegated') {
  const require = createRequire(import.meta.url);
  if (require('node:worker_threads').isMainThread) {
    const { claim, takeOver } = require('./takeover.cjs');
    const args = claim(process.argv, process.execArgv);
    if (args) await takeOver(args);
  }
}
