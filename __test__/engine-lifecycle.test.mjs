// The end of processes and threads while a request is under way, more than one thread, and a module that is loaded again.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { credentialIn, many, packagePath, program, short } from './engine-support.mjs';
import { openGate, pass } from './gate.mjs';
import { plain } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

let tenant;
let gate;
let scope;
before(async () => {
  tenant = await startTenant();
  gate = await openGate(tenant);
  scope = `${tenant.graph}/.default`;
});
beforeEach(() => {
  tenant.reset();
  gate.reset();
});
after(async () => {
  await gate.close();
  await tenant.close();
});

/** Runs `code` in a process and, once its request stands at the gate, `act` on that process. */
async function whileInFlight(code, act = () => {}) {
  let child;
  const ended = program(code, gate.env(), { onSpawn: (one) => (child = one) });
  const held = await Promise.race([gate.next(), ended.then(({ err }) => assert.fail(`it ended: ${err}`))]);
  act(child);
  const { code: exit, signal, err } = await ended;
  await held.closed;
  return { exit, signal, err };
}

const asking = () => `createCredential().getToken('${scope}')`;

describe('a process that ends while a request is under way', () => {
  test('by process.exit, with its own code', { timeout: 15_000 }, async () => {
    const outcome = await whileInFlight(
      `${asking()}; process.stdin.once('data', () => process.exit(7));`,
      (child) => child.stdin.write('now\n'),
    );
    assert.deepEqual(outcome, { exit: 7, signal: null, err: '' });
  });

  test('by process.exit in the turn of the call', { timeout: 15_000 }, async () => {
    const { code, signal, err } = await program(`${asking()}; process.exit(7);`, gate.env());
    assert.deepEqual({ code, signal, err }, { code: 7, signal: null, err: '' });
  });

  test('by an exception that nobody catches', { timeout: 15_000 }, async () => {
    const { exit, signal, err } = await whileInFlight(
      `${asking()}; process.stdin.once('data', () => { throw new Error('enough'); });`,
      (child) => child.stdin.write('now\n'),
    );
    assert.deepEqual([exit, signal], [1, null]);
    assert.match(err, /Error: enough/);
  });

  test('by a signal', { timeout: 15_000, skip: process.platform === 'win32' && 'no signals' }, async () => {
    const outcome = await whileInFlight(asking(), (child) => child.kill('SIGTERM'));
    assert.deepEqual(outcome, { exit: null, signal: 'SIGTERM', err: '' });
  });

  test('by process.exit with a hundred callers, some of them aborted', { timeout: 15_000 }, async () => {
    const outcome = await whileInFlight(
      `const credential = createCredential();
      for (let call = 0; call < 100; call += 1) {
        const controller = new AbortController();
        credential.getToken('${scope}', { abortSignal: controller.signal }).catch(() => {});
        if (call % 3 === 0) controller.abort();
      }
      process.stdin.once('data', () => process.exit(0));`,
      (child) => child.stdin.write('now\n'),
    );
    assert.deepEqual(outcome, { exit: 0, signal: null, err: '' });
  });

  test('does not end by itself before the request does', { timeout: 15_000 }, async () => {
    const ended = program(`${asking()}.then(({ tokenType }) => console.log(tokenType));`, gate.env());
    await (await gate.next()).pass();
    const { code, out } = await ended;
    assert.deepEqual([code, out], [0, 'Bearer\n']);
  });
});

/** Code of a worker that reports what `getToken` comes to, and lives on. */
const WORKER = `
  const { createCredential } = require(${JSON.stringify(packagePath)});
  const { parentPort, workerData } = require('node:worker_threads');
  parentPort.on('message', () => {});
  createCredential().getToken(workerData).then(
    (token) => parentPort.postMessage(token),
    (error) => parentPort.postMessage({ error: error.message }),
  );
`;

function startWorker(env) {
  const options = { eval: true, workerData: scope, env: { ...plain, NODE_NO_WARNINGS: '1', ...env } };
  return new Worker(WORKER, options);
}

describe('worker threads', () => {
  test('two at once have tokens of their own, and the main thread has another', async () => {
    gate.plan(pass, pass, pass);
    const workers = [startWorker(gate.env()), startWorker(gate.env())];
    const [messages, own] = await Promise.all([
      Promise.all(workers.map((worker) => once(worker, 'message'))),
      credentialIn(gate.env()).getToken(scope),
    ]);
    const given = [...messages.map(([token]) => token), own];
    for (const token of given) assert.equal(token.tokenType, 'Bearer');
    assert.equal(new Set(given.map(short)).size, 3);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });

  test('one is ended in flight: the process, another worker and the main thread go on', {
    timeout: 15_000,
  }, async () => {
    const ending = startWorker(gate.env());
    await gate.next();
    assert.equal(await ending.terminate(), 1);
    gate.plan(pass, pass);
    const other = startWorker(gate.env());
    const [token] = await once(other, 'message');
    assert.equal(token.tokenType, 'Bearer');
    await other.terminate();
    await credentialIn(gate.env()).getToken(scope);
  });

  test('many begin and are ended in flight, in a process that then ends well', {
    timeout: 30_000,
  }, async () => {
    const ended = program(
      `const { Worker } = require('node:worker_threads');
      const { once } = require('node:events');
      (async () => {
        for (let round = 0; round < 10; round += 1) {
          const options = { eval: true, workerData: '${scope}' };
          const workers = [1, 2, 3].map(() => new Worker(${JSON.stringify(WORKER)}, options));
          await Promise.all(workers.map((worker) => once(worker, 'online')));
          await Promise.all(workers.map((worker) => worker.terminate()));
        }
        await createCredential().getToken('${scope}');
        console.log('done');
      })();`,
      tenant.env(),
    );
    const { code, signal, out, err } = await ended;
    assert.deepEqual({ code, signal, out, err }, { code: 0, signal: null, out: 'done\n', err: '' });
  });

  test('a worker that has a renewal under way ends', { timeout: 15_000 }, async () => {
    gate.plan((held) => held.pass({ refresh_in: 0 }));
    const worker = new Worker(
      `const { createCredential } = require(${JSON.stringify(packagePath)});
      (async () => {
        const credential = createCredential();
        for (let call = 0; call < 2; call += 1) await credential.getToken('${scope}');
      })();`,
      { eval: true, env: { ...plain, NODE_NO_WARNINGS: '1', ...gate.env() } },
    );
    assert.deepEqual(await once(worker, 'exit'), [0]);
  });
});

test('the module loaded again gives credentials that work beside the first', async () => {
  const { code, signal, out, err } = await program(
    `(async () => {
      const path = ${JSON.stringify(packagePath)};
      const first = createCredential();
      const tokens = [await first.getToken('${scope}')];
      for (let round = 0; round < 5; round += 1) {
        for (const file of Object.keys(require.cache)) delete require.cache[file];
        const again = require(path);
        if (again.createCredential === createCredential) throw new Error('it was not loaded again');
        const wrong = again.createCredential({ clientSecret: 'abc8Q~wrong' });
        const error = await wrong.getToken('${scope}').catch((reason) => reason);
        if (!(error instanceof again.AuthError)) throw error;
        tokens.push(await again.createCredential().getToken('${scope}'));
      }
      const still = await first.getToken('${scope}');
      console.log(new Set(tokens.map(({ token }) => token)).size, still.token === tokens[0].token);
    })();`,
    tenant.env(),
  );
  assert.deepEqual({ code, signal, out, err }, { code: 0, signal: null, out: '6 true\n', err: '' });
});

test('many credentials, made and dropped, are no burden: each signs in, and all end', async () => {
  const given = await many(30, async () => credentialIn(tenant.env()).getToken(scope));
  assert.equal(new Set(given.map(short)).size, 30);
  assert.equal(tenant.tokenRequests.length, 30);
});
