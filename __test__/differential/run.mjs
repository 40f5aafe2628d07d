/**
 * Runs scenarios with both clients, each in a process of its own, and gives what can be compared.
 */
import { fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plain } from '../support.mjs';
import { createAuthority, issue, thumbprints } from '../tenant/ca.mjs';
import { openEndpoint } from './endpoint.mjs';
import { summarize } from './summary.mjs';

export const CLIENTS = ['ours', 'msal'];

/** A resource that is not Graph, so that no capability is declared for it. */
const RESOURCE = 'https://api.contoso.example';
const AUDIENCE = 'api://contoso-test-exchange';
const SECRET = 'abc8Q~contoso.differential_secret';

function makeCertificate() {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const certificate = issue({ commonName: 'workiq-ci', ...pair });
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
  return { key, pem: certificate.pem, ...thumbprints(certificate.der) };
}

/** What another identity provider would hand out, told apart by a number. */
function makeAssertions() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = { iss: 'https://ci.contoso.example', sub: 'ci', aud: AUDIENCE, exp };
  const jwt = (number) => `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ ...claims, number })}.c2lnbmVk`;
  return Array.from({ length: 9 }, (_, index) => jwt(index + 1));
}

/** What a client is told of a run. */
function planOf(run, { endpoint, certificate }) {
  const { name, steps, resource, authority = 'endpoint', secret = SECRET, credential } = run.scenario;
  const { scopes, timeoutMs, giveUpMs, wholeClaims } = run.scenario;
  return {
    name,
    steps,
    scopes,
    timeoutMs,
    giveUpMs,
    wholeClaims,
    credential,
    certificate: credential && certificate,
    assertions: makeAssertions(),
    secret,
    tenant: run.tenant,
    clientId: run.clientId,
    authority: endpoint.authorities[authority],
    graph: endpoint.graph,
    resource: resource === 'graph' ? endpoint.graph : RESOURCE,
    cae: resource === 'graph',
  };
}

/** One client, through all of its runs. */
function driveClient(client, runs, env, context) {
  const child = fork(fileURLToPath(new URL(`${client}-child.mjs`, import.meta.url)), {
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
  return new Promise((resolve, reject) => {
    const calls = new Map();
    child.on('message', ({ done, calls: brought, wait, name, count }) => {
      if (done) calls.set(done, brought);
      else {
        runs
          .get(name)
          .reached(count)
          .then(() => child.connected && child.send({ reached: wait }));
      }
    });
    child.once('close', (code) => {
      if (code === 0 && calls.size === runs.size) resolve(calls);
      else reject(new Error(`${client}: ended with ${code} after ${calls.size} of ${runs.size}: ${err}`));
    });
    child.send({ plans: [...runs.values()].map((run) => planOf(run, context)) });
  });
}

/**
 * @param {object[]} scenarios
 * @returns {Promise<Map<string, {ours: string, msal: string}>>} what each client did, in words: see summary.mjs
 */
export async function runScenarios(scenarios) {
  const dir = mkdtempSync(join(tmpdir(), 'differential-'));
  const ca = createAuthority();
  const NODE_EXTRA_CA_CERTS = join(dir, 'ca.pem');
  writeFileSync(NODE_EXTRA_CA_CERTS, ca.root.pem);
  const endpoint = await openEndpoint(ca, createAuthority('Fabrikam Root'));
  try {
    const context = { endpoint, certificate: makeCertificate() };
    const env = {
      ...plain,
      NODE_EXTRA_CA_CERTS,
      NODE_NO_WARNINGS: '1',
      WORKIQ_LOG: 'error',
      // An authority that is no cloud's gets no assertion whose audience has not been named.
      WORKIQ_FEDERATED_AUDIENCE: AUDIENCE,
    };
    const results = await Promise.all(
      CLIENTS.map(async (client) => {
        const runs = new Map(scenarios.map((one) => [one.name, endpoint.prepare(one, client)]));
        const calls = await driveClient(client, runs, env, context);
        const facts = (run) => ({ ...planOf(run, context), client });
        return new Map([...runs].map(([name, run]) => [name, summarize(run, calls.get(name), facts(run))]));
      }),
    );
    return new Map(
      scenarios.map(({ name }) => [
        name,
        Object.fromEntries(CLIENTS.map((client, index) => [client, results[index].get(name)])),
      ]),
    );
  } finally {
    await endpoint.close();
    rmSync(dir, { recursive: true, force: true });
  }
}
