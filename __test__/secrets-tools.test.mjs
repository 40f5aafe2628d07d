// No secret is in what the tools say about their requests, nor in the arguments of any process.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { findSecrets } from './secrets-support.mjs';
import { command, fetchCall, hello, plain, run, startServer } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const MAIL = '/users/ada@contoso.com/messages?$top=1';
const CHALLENGE = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';

let tenant;
before(async () => {
  tenant = await startTenant();
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

/** The client secret, and each token that Graph was shown. */
function secrets() {
  const shown = tenant.graphRequests.map(({ headers }) => headers.authorization?.replace(/^Bearer /, ''));
  const tokens = [...new Set(shown.filter(Boolean))].map((token, index) => [`token ${index}`, token]);
  return { 'the client secret': tenant.clientSecret, ...Object.fromEntries(tokens) };
}

const env = () => ({ ...tenant.env('secret'), WORKIQ_LOG: 'trace' });

const FAULTS = {
  answers: undefined,
  'refuses the token': { at: 'graph', graphError: 'InvalidAuthenticationToken', times: Infinity },
  'asks for claims': { at: 'graph', claimsChallenge: CHALLENGE },
  'is throttled': { at: 'graph', throttle: 1 },
  'is down': { at: 'graph', unavailable: true, times: Infinity },
  'answers with HTML': { at: 'graph', html: true, times: Infinity },
  breaks: { at: 'graph', reset: true, times: Infinity },
  'redirects to a place with a signature': {
    at: 'graph',
    status: 302,
    headers: { Location: 'https://files.contoso.example/x?tempauth=hush-hush-hush' },
  },
};

describe('Graph', () => {
  for (const [title, rule] of Object.entries(FAULTS)) {
    test(`${title}: neither fetch nor mcp shows a token`, { timeout: 60_000 }, async () => {
      if (rule) tenant.fail(rule);
      const { out, err } = await run(['fetch', '-u', MAIL], env());
      assert.match(err, /asking for a token/);
      assert.ok(tenant.graphRequests.length > 0);
      const signature = { "a place's signature": 'hush-hush-hush' };
      assert.deepEqual(findSecrets(out + err, { ...secrets(), ...signature }), []);

      tenant.reset();
      if (rule) tenant.fail(rule);
      const server = startServer(env());
      server.write(hello + fetchCall('mail', MAIL));
      await server.answer('mail');
      server.child.stdin.end();
      await server.ended;
      assert.ok(tenant.graphRequests.length > 0);
      const said = JSON.stringify(server.messages) + server.err;
      assert.deepEqual(findSecrets(said, { ...secrets(), ...signature }), []);
    });
  }
});

describe('arguments', () => {
  const noProc = process.platform !== 'linux' && 'the arguments of processes are read from /proc';

  test('of exec and of what it runs have no secret', { skip: noProc, timeout: 20_000 }, async () => {
    const reader = `
      const { readFileSync } = require('node:fs');
      const of = (pid) => readFileSync('/proc/' + pid + '/cmdline', 'utf8').split('\\0');
      console.log(JSON.stringify({ self: of('self'), parent: of(process.ppid), inherited: process.env.NODE_OPTIONS }));`;
    const child = spawn(process.execPath, [command, 'exec', '--', process.execPath, '-e', reader], {
      env: { ...plain, ...env() },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    const code = await new Promise((resolve) => child.once('close', resolve));
    assert.equal(code, 0, err);
    const { self, parent, inherited } = JSON.parse(out);
    assert.ok(self.includes('-e') && parent.includes('exec'));
    assert.match(inherited, /register\.cjs/);
    assert.deepEqual(findSecrets(`${self} ${parent} ${inherited} ${err}`, secrets()), []);
  });

  test('of a running server have no secret', { skip: noProc, timeout: 20_000 }, async () => {
    const { readFileSync } = await import('node:fs');
    const server = startServer(env());
    server.write(hello + fetchCall('mail', MAIL));
    await server.answer('mail');
    const shown = readFileSync(`/proc/${server.child.pid}/cmdline`, 'utf8');
    server.child.stdin.end();
    await server.ended;
    assert.ok(shown.includes('mcp'));
    assert.deepEqual(findSecrets(shown, secrets()), []);
  });

  for (const args of [
    ['token', '--client-secret'],
    ['token', '--clientSecret'],
    ['--client-secret'],
    ['token', '--client-certificate-password'],
    ['token', '--password'],
    ['mcp', '--secret'],
  ]) {
    for (const join of [' ', '=']) {
      test(`a secret given as ${args.join(' ')}${join}… is refused and not repeated`, async () => {
        const secret = { 'the argument': 'abc8Q~hush.hush' };
        const given =
          join === '='
            ? [...args.slice(0, -1), `${args.at(-1)}=${secret['the argument']}`]
            : [...args, secret['the argument']];
        const { code, out, err } = await run(given, env());
        assert.equal(code, 2);
        assert.deepEqual(findSecrets(out + err, { ...secrets(), ...secret }), []);
        assert.equal(tenant.requests.length, 0);
      });
    }
  }
});
