/**
 * A token endpoint that does what scenarios say. Each run of a scenario has a tenant of its own, by whose name in the
 * path its requests are known.
 */
import { guid } from '../tenant/ids.mjs';
import { openOrigin } from '../tenant/origin.mjs';

const TOKEN_PATH = /^\/([^/]+)\/oauth2\/v2\.0\/token(?:\?|$)/;

/**
 * @param {import('../tenant/ca.mjs').createAuthority} ca whom the clients trust
 * @param {object} other of whom they have never heard
 */
export async function openEndpoint(ca, other) {
  const clock = { now: Date.now };
  /** @type {Map<string, object>} runs by the lower-case name of their tenant */
  const runs = new Map();

  async function serve(request) {
    const [, segment] = TOKEN_PATH.exec(request.path) ?? [];
    const run = runs.get(decodeURIComponent(segment ?? '').toLowerCase());
    if (!run) return { status: 404, body: 'no such run' };
    const form = Object.fromEntries(new URLSearchParams(request.body));
    run.requests.push({
      form,
      tenant: segment,
      method: request.method,
      type: request.headers['content-type'],
    });
    const { answers, rest } = run.scenario;
    const number = run.requests.length;
    const { mark, tenant, clientId } = run;
    const context = { mark, number, tenant, clientId, id: request.id, delay: endpoint.delay };
    const answer = (answers[number - 1] ?? rest)({ ...context, now: clock.now(), stranger: stranger.url });
    // An answer counts from when the client has it, or has lost it.
    request.closed.then(() => run.answered());
    return answer;
  }

  /** Notes what it is sent, and hands out tokens to anyone. */
  async function serveStranger(request) {
    const run = runs.get(request.path.slice(1).toLowerCase());
    if (run) {
      const parameters = new URLSearchParams(request.body);
      run.elsewhere.push(parameters.has('client_secret') ? 'with the secret' : 'without the secret');
    }
    return { body: { token_type: 'Bearer', expires_in: 3599, access_token: 'token-of-a-stranger' } };
  }

  const identity = ca.serverIdentity();
  const [endpoint, stranger, untrusted, closed] = await Promise.all([
    openOrigin({ identity, clock, handle: serve }),
    openOrigin({ identity, clock, handle: serveStranger }),
    openOrigin({ identity: other.serverIdentity(), clock, handle: serve }),
    openOrigin({ identity, clock, handle: serve }),
  ]);
  await closed.close();

  const authorities = {
    endpoint: endpoint.url,
    closed: closed.url,
    stranger: untrusted.url,
    // A label of 64 letters is one that no resolver can ask for: it is unknown without leaving this machine.
    unknown: `https://login.${'x'.repeat(64)}.contoso`,
  };

  return {
    graph: stranger.url,
    authorities,
    /**
     * Makes a run of a scenario by a client ready.
     *
     * @param {object} scenario
     * @param {string} client
     */
    prepare(scenario, client) {
      const mark = guid(`differential/${scenario.name}/${client}`);
      const tenant = (scenario.tenant ?? '*').replace('*', mark).replace('^', mark.toUpperCase());
      const waiting = [];
      let answered = 0;
      const run = {
        scenario,
        mark,
        tenant,
        clientId: scenario.clientId ?? guid('application'),
        requests: [],
        elsewhere: [],
        answered() {
          answered += 1;
          for (const one of [...waiting]) if (answered >= one.count) one.resolve();
        },
        /** Settles when so many requests have had their answer. */
        reached: (count) =>
          new Promise((resolve) => {
            if (answered >= count) resolve();
            else waiting.push({ count, resolve });
          }),
      };
      runs.set(tenant.toLowerCase(), run);
      return run;
    },
    close: () => Promise.all([endpoint, stranger, untrusted].map((one) => one.close())),
  };
}
