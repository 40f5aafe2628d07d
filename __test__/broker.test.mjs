// The broker: `workiq-auth exec` keeps the credential, what it runs calls tools through it and has nothing that signs in.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { closeBrokers, openBroker, waitForFile } from './brokers.mjs';
import { argumentsOf, environmentOf, processTree, unseen } from './processes.mjs';
import { findSecrets } from './secrets-support.mjs';
import { auditLines, command, plain, run } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const CHILD = fileURLToPath(new URL('children/behind-broker.mjs', import.meta.url));
const ADA = '/users/ada@contoso.com/messages?$top=1&$select=subject';
const BOUNDARY = '{"users": ["ada@contoso.com"]}';

let tenant;
let folder;
before(async () => {
  tenant = await startTenant({ roles: 'all' });
  folder = mkdtempSync(path.join(tmpdir(), 'broker test '));
});
beforeEach(() => tenant.reset());
afterEach(() => closeBrokers());
after(async () => {
  await tenant.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command under `exec`. */
const exec = (args, env = {}, flags = []) =>
  run(['exec', ...flags, '--', ...args], { ...tenant.env('secret'), ...env });

/** Runs `workiq-auth` under `exec`. */
const behind = (args, env, flags) => exec([process.execPath, command, ...args], env, flags);

/** Runs a step of the child program under `exec`; what it printed, as JSON. */
async function child(step, env, flags) {
  const { code, out, err } = await exec([process.execPath, CHILD, step], env, flags);
  assert.equal(code, 0, err);
  return { ...JSON.parse(out), err };
}

describe('a command under exec', () => {
  test('reads by tools, and its verbs, its server and its SDK are bounded', async () => {
    const audit = path.join(folder, 'exec.jsonl');
    const env = { WORKIQ_BOUNDARY: BOUNDARY, WORKIQ_AUDIT_FILE: audit };
    const fetched = await behind(['fetch', '-u', ADA], env);
    assert.equal(fetched.code, 0, fetched.err);
    assert.equal(JSON.parse(fetched.out).results[0].statusCode, 200);
    const outside = await behind(['fetch', '-u', '/users/grace@contoso.com/messages'], env);
    assert.equal(outside.code, 3);
    assert.match(outside.out, /outsideBoundary/);
    const { code, err } = await behind(['boundary', 'check', '/users/grace@contoso.com/messages'], env);
    assert.equal(code, 3, err);
    const lines = auditLines(audit);
    const told = lines
      .filter((one) => one.tool === 'fetch')
      .map((one) => [one.event, one.refusedBy ?? one.status]);
    assert.deepEqual(told, [
      ['request', 200],
      ['refusal', 'boundary'],
    ]);
    // Who asked is another process than the one that holds the credential.
    for (const one of lines.filter((one) => one.tool)) {
      assert.ok(
        process.platform !== 'linux' || (one.client > 0 && one.client !== one.pid),
        JSON.stringify(one),
      );
    }
    assert.equal(tenant.tokenRequests.length, 1);
  });

  test('runs npx @microsoft/workiq through the preload', async () => {
    const { code, out, err } = await exec(['npx', '--no-install', '@microsoft/workiq', 'fetch', '-u', ADA]);
    assert.equal(code, 0, err);
    assert.equal(JSON.parse(out).results[0].statusCode, 200);
  });

  test('hands out no token, by command or API, and says so in the audit', async () => {
    const audit = path.join(folder, 'token.jsonl');
    const env = { WORKIQ_AUDIT_FILE: audit };
    const { code, out, err } = await behind(['token'], env);
    assert.deepEqual([code, out], [3, '']);
    assert.match(err, /hands out no token/);
    assert.match(err, /--allow-token/);
    const { error } = await child('getToken', env);
    assert.equal(error.code, 'token_not_handed_out');
    assert.equal(tenant.tokenRequests.length, 0);
    const refused = auditLines(audit);
    assert.deepEqual(
      refused.filter((one) => one.tool === 'token').map((one) => [one.event, one.refusedBy]),
      [
        ['refusal', 'broker'],
        ['refusal', 'broker'],
      ],
    );
  });

  test('hands tokens out where it was told to, one sign-in for all', async () => {
    const audit = path.join(folder, 'allowed.jsonl');
    const { code, out, err } = await behind(['token'], { WORKIQ_AUDIT_FILE: audit }, ['--allow-token']);
    assert.equal(code, 0, err);
    assert.match(out, /^eyJ/);
    assert.match(readFileSync(audit, 'utf8'), /"event":"token"/);
    const { token } = await child('getToken', {}, ['--allow-token']);
    assert.equal(token.tokenType, 'Bearer');
    assert.ok(token.expiresOnTimestamp > Date.now());
    assert.equal(tenant.tokenRequests.length, 2);
  });

  test('has nothing in its environment that signs in, whatever the credential is', async () => {
    for (const kind of ['secret', 'certificate', 'github', 'pipelines', 'token-file', 'managed-identity']) {
      const own = tenant.env(kind);
      const copy = own.WORKIQ_CLIENT_SECRET && { OTHER_NAME: `--password=${own.WORKIQ_CLIENT_SECRET}` };
      const { env } = await child('environment', { WORKIQ_CLIENT_SECRET: undefined, ...own, ...copy });
      for (const name of [
        ...Object.keys(env).filter((one) =>
          /^ACTIONS_ID_TOKEN|SECRET|PASSWORD|^SYSTEM_|^IDENTITY_/.test(one),
        ),
        'WORKIQ_CLIENT_CERTIFICATE_PATH',
        'WORKIQ_FEDERATED_TOKEN_FILE',
        'WORKIQ_CREDENTIAL',
        'OTHER_NAME',
      ]) {
        assert.equal(env[name], undefined, `${name} of ${kind}`);
      }
      assert.equal(env.WORKIQ_AUTH_MODE, 'app-only');
      assert.equal(env.WORKIQ_TENANT_ID, tenant.tenantId);
      assert.ok(env.WORKIQ_BROKER);
    }
  });

  test('is told in which folder its boundary is, and may have it narrower', async () => {
    const file = path.join(folder, 'b.json');
    writeFileSync(file, BOUNDARY);
    const relative = path.relative(process.cwd(), file);
    const { env } = await child('environment', { WORKIQ_BOUNDARY: relative });
    assert.ok(path.isAbsolute(env.WORKIQ_BOUNDARY));
    assert.equal(path.resolve(env.WORKIQ_BOUNDARY), file);

    const broker = await openBroker({
      ...tenant.env('secret'),
      WORKIQ_ALLOW_WRITES: 'create,update',
      WORKIQ_BOUNDARY: BOUNDARY,
    });
    const draft = ['create', '-u', '/users/ada@contoso.com/messages', '-b', '{"subject": "Hello"}'];
    assert.equal((await run(draft, broker.env)).code, 0);
    const narrower = await run(draft, { ...broker.env, WORKIQ_ALLOW_WRITES: 'update' });
    assert.equal(narrower.code, 3);
    assert.match(narrower.out, /writesNotAllowed/);
    // It cannot be made wider.
    const wider = await run(['delete', '-u', '/users/ada@contoso.com/messages/x'], {
      ...broker.env,
      WORKIQ_ALLOW_WRITES: 'true',
    });
    assert.match(wider.out, /writesNotAllowed/);
    const me = await run(['fetch', '-u', '/me/messages?$top=1'], {
      ...broker.env,
      WORKIQ_USER: 'ada@contoso.com',
    });
    assert.equal(me.code, 0, me.err + me.out);
    await broker.close();
  });

  test('is not run where the settings are wrong, and gets everything as it is in the mode delegated', async () => {
    const { code, out, err } = await exec([process.execPath, '-p', '1'], { WORKIQ_TENANT_ID: 'common' });
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /WORKIQ_TENANT_ID/);
    const { env } = await child('environment', { WORKIQ_AUTH_MODE: undefined });
    assert.equal(env.WORKIQ_CLIENT_SECRET, tenant.clientSecret);
    assert.equal(env.WORKIQ_BROKER, undefined);
  });

  test('takes settings by flags, which a process that asks a broker cannot', async () => {
    const { WORKIQ_TENANT_ID, WORKIQ_AUTH_MODE, ...others } = tenant.env('secret');
    const flags = [
      '--tenant-id',
      WORKIQ_TENANT_ID,
      '--auth-mode',
      WORKIQ_AUTH_MODE,
      '--allow-writes',
      'create',
    ];
    const args = ['exec', ...flags, '--', process.execPath, command];
    const fetched = await run([...args, 'fetch', '-u', ADA], others);
    assert.equal(fetched.code, 0, fetched.err);
    const { code, err } = await run([...args, 'fetch', '-u', ADA, '--tenant-id', WORKIQ_TENANT_ID], others);
    assert.equal(code, 2);
    assert.match(err, /--tenant-id: is given to a process that asks a broker/);
  });

  test('asks the broker how a path stands to the boundary, where only Graph knows', async () => {
    const audit = path.join(folder, 'standing.jsonl');
    const env = { WORKIQ_BOUNDARY: BOUNDARY, WORKIQ_AUDIT_FILE: audit };
    const check = (user, ...more) => behind(['boundary', 'check', `/users/${user}/messages`, ...more], env);
    const { code, out, err } = await check(
      tenant.data.users.find((one) => one.userPrincipalName === 'ada@contoso.com').id,
    );
    assert.deepEqual([code, out], [0, 'inside\n'], err);
    const other = await check(
      tenant.data.users.find((one) => one.userPrincipalName === 'grace@contoso.com').id,
    );
    assert.equal(other.code, 3);
    // What was looked up is told apart from what was asked for, and was no attempt at a token.
    const lines = auditLines(audit);
    assert.deepEqual(
      lines.filter((one) => one.event !== 'start').map((one) => one.event),
      ['lookup', 'lookup'],
    );
    // Whether somebody is there is not told.
    const absent = await check('00000000-0000-4000-8000-000000000000');
    const [there, none] = [other, absent].map(({ err: text }) =>
      text.slice(text.indexOf('workiq-auth:')).replace(/[0-9a-f-]{36}/g, 'X'),
    );
    assert.equal(there, none);
  });

  test('under another exec asks the same broker, and holds no credential for others', async () => {
    const nested = await behind(['broker']);
    assert.equal(nested.code, 2);
    assert.match(nested.err, /asks a broker itself/);
  });

  const noShell = process.platform === 'win32' && 'takes sh';

  test('under another exec has the same address', { skip: noShell }, async () => {
    const inner = [process.execPath, command, 'exec', '--', process.execPath, CHILD, 'environment'];
    const { code, out, err } = await exec(['sh', '-c', 'echo "$WORKIQ_BROKER"; exec "$@"', 'sh', ...inner]);
    assert.equal(code, 0, err);
    const [outer, json] = out.split('\n');
    assert.equal(JSON.parse(json).env.WORKIQ_BROKER, outer);
  });

  test('outlived by a child: that one is told, and the socket is gone', async () => {
    const { outlived } = await child('outlive', { OUTLIVE_FILE: path.join(folder, 'outlived') });
    assert.ok(outlived);
    const report = await waitForFile(path.join(folder, 'outlived'));
    const { code, err, address } = JSON.parse(report);
    assert.equal(code, 3);
    assert.match(err, /The process that holds the credential has ended/);
    assert.ok(!existsSync(address) && !existsSync(path.dirname(address)));
  });

  test('ended by a signal leaves no socket behind', { skip: process.platform === 'win32' }, async () => {
    const server = spawn(process.execPath, [command, 'exec', '--', process.execPath, CHILD, 'wait'], {
      env: { ...plain, ...tenant.env('secret') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => server.once('exit', (code) => resolve(code)));
    const text = await new Promise((resolve) => server.stdout.setEncoding('utf8').once('data', resolve));
    const { address } = JSON.parse(text);
    assert.ok(existsSync(address));
    server.kill('SIGTERM');
    assert.equal(await ended, 143);
    assert.ok(!existsSync(path.dirname(address)));
  });
});

describe('every process that we start', { skip: unseen }, () => {
  for (const kind of ['secret', 'github', 'pipelines', 'managed-identity']) {
    test(`has no secret in arguments or environment: ${kind}`, async () => {
      const given = tenant.env(kind);
      const secrets = Object.fromEntries(
        ['WORKIQ_CLIENT_SECRET', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'SYSTEM_ACCESSTOKEN', 'IDENTITY_HEADER']
          .filter((name) => given[name])
          .map((name) => [name, given[name]]),
      );
      assert.ok(Object.keys(secrets).length > 0);
      const owner = spawn(process.execPath, [command, 'exec', '--', process.execPath, CHILD, 'tree'], {
        env: { ...plain, ...given },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const text = await new Promise((resolve) => owner.stdout.setEncoding('utf8').once('data', resolve));
      assert.equal(JSON.parse(text).subject !== undefined, true);
      const [root, ...started] = processTree(owner.pid);
      // The command, the server that it started, and the shell between them.
      assert.ok(started.length >= 3, `${started.length} processes`);
      for (const pid of [root, ...started]) assert.deepEqual(findSecrets(argumentsOf(pid), secrets), []);
      for (const pid of started) {
        const environment = environmentOf(pid);
        assert.match(environment, /WORKIQ_BROKER=/);
        assert.doesNotMatch(environment, /ACTIONS_ID_TOKEN_/);
        assert.deepEqual(findSecrets(environment, secrets), []);
      }
      owner.stdin.end();
      await new Promise((resolve) => owner.once('exit', resolve));
    });
  }

  test('and the one that holds the credential lets nobody of its own user look', async () => {
    // Root may look into every process; so this is asked as somebody else.
    const nobody = process.getuid() === 0 ? { uid: 65534, gid: 65534 } : {};
    const place = mkdtempSync(path.join(tmpdir(), 'nobody-'));
    chmodSync(place, 0o777);
    // Nothing is asked, and the CA's file is another user's.
    const { NODE_EXTRA_CA_CERTS: _, ...own } = tenant.env('secret');
    const owner = spawn(process.execPath, [command, 'broker'], {
      env: { ...plain, ...own, HOME: place, TMPDIR: place, WORKIQ_CACHE_DIR: place },
      stdio: ['ignore', 'pipe', 'inherit'],
      ...nobody,
    });
    await new Promise((resolve) => owner.stdout.once('data', resolve));
    const look = (name) => spawnSync('cat', [`/proc/${owner.pid}/${name}`], { encoding: 'utf8', ...nobody });
    assert.match(look('cmdline').stdout, /broker/);
    for (const name of ['environ', 'mem', 'maps']) {
      const { status, stderr } = look(name);
      assert.notEqual(status, 0, name);
      assert.match(stderr, /Permission denied/, name);
    }
    owner.kill('SIGKILL');
    rmSync(place, { recursive: true });
  });
});
