// Calls getToken with many credentials and scopes at a time, against an endpoint that fails at random, checks each
// outcome, and reports to its parent. Started by storm.mjs.

import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { AuthError, createCredential } from 'workiq-auth';
import { randomFrom } from '../random.mjs';

const { calls, seed, credentials, scopes, concurrency, checkpoints } = JSON.parse(process.env.STORM);
const random = randomFrom(seed + 1);
/** What a token must still have of its life when it comes from memory, in milliseconds, but for the clocks' grain. */
const MARGIN_MS = 300_000 - 250;

const report = {
  outcomes: {},
  violations: 0,
  examples: [],
  latest: 0,
  unhandled: 0,
  warnings: 0,
  points: [],
};

function violation(what) {
  report.violations += 1;
  if (report.examples.length < 10) report.examples.push(what);
}
process.on('unhandledRejection', () => (report.unhandled += 1));
process.on('warning', ({ code }) => (report.warnings += code === 'WORKIQ_AUTH' ? 0 : 1));

/** Each scope of each credential: what was last seen of it, and which tokens are not to be seen again. */
const keys = Array.from({ length: credentials }, (_, index) => {
  const timeoutMs = [300, 500, 900][index % 3];
  const certificate = index % 4 === 3;
  const saved = process.env.WORKIQ_CLIENT_SECRET;
  if (certificate) delete process.env.WORKIQ_CLIENT_SECRET;
  const options = certificate ? { clientCertificatePath: process.env.CERTIFICATE } : {};
  const credential = createCredential({ ...options, timeoutMs });
  process.env.WORKIQ_CLIENT_SECRET = saved;
  return Array.from({ length: scopes }, (__, number) => ({
    credential,
    timeoutMs,
    scope:
      number === 0 ? `${process.env.WORKIQ_GRAPH_ENDPOINT}/.default` : `api://contoso-${number}/.default`,
    // Ids rise with time, so one number tells which tokens are too old after a challenge.
    floor: 0,
    newest: 0,
    newestAt: 0,
  }));
}).flat();

function check(key, { floor, began }, given) {
  const { scope, id, expires } = JSON.parse(Buffer.from(given.token, 'base64url'));
  const now = Date.now();
  if (scope !== key.scope) violation(`a token for ${scope} was given for ${key.scope}`);
  if (id <= floor) violation(`token ${id} was given although ${floor} had been refused`);
  const remembered = id === key.newest && began > key.newestAt;
  if (remembered && expires - began < MARGIN_MS)
    violation(`token ${id} was given ${expires - now} ms before its end`);
  if (expires <= now && remembered) violation(`token ${id} had expired`);
  if (!Object.isFrozen(given) || given.tokenType !== 'Bearer') violation('not a token as it should be');
  if (id > key.newest) Object.assign(key, { newest: id, newestAt: now });
}

async function call() {
  const key = random.pick(keys);
  const claims = random.percent(4)
    ? `{"access_token":{"nbf":{"essential":true,"value":"${random.below(3)}"}}}`
    : undefined;
  if (claims) key.floor = Math.max(key.floor, key.newest);
  const controller = random.percent(4) ? new AbortController() : undefined;
  const before = { floor: key.floor, began: Date.now() };
  const started = performance.now();
  let outcome = 'a token';
  const asking = key.credential.getToken(key.scope, { claims, abortSignal: controller?.signal });
  if (controller) setTimeout(() => controller.abort(), random.below(40));
  try {
    check(key, before, await asking);
  } catch (error) {
    const aborted = controller !== undefined && error.name === 'AbortError';
    if (!aborted && !(error instanceof AuthError)) violation(`${error.stack}`);
    outcome = aborted ? 'aborted' : error.code;
  }
  report.latest = Math.max(report.latest, performance.now() - started - key.timeoutMs);
  report.outcomes[outcome] = (report.outcomes[outcome] ?? 0) + 1;
}

/** Open descriptors, where the system says. */
function descriptors() {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

let made = 0;
for (const checkpoint of [...new Set([...checkpoints, calls])]) {
  const caller = async () => {
    while (made < checkpoint) {
      made += 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  for (let round = 0; round < 5; round += 1) {
    globalThis.gc?.();
    await setImmediate();
  }
  report.points.push({
    calls: made,
    rss: process.memoryUsage.rss(),
    heap: process.memoryUsage().heapUsed,
    descriptors: descriptors(),
  });
}
process.send(report, () => process.disconnect());
