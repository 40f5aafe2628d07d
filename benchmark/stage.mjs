// What all candidates are measured against: the endpoint, and an application with a secret and a certificate.

import { fork } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAuthority, issue, thumbprints } from '../__test__/tenant/ca.mjs';

/** The application's certificate: a file with key and certificate, and the thumbprint by which Entra knows it. */
function createCertificate(folder) {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const certificate = issue({ commonName: 'benchmark', ...keys });
  const certificatePath = path.join(folder, 'client.pem');
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(certificatePath, key + certificate.pem, { mode: 0o600 });
  return { certificatePath, thumbprintSha256: thumbprints(certificate.der).sha256 };
}

/**
 * Starts an endpoint in a process of its own, with a certificate of a CA made for it.
 *
 * @param {URL} script which tells its origin when it is sent `start`, and otherwise answers commands
 * @param {string[]} [names] to which it answers besides those of loopback
 * @returns {Promise<{
 *   folder: string,
 *   caPath: string,
 *   origin: string,
 *   ask: (command: string, more?: object) => Promise<object>,
 *   close: () => Promise<void>,
 * }>} `folder` is for what else a run needs on disk, and goes when the endpoint is closed
 */
export async function openEndpoint(script, names) {
  const folder = mkdtempSync(path.join(tmpdir(), 'workiq-auth-benchmark-'));
  const authority = createAuthority('Benchmark root');
  const caPath = path.join(folder, 'ca.pem');
  writeFileSync(caPath, authority.root.pem);

  const endpoint = fork(fileURLToPath(script));
  const ask = async (command, more) => {
    endpoint.send({ command, ...more });
    const [reply] = await once(endpoint, 'message');
    return reply;
  };
  const { origin } = await ask('start', { identity: authority.serverIdentity(names) });
  return {
    folder,
    caPath,
    origin,
    ask,
    async close() {
      const gone = once(endpoint, 'exit');
      endpoint.disconnect();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Starts the endpoint for tokens.
 *
 * @returns {Promise<{
 *   caPath: string,
 *   setup: {secret: object, certificate: object},
 *   set: (steps: object[]) => Promise<object>,
 *   counts: () => Promise<{requests: number, connections: number}>,
 *   close: () => Promise<void>,
 * }>} `setup` is what a candidate is configured with; `set` says how to answer from now on (each step one request,
 *   the last all that follow) and begins to count anew
 */
export async function openStage() {
  const { folder, caPath, origin, ask, close } = await openEndpoint(new URL('endpoint.mjs', import.meta.url));
  const application = { tenantId: randomUUID(), clientId: randomUUID(), authorityHost: origin };

  return {
    caPath,
    setup: {
      secret: { ...application, clientSecret: 'benchmark~secret.0123456789_abcdefghijkl' },
      certificate: { ...application, ...createCertificate(folder) },
    },
    set: (steps) => ask('set', { steps }),
    counts: () => ask('counts'),
    close,
  };
}
