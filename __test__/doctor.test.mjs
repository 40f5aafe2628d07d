// The doctor, as a person, a program and a job run it: what it finds in each state of a tenant, and what it keeps to itself.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import { findSecrets } from './secrets-support.mjs';
import { plain, run } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const schema = JSON.parse(readFileSync(new URL('../docs/doctor.schema.json', import.meta.url), 'utf8'));

let tenant;
let targets;
let isReport;
before(async () => {
  tenant = await startTenant({ roles: 'read' });
  const { meetings, sites, teams } = tenant.data;
  targets = ['--user', 'ada@contoso.com', '--meeting-organizer', meetings[0].organizerId];
  targets.push('--site', sites[0].id, '--team', teams[0].id);
  isReport = new Ajv().compile(schema);
});
beforeEach(() => {
  tenant.reset();
  tenant.setRoles('read');
  tenant.setClockOffset(0);
});
after(() => tenant.close());

/** The report of `doctor --json`. */
async function doctor(env, args = targets) {
  const { code, out, err } = await run(['doctor', '--json', ...args], env);
  const report = JSON.parse(out);
  assert.ok(isReport(report), JSON.stringify(isReport.errors));
  assert.equal(report.exitCode, code, err);
  const { WORKIQ_CLIENT_SECRET: secret } = env;
  assert.deepEqual(findSecrets(out + err, secret ? { secret } : {}), []);
  const of = (id) => report.checks.find((check) => check.id === id || check.id.startsWith(`${id}.`));
  const ids = (status) => report.checks.filter((check) => check.status === status).map(({ id }) => id);
  return { ...report, of, ids };
}

const commands = (check) => (check.todo ?? []).flatMap(({ command }) => command ?? []);

describe('all is well', () => {
  for (const kind of ['secret', 'certificate', 'github', 'token-file', 'managed-identity']) {
    test(`with ${kind}`, async () => {
      const { code, out, err } = await run(['doctor', ...targets], tenant.env(kind));
      assert.equal(code, 0, out + err);
      assert.match(out, /^ok +Sign-in/m);
      assert.match(out, /^ok +Transcript's text/m);
      assert.doesNotMatch(out, /^failed/m);
      assert.ok(out.split('\n').length <= 70, out);
      // A pipe has no colour.
      assert.ok(!out.includes('\u001b'));
    });
  }

  test('with each value and where it is from', async () => {
    const report = await doctor(tenant.env('certificate'));
    const { facts, sources } = report.of('settings');
    assert.deepEqual([facts.tenantId, sources.tenantId], [tenant.tenantId, 'WORKIQ_TENANT_ID']);
    assert.equal(report.of('credential').facts.kind, 'certificate');
    assert.ok(report.of('token').facts.roles.includes('Mail.Read'));
    assert.equal(report.of('token').facts.idtyp, 'app');
  });

  test('with a federated token, whose claims are told', async () => {
    const { facts } = (await doctor(tenant.env('github'))).of('credential');
    assert.match(JSON.stringify(facts), /repo:/);
    assert.match(JSON.stringify(facts), /"(?:iss|issuer)"/);
  });

  test('from JavaScript as well', async () => {
    const { diagnose } = createRequire(import.meta.url)('workiq-auth');
    const { WORKIQ_AUTH_MODE, ...others } = tenant.env('secret');
    const saved = { ...process.env };
    Object.assign(process.env, others);
    try {
      const report = await diagnose({ mode: WORKIQ_AUTH_MODE, users: ['ada@contoso.com'] });
      assert.ok(isReport(report), JSON.stringify(isReport.errors));
      assert.equal(report.status, 'ok');
      const wrong = await diagnose({ mode: 'app-only', tenantID: 'x' });
      assert.deepEqual([wrong.status, wrong.exitCode], ['failed', 1]);
    } finally {
      for (const name of Object.keys(others)) delete process.env[name];
      Object.assign(process.env, saved);
    }
  });
});

describe('what is wrong', () => {
  test('a secret', async () => {
    const report = await doctor({ ...tenant.env('secret'), WORKIQ_CLIENT_SECRET: tenant.expiredSecret });
    assert.equal(report.exitCode, 3);
    assert.deepEqual(report.ids('failed'), ['token']);
    assert.match(report.of('token').summary, /AADSTS7000222/);
    assert.ok(report.ids('skipped').includes('permissions'));
  });

  test('a role that is missing, with the commands that grant it', async () => {
    tenant.setRoles(['Mail.Read', 'Sites.Read.All']);
    const report = await doctor(tenant.env('secret'));
    const permissions = report.of('permissions');
    assert.equal(permissions.status, 'warning');
    const missing = permissions.permissions.filter(
      (one) => one.kind === 'workIq' && one.status === 'missing',
    );
    assert.ok(missing.some(({ name }) => name === 'OnlineMeetingTranscript.Read.All'));
    const all = commands(permissions).join('\n');
    assert.match(all, /Enable-WorkIQAppOnly\.ps1 -TenantId \S+ -ClientId \S+ -For Meetings,Chats,Channels/);
    assert.match(all, /az ad app permission add/);
    assert.match(JSON.stringify(permissions.todo), /\/adminconsent\?client_id=/);
    const transcripts = report.checks.find((check) => check.title === 'Transcripts');
    assert.equal(transcripts.status, 'failed');
    assert.match(transcripts.summary, /OnlineMeetingTranscript\.Read\.All/);
  });

  test('a certificate that has expired', async () => {
    const env = {
      ...tenant.env('certificate'),
      WORKIQ_CLIENT_CERTIFICATE_PATH: tenant.certificates.expiredPem,
    };
    const report = await doctor(env);
    assert.equal(report.exitCode, 3);
    assert.equal(report.of('credential').status, 'failed');
    assert.match(report.of('credential').summary, /expired/);
    assert.ok(report.ids('skipped').includes('token'));
  });

  test('a clock', async () => {
    tenant.setClockOffset(900);
    const report = await doctor(tenant.env('secret'));
    assert.equal(report.of('clock').status, 'warning');
    assert.match(report.of('clock').summary, /900 s behind|9\d\d s behind|8\d\d s behind/);
  });

  test('a policy of Teams', async () => {
    tenant.fail({
      at: 'graph',
      match: /onlineMeetings/i,
      graphError: 'NoApplicationAccessPolicy',
      times: Infinity,
    });
    const report = await doctor(tenant.env('secret'));
    const transcripts = report.checks.find((check) => check.title === 'Transcripts');
    assert.equal(transcripts.status, 'failed');
    assert.match(JSON.stringify(transcripts), /CsApplicationAccessPolicy/);
    assert.equal(report.exitCode, 3);
  });

  test('Graph that is not there', async () => {
    const report = await doctor({ ...tenant.env('secret'), WORKIQ_GRAPH_ENDPOINT: 'https://127.0.0.1:9' });
    assert.equal(report.of('network.graph').status, 'failed');
    assert.ok(report.ids('skipped').includes('graph'));
  });

  test('settings, in the words of every other command', async () => {
    const env = { ...tenant.env('secret'), WORKIQ_TENANT_ID: 'common' };
    const report = await doctor(env);
    assert.equal(report.exitCode, 1);
    assert.deepEqual(report.ids('failed'), ['settings']);
    assert.match(report.of('settings').summary, /WORKIQ_TENANT_ID: "common"/);
    assert.equal(tenant.tokenRequests.length, 0);
  });

  test('a boundary that a probe lies outside of', async () => {
    const env = { ...tenant.env('secret'), WORKIQ_BOUNDARY: '{"users": ["ada@contoso.com"]}' };
    const report = await doctor(env, ['--user', 'grace@contoso.com']);
    assert.match(JSON.stringify(report.checks), /outside the boundary/);
    const own = await doctor(env, []);
    assert.equal(own.status, 'ok');
    assert.ok(
      own.checks.some((check) => check.target === 'ada@contoso.com'),
      'probed by default',
    );
  });
});

describe('in a job', () => {
  const title = () => tenant.data.messages.find(({ owner }) => owner)?.subject;

  async function job(repository, args = targets, env = {}) {
    const event = join(tenant.dir, 'event.json');
    const summary = join(tenant.dir, 'summary.md');
    writeFileSync(event, JSON.stringify({ repository }));
    writeFileSync(summary, '');
    const { code, out, err } = await run(['doctor', ...args], {
      ...tenant.env('secret'),
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_PATH: event,
      GITHUB_STEP_SUMMARY: summary,
      ...env,
    });
    return { code, said: out + err, summary: readFileSync(summary, 'utf8') };
  }

  test('of a private repository has ids in its summary and no names', async () => {
    const { code, said, summary } = await job({ private: true, visibility: 'private' });
    assert.equal(code, 0, said);
    assert.match(summary, /\| .*Sign-in/);
    assert.match(said + summary, /ada@contoso\.com/);
    assert.ok(title() && !(said + summary).includes(title()));
    assert.doesNotMatch(said + summary, /Grace Hopper/);
  });

  test('has names where somebody says so', async () => {
    const { said } = await job({ private: true, visibility: 'private' }, [...targets, '--show-names']);
    assert.match(said, /Grace Hopper/);
  });

  for (const repository of [{ private: false, visibility: 'public' }, undefined]) {
    test(`of ${repository ? 'a public' : 'an unknown'} repository has no ids either`, async () => {
      const { said, summary } = await job(repository, [...targets, '--show-names']);
      for (const shown of ['ada@contoso.com', tenant.tenantId, tenant.clientId, 'Grace Hopper']) {
        const own = said.split('\n').filter((line) => !/ WARN /.test(line));
        assert.ok(![...own, summary].join('\n').includes(shown), shown);
      }
    });
  }

  test('has an annotation for what failed', async () => {
    const env = { WORKIQ_CLIENT_SECRET: tenant.expiredSecret };
    const { code, said, summary } = await job({ private: true, visibility: 'private' }, targets, env);
    assert.equal(code, 3);
    assert.match(said, /^::error .*::.*AADSTS7000222/m);
    assert.match(summary, /AADSTS7000222/);
    assert.deepEqual(findSecrets(said + summary, { expired: tenant.expiredSecret }), []);
  });
});

const noTerminal = process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0;

describe('on a terminal', { skip: noTerminal && 'script (util-linux) makes one, and it is not here' }, () => {
  function onTerminal(env) {
    const command = new URL('../bin/workiq-auth.js', import.meta.url).pathname;
    const words = [process.execPath, command, 'doctor'].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', words, '/dev/null'], {
      env: { ...plain, ...tenant.env('secret'), TERM: 'xterm', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    return new Promise((resolve) => child.once('close', () => resolve(out)));
  }

  test('it has colour, and none with NO_COLOR', async () => {
    const coloured = await onTerminal({});
    assert.ok(coloured.includes('\u001b['), coloured);
    const without = await onTerminal({ NO_COLOR: '1' });
    assert.match(without, /^ok +Sign-in/m);
    assert.ok(!without.includes('\u001b['));
  });
});

test('behind a broker it says who holds the credential', async () => {
  const { code, out, err } = await run(
    [
      'exec',
      '--',
      process.execPath,
      new URL('../bin/workiq-auth.js', import.meta.url).pathname,
      'doctor',
      '--json',
    ],
    tenant.env('secret'),
  );
  assert.equal(code, 0, err);
  const report = JSON.parse(out);
  assert.ok(
    report.checks.some((check) => check.status === 'ok' && /broker/i.test(check.title + check.summary)),
  );
  assert.ok(
    report.checks.some(
      (check) => check.status === 'skipped' && /held by another process/.test(check.summary),
    ),
  );
});
