// What all servers are measured against: Graph on loopback, an application, and a token of it.

import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { keptEnvironment } from '../process.mjs';
import { openEndpoint } from '../stage.mjs';
import { mint } from '../token.mjs';

const NAMES = ['graph.microsoft.com', 'login.microsoftonline.com'];

/**
 * Starts the endpoint.
 *
 * @returns {Promise<{
 *   setup: import('./candidates.mjs').Setup,
 *   delay: (ms: number) => Promise<object>,
 *   openBare: () => {carryOut: (phase: object) => Promise<number>, end: () => Promise<void>},
 *   close: () => Promise<void>,
 * }>} `delay` says how long each answer is to take from now on; `openBare` starts the bare client
 */
export async function openStage() {
  const { folder, caPath, origin, ask, close } = await openEndpoint(
    new URL('graph.mjs', import.meta.url),
    NAMES,
  );
  const token = mint(`https://${NAMES[0]}`);

  function openBare() {
    const child = fork(fileURLToPath(new URL('bare.mjs', import.meta.url)), {
      env: {
        ...keptEnvironment(),
        NODE_EXTRA_CA_CERTS: caPath,
        BENCHMARK_ORIGIN: origin,
        BENCHMARK_TOKEN: token,
      },
    });
    return {
      async carryOut(phase) {
        child.send(phase);
        const [figure] = await once(child, 'message');
        return figure;
      },
      async end() {
        const gone = once(child, 'exit');
        child.disconnect();
        await gone;
      },
    };
  }

  return {
    setup: {
      folder,
      caPath,
      origin,
      token,
      tenantId: randomUUID(),
      clientId: randomUUID(),
      clientSecret: 'benchmark~secret.0123456789_abcdefghijkl',
    },
    delay: (delayMs) => ask('set', { delayMs }),
    openBare,
    close,
  };
}
