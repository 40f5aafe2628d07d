/**
 * In a child process: goes through scenarios with one client, many at once, and reports what every call brought.
 */

/** More at once would only wait for the processor. */
const AT_ONCE = 16;

/** Calls, at most, until a renewal shows. */
const PATIENCE_MS = 10_000;

const after = (ms, value) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms, value).unref();
  });

/** Waits for the parent's word on a run. */
function createReached() {
  const waiting = new Map();
  process.on('message', ({ reached }) => {
    waiting.get(reached)?.();
    waiting.delete(reached);
  });
  return (name, count) =>
    new Promise((resolve) => {
      const key = `${count} of ${name}`;
      waiting.set(key, resolve);
      process.send({ wait: key, name, count });
    });
}

async function attempt(call, giveUpMs) {
  const pending = call().then(
    (token) => ({ token }),
    (error) => ({ error }),
  );
  return giveUpMs ? Promise.race([pending, after(giveUpMs, { waiting: true })]) : pending;
}

/**
 * @param {string} name of the client
 * @param {(plan: object) => (options: object) => Promise<string>} connect makes a client for a plan; what it gives asks
 *   for a token
 * @param {(error: Error) => object} describe {code, aadsts, status, suberror, claims} of an error
 */
export function drive(name, connect, describe) {
  const reached = createReached();
  const shown = ({ error, ...rest }) => (error ? { error: describe(error) } : rest);

  async function renewed(ask, last) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const outcome = await attempt(() => ask({}));
      if (outcome.token !== last || Date.now() > end) return outcome;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function run(plan) {
    const calls = [];
    let ask;
    try {
      ask = connect(plan);
    } catch (error) {
      ask = () => Promise.reject(error);
    }
    for (const step of plan.steps) {
      if (step.only && step.only !== name) continue;
      if (step.do === 'passes') await new Promise((resolve) => setTimeout(resolve, step.seconds * 1000));
      else if (step.do === 'reached') await reached(plan.name, step.count);
      else if (step.do === 'renewed') calls.push([shown(await renewed(ask, calls.at(-1)[0].token))]);
      else {
        const one = () => attempt(() => ask(step), plan.giveUpMs);
        calls.push((await Promise.all(Array.from({ length: step.times }, one))).map(shown));
      }
    }
    process.send({ done: plan.name, calls });
  }

  process.once('message', async ({ plans }) => {
    const left = [...plans];
    const worker = async () => {
      for (let plan = left.shift(); plan; plan = left.shift()) await run(plan);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    process.disconnect();
    // A call that still waits is part of the result, and must not keep the process.
    process.exit();
  });
}
