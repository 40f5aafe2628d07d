'use strict';

// The run loop behind the command and the preload: native code does the work and prints by itself; here
// are only what Node does better (signals, child processes) and the end of the process. `process.stdin`
// and `process.stdout` are never touched: that would change the blocking mode of descriptors 0 and 1.

const fs = require('node:fs');
const path = require('node:path');
const { constants } = require('node:os');

/** How long the native side may take to wind up after a signal. */
const GRACE_MS = 800;

const BUILT_FOR = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];

/** Writes to stderr, and returns when it is written: process.exit() would cut an asynchronous write off. */
function say(text) {
  let rest = Buffer.from(text);
  const deadline = Date.now() + 1000;
  while (rest.length > 0 && Date.now() < deadline) {
    try {
      rest = rest.subarray(fs.writeSync(2, rest));
    } catch (error) {
      // A full pipe in non-blocking mode is worth another try; a closed one is not.
      if (error.code !== 'EAGAIN') return;
    }
  }
}

/** The exit code by which a shell reports death by `signal`. */
function signalCode(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}

/**
 * Says in two lines why the native add-on is not there, and what to run.
 *
 * @param {Error} error what the generated loader threw
 * @param {string} [host] platform and architecture
 * @returns {string}
 */
function explainMissing(error, host = `${process.platform}-${process.arch}`) {
  if (!BUILT_FOR.includes(host)) {
    return `workiq-auth: there is no build of the native add-on for ${host}.\nRun it on one of: ${BUILT_FOR.join(', ')}.\n`;
  }
  // The loader tries several files; one that is there but cannot be loaded tells more than those missing.
  for (let cause = error; cause; cause = cause.cause) {
    if (cause.code === 'ERR_DLOPEN_FAILED') {
      const reason = String(cause.message).split('\n', 1)[0];
      return `workiq-auth: the native add-on for ${host} cannot be loaded: ${reason}\nRun: npm rebuild workiq-auth, or install it again on this machine: npm install --include=optional workiq-auth\n`;
    }
  }
  return `workiq-auth: the native add-on for ${host} is not installed; npm left the optional package out (--omit=optional, or a lock file made on another platform).\nRun: npm install --include=optional workiq-auth (if that does not help, remove node_modules and package-lock.json first)\n`;
}

/** Quotes one argument for a batch file, which cmd.exe parses before the program's own runtime does. */
function quoteForBatch(argument) {
  if (/[\0\r\n]/.test(argument)) {
    throw new Error('an argument with a line break or NUL cannot be passed to a .cmd or .bat file safely');
  }
  // Backslashes count only before a quote. `%` is followed by an expansion that is always empty, so that
  // no pair of percent signs is left to enclose the name of a variable.
  const text = argument.replace(/(\\*)("|$)/g, (_, slashes, quote) => slashes + slashes + quote + quote);
  return `"${text.replaceAll('%', '%%cd:~,%')}"`;
}

/** Looks `program` up as Windows does, but never in the current directory. */
function findOnWindows(program, env, exists) {
  const value = (name) => env[Object.keys(env).find((key) => key.toUpperCase() === name)];
  const extensions = (value('PATHEXT') || '.COM;.EXE;.BAT;.CMD').split(';').filter(Boolean);
  const candidates = path.win32.extname(program) ? [''] : extensions.map((ext) => ext.toLowerCase());
  const dirs = /[\\/]/.test(program) ? [''] : (value('PATH') ?? '').split(';').filter(Boolean);
  for (const dir of dirs) {
    for (const extension of candidates) {
      const file = path.win32.join(dir.replaceAll('"', ''), program + extension);
      if (exists(file)) return file;
    }
  }
  return undefined;
}

/**
 * How to start `program` on Windows, where Node refuses to run a .cmd or .bat file without a shell. npm's
 * own `npx.cmd` is passed by (the script behind it is run by this Node); any other goes to cmd.exe as one
 * command line in which every argument is quoted.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string>} env the child's environment
 * @param {(file: string) => boolean} [exists]
 * @returns {{file: string, args: string[], verbatim?: boolean}}
 */
function windowsCommand(program, args, env, exists = fs.existsSync) {
  const file = findOnWindows(program, env, exists);
  if (!file || !/\.(?:cmd|bat)$/i.test(file)) return { file: file ?? program, args };

  const { dir, name } = path.win32.parse(file);
  if (name === 'npx' || name === 'npm') {
    const script = path.win32.join(dir, 'node_modules', 'npm', 'bin', `${name}-cli.js`);
    if (exists(script)) return { file: process.execPath, args: [script, ...args] };
  }
  const shell = path.win32.join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'cmd.exe');
  const line = [`"${file}"`, ...args.map(quoteForBatch)].join(' ');
  return { file: shell, args: ['/d', '/e:ON', '/v:OFF', '/s', '/c', `"${line}"`], verbatim: true };
}

/** Runs a command with our three standard streams, hands signals on to it and answers with its exit code. */
function runChild({ program, args, env }) {
  const { spawn } = require('node:child_process');
  return new Promise((resolve) => {
    const windows = process.platform === 'win32';
    const command = windows ? windowsCommand(program, args, env) : { file: program, args };
    const child = spawn(command.file, command.args, {
      stdio: 'inherit',
      env,
      windowsVerbatimArguments: command.verbatim,
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.once('exit', (code, signal) => resolve(code ?? signalCode(signal)));
    child.once('error', (error) => {
      // An error after the start (a signal that could not be sent) is not the child's end.
      if (child.pid !== undefined) return;
      const missing = error.code === 'ENOENT';
      say(`workiq-auth: ${program}: ${missing ? 'command not found' : error.message}\n`);
      resolve(missing ? 127 : 126);
    });
  });
}

/** Runs the native side to its outcome, which a signal cuts short. */
async function runNative(args) {
  let binding;
  try {
    binding = require('./binding.cjs');
  } catch (error) {
    say(explainMissing(error));
    return { exitCode: 1 };
  }

  let call;
  let interrupted;
  const interrupt = (signal) => {
    if (interrupted !== undefined) process.exit(signalCode(signal));
    interrupted = signalCode(signal);
    // Its reader may be stuck in a read that nothing ends: ask, and go without waiting for it.
    setTimeout(() => process.exit(interrupted), GRACE_MS);
    call?.cancel();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    call = binding.native.runCli(args, { ...process.env }, __dirname, binding.fallbackAnchors());
    const outcome = await call.result();
    return interrupted === undefined ? outcome : { exitCode: interrupted };
  } catch (error) {
    if (interrupted !== undefined) return { exitCode: interrupted };
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/**
 * Runs the command with `args` and ends the process with its exit code.
 *
 * @param {string[]} args
 * @returns {Promise<never>}
 */
async function run(args) {
  // Whatever the native side holds on to, the process lives until its outcome is known.
  setInterval(() => {}, 0x7fffffff);
  let code = 1;
  try {
    const outcome = await runNative(args);
    code = outcome.spawn ? await runChild(outcome.spawn) : (outcome.exitCode ?? 0);
    outcome.broker?.close();
  } catch (error) {
    say(`workiq-auth: ${error?.message ?? error}\n`);
  }
  process.exit(code);
}

module.exports = { explainMissing, run, windowsCommand };
