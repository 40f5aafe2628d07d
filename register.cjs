'use strict';

// Preload for `node --require workiq-auth/register`. It is read by every Node process that inherits
// NODE_OPTIONS, so the cheapest test comes first and nothing else is loaded where it fails.

const mode = process.env.WORKIQ_AUTH_MODE;

// Workers run `--require` preloads as well; what they run is never the main script.
if (mode && mode !== 'delegated' && require('node:worker_threads').isMainThread) {
  const Module = require('node:module');
  const proceed = Module.runMain;

  // Replaced, not hooked: with a preload for `--import` given too, that one is only reached through
  // `proceed`, so that a takeover happens once, however often and by whichever way we were preloaded.
  Module.runMain = function runMain(...rest) {
    const { claim, takeOver } = require('./takeover.cjs');
    const args = claim(process.argv, process.execArgv);
    if (args) takeOver(args);
    else return Reflect.apply(proceed, this, rest);
  };
}
