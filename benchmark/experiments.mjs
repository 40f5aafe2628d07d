// What is measured: which process does what against which endpoint, and the figures that come out of it.

const CALLERS = 100;
const CROWD = 1000;
const OTHERS = 1000;

/** Past a `refresh_in` of one second also for those who reckon in whole seconds. */
const DUE_MS = 2500;
/** Time for a request in the background: to be sent, and to be answered by the slow endpoint. */
const LINGER_MS = 1500;
const SLOW_MS = 1000;
const AWAY_MS = 50;

const PEERS = ['msal', 'identity', 'ours'];
const FLOOR_AND_PEERS = ['bare', ...PEERS];

/** How often the cached call is made: the slower it is, the fewer are enough. */
const ITERATIONS = { msal: 20_000, identity: 20_000, ours: 200_000 };
const ITERATIONS_AMONG_OTHERS = { msal: 500, identity: 500, ours: 200_000 };

const warmedUp = (iterations, others) => (candidate) => ({
  others,
  iterations: iterations[candidate],
  warmUp: Math.ceil(iterations[candidate] / 10),
});

/** A memory that forgets would be measured as if it remembered. */
function onlyFromMemory(asked) {
  return (_, { requests }) => {
    if (requests !== asked) throw new Error(`${requests} requests were made where ${asked} are enough`);
  };
}

/** Everyone must have been served, or refused, as the row says. */
function allAs(expected) {
  return ({ failed }) => {
    if (failed !== expected) throw new Error(`${failed} of ${CROWD} calls failed where ${expected} should`);
  };
}

const afterTheFirst = ({ requests }) => requests - 1;

/**
 * Each experiment is one kind of process, run in turn for each of `candidates`.
 *
 * - `row`: what `--only` calls the rows it feeds
 * - `pace`: how many runs: `start` for what is quick, `some` and `few` for what takes seconds
 * - `steps`: how the endpoint answers, see {@link import('./stage.mjs').openStage}
 * - `figures`: what is kept of a run, by the id of the figure; see figures.mjs
 *
 * @type {{row: string[], pace: 'start' | 'some' | 'few', proof: 'secret' | 'certificate', scenario: string,
 *   candidates: string[], steps: object[], parameters?: (candidate: string) => object,
 *   check?: (result: object, counts: object) => void,
 *   figures: Record<string, (result: object, counts: object) => number>}[]}
 */
export const experiments = [
  {
    row: ['import', 'start-secret', 'rss'],
    pace: 'start',
    proof: 'secret',
    scenario: 'start',
    candidates: FLOOR_AND_PEERS,
    steps: [{}],
    figures: {
      import: (result) => result.importMs,
      startSecret: (result) => result.outsideMs,
      startSecretInside: (result) => result.insideMs,
      rss: (result) => result.rssMb,
    },
  },
  {
    row: ['rss'],
    pace: 'start',
    proof: 'secret',
    scenario: 'idle',
    candidates: ['idle'],
    steps: [{}],
    figures: { rss: (result) => result.rssMb },
  },
  {
    row: ['start-certificate'],
    pace: 'start',
    proof: 'certificate',
    scenario: 'start',
    candidates: FLOOR_AND_PEERS,
    steps: [{}],
    figures: {
      startCertificate: (result) => result.outsideMs,
      startCertificateInside: (result) => result.insideMs,
    },
  },
  {
    row: ['cached'],
    pace: 'some',
    proof: 'secret',
    scenario: 'cached',
    candidates: PEERS,
    steps: [{}],
    parameters: warmedUp(ITERATIONS, 0),
    check: onlyFromMemory(1),
    figures: { cached: (result) => result.microseconds },
  },
  {
    row: ['cached-others'],
    pace: 'some',
    proof: 'secret',
    scenario: 'cached',
    candidates: PEERS,
    steps: [{}],
    parameters: warmedUp(ITERATIONS_AMONG_OTHERS, OTHERS),
    check: onlyFromMemory(1 + OTHERS),
    figures: { cachedOthers: (result) => result.microseconds },
  },
  {
    row: ['concurrent'],
    pace: 'some',
    proof: 'secret',
    scenario: 'concurrent',
    candidates: PEERS,
    steps: [{ delayMs: AWAY_MS }],
    parameters: () => ({ callers: CROWD }),
    check: allAs(0),
    figures: {
      concurrentRequests: (_, counts) => counts.requests,
      concurrentConnections: (_, counts) => counts.connections,
      concurrentWall: (result) => result.wallMs,
      concurrentRss: (result) => result.rssMb,
    },
  },
  {
    row: ['concurrent-refused'],
    pace: 'some',
    proof: 'secret',
    scenario: 'concurrent',
    candidates: PEERS,
    steps: [{ delayMs: AWAY_MS, badSecret: true }],
    parameters: () => ({ callers: CROWD }),
    check: allAs(CROWD),
    figures: {
      refusedRequests: (_, counts) => counts.requests,
      refusedConnections: (_, counts) => counts.connections,
      refusedWall: (result) => result.wallMs,
      refusedRss: (result) => result.rssMb,
    },
  },
  {
    row: ['refresh'],
    pace: 'few',
    proof: 'secret',
    scenario: 'due',
    candidates: PEERS,
    steps: [{ refreshIn: 1 }, { delayMs: SLOW_MS }],
    parameters: () => ({ callers: 1, dueMs: DUE_MS, lingerMs: LINGER_MS }),
    figures: { refreshLatency: (result) => result.slowestMs },
  },
  {
    row: ['refresh'],
    pace: 'few',
    proof: 'secret',
    scenario: 'due',
    candidates: PEERS,
    steps: [{ refreshIn: 1 }, { delayMs: SLOW_MS }],
    parameters: () => ({ callers: CALLERS, dueMs: DUE_MS, lingerMs: LINGER_MS }),
    figures: {
      refreshCrowdLatency: (result) => result.slowestMs,
      refreshRequests: (_, counts) => afterTheFirst(counts),
    },
  },
  {
    row: ['down'],
    pace: 'few',
    proof: 'secret',
    scenario: 'due',
    candidates: PEERS,
    steps: [{ refreshIn: 1 }, { down: true }],
    parameters: () => ({ callers: CALLERS, dueMs: DUE_MS, lingerMs: 0 }),
    figures: {
      downFailed: (result) => result.failed,
      downLatency: (result) => result.slowestMs,
    },
  },
];
