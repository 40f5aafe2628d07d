// The doctor over the test tenant: what it finds in each case, how it says it, and what it keeps to itself.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { findSecrets, keyLines } from './secrets-support.mjs';
import { plain, command as program, run } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const WRONG = 'abc8Q~wrong.wrong.wrong.wrong.wrong.wrong';
const schema = JSON.parse(readFileSync(new URL('../docs/doctor.schema.json', import.meta.url), 'utf8'));

let tenant;
let dir;
/** Options that probe one of each kind, and what they name. */
let probes;
let named;

before(async () => {
  tenant = await startTenant({ roles: 'read' });
  dir = mkdtempSync(join(tmpdir(), 'doctor-'));
  const organizer = tenant.data.meetings.find((one) => one.transcripts.length > 0).organizerId;
  named = {
    user: 'ada@contoso.com',
    team: tenant.data.teams[0].id,
    site: tenant.data.sites[0].id,
    organizer,
  };
  probes = [
    '--user',
    named.user,
    '--team',
    named.team,
    '--site',
    named.site,
    '--meeting-organizer',
    organizer,
  ];
});

afterEach(() => {
  tenant.reset();
  tenant.setRoles('read');
  tenant.setClockOffset(0);
});

after(async () => {
  rmSync(dir, { recursive: true, force: true });
  await tenant.close();
});

/** What in `value` is not as `rule` of the schema says; nothing where all is. */
function mistakes(value, rule, at = '') {
  if (rule.$ref) return mistakes(value, schema.$defs[rule.$ref.split('/').at(-1)], at);
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const kinds = [rule.type ?? []].flat().map((one) => (one === 'integer' ? 'number' : one));
  if (kinds.length > 0 && !kinds.includes(kind)) return [`${at} is of the type ${kind}`];
  if (rule.enum && !rule.enum.includes(value)) return [`${at} is ${value}`];
  if ('const' in rule && rule.const !== value) return [`${at} is ${value}`];
  const missing = (rule.required ?? [])
    .filter((name) => !(name in value))
    .map((name) => `${at}/${name} is missing`);
  const parts = kind === 'array' ? value.map((one, index) => [index, one, rule.items]) : [];
  if (kind === 'object') {
    for (const [name, one] of Object.entries(value)) {
      const known = rule.properties?.[name] ?? rule.additionalProperties;
      if (known) parts.push([name, one, known]);
      else if (rule.properties) missing.push(`${at}/${name} is not in the schema`);
    }
  }
  return [...missing, ...parts.flatMap(([name, one, known]) => mistakes(one, known ?? {}, `${at}/${name}`))];
}

/** The report as JSON, checked against its schema and for secrets. */
async function diagnosed(args, env) {
  const { code, out, err } = await run(['doctor', '--json', ...args], { WORKIQ_LOG: 'error', ...env });
  const report = JSON.parse(out);
  assert.deepEqual(mistakes(report, schema), []);
  assert.equal(report.exitCode, code);
  noSecrets(out + err);
  return report;
}

function noSecrets(text) {
  const secrets = {
    secret: tenant.clientSecret,
    wrong: WRONG,
    ...keyLines(readFileSync(tenant.certificates.pem, 'utf8')),
  };
  assert.deepEqual(findSecrets(text, secrets), []);
}

const check = (report, id) => report.checks.find((one) => one.id === id);
const failed = (report) => report.checks.filter((one) => one.status === 'failed').map((one) => one.id);
const commands = (one) => (one.todo ?? []).map((step) => step.command).filter(Boolean);

describe('all well', () => {
  for (const [kind, credential] of [
    ['secret', 'secret'],
    ['certificate', 'certificate'],
    ['github', 'federated'],
  ]) {
    test(`with ${kind}`, async () => {
      const report = await diagnosed(probes, tenant.env(kind));
      assert.deepEqual([report.status, report.exitCode, failed(report)], ['ok', 0, []]);
      assert.ok(report.checks.every((one) => one.status === 'ok'));
      assert.equal(check(report, 'credential').facts.kind, credential);
      const { facts } = check(report, 'token');
      assert.deepEqual(
        [facts.tenant, facts.application, facts.idtyp, facts.cae],
        [tenant.tenantId, tenant.clientId, 'app', true],
      );
      const { permissions } = check(report, 'permissions');
      const external = permissions.find(({ name }) => name === 'ExternalItem.Read.All');
      assert.match(external.unlocks, /judged by roles alone/);
      assert.equal(permissions.filter((one) => one.kind === 'workIq' && one.status === 'granted').length, 7);
      assert.ok(check(report, 'probe.transcript').facts.utterances > 0);
    });
  }

  test('a certificate is named by thumbprint, and a federated token by the credential that would match', async () => {
    const { facts } = check(await diagnosed([], tenant.env('certificate')), 'credential');
    const pem = /-----BEGIN CERTIFICATE[\s\S]*?-----END CERTIFICATE-----/.exec(
      readFileSync(tenant.certificates.pem, 'utf8'),
    );
    assert.equal(facts.sha1, new X509Certificate(pem[0]).fingerprint.replaceAll(':', ''));
    assert.ok(facts.daysLeft > 300);
    const federated = check(await diagnosed([], tenant.env('github')), 'credential').facts;
    assert.deepEqual(federated.matchingFederatedCredential, {
      issuer: federated.iss,
      subject: federated.sub,
      audiences: [tenant.federatedAudience],
    });
  });

  test('each setting has its variable', async () => {
    const env = { ...tenant.env(), WORKIQ_TENANT_ID: '', AZURE_TENANT_ID: tenant.tenantId };
    const { sources } = check(await diagnosed(['--client-id', tenant.clientId], env), 'settings');
    assert.deepEqual([sources.tenantId, sources.clientId], ['AZURE_TENANT_ID', '--client-id']);
  });
});

describe('what is wrong is told, and what depends on it is skipped', () => {
  test('a wrong secret', async () => {
    const report = await diagnosed(probes, { ...tenant.env(), WORKIQ_CLIENT_SECRET: WRONG });
    assert.deepEqual([report.exitCode, failed(report)], [3, ['token']]);
    assert.equal(check(report, 'token').facts.aadsts, 7000215);
    assert.equal(check(report, 'probes').status, 'skipped');
  });

  test('a missing role is a warning, and a failure where it was asked for', async () => {
    tenant.setRoles(['Mail.Read', 'Chat.Read.All', 'User.Read.All']);
    const report = await diagnosed([], tenant.env());
    assert.deepEqual([report.exitCode, check(report, 'permissions').status], [0, 'warning']);
    const [script, az] = commands(check(report, 'permissions'));
    const consent = check(report, 'permissions').todo.at(-1).url;
    assert.match(
      script,
      /^\.\/scripts\/Enable-WorkIQAppOnly\.ps1 -TenantId \S+ -ClientId \S+ -For Meetings,Channels,Sites,/,
    );
    assert.match(az, /^az ad app permission add .*a4a80d8d-d283-4bd8-8504-555ec3870630=Role/);
    assert.ok(consent.startsWith(`${tenant.authority}/${tenant.tenantId}/adminconsent?client_id=`));
    const asked = await diagnosed(['--meeting-organizer', named.organizer], tenant.env());
    assert.deepEqual([asked.exitCode, failed(asked)], [3, ['probe.transcripts']]);
    assert.equal(check(asked, 'probe.transcripts').code, 'role_missing');
    assert.match(commands(check(asked, 'probe.transcripts'))[0], /-For Meetings$/);
  });

  test('no role at all', async () => {
    tenant.setRoles([]);
    const report = await diagnosed([], tenant.env());
    assert.deepEqual([report.exitCode, failed(report)], [3, ['permissions']]);
    assert.match(commands(check(report, 'permissions'))[0], / -All$/);
  });

  test('mail that Exchange opens without a role is no missing role', async () => {
    tenant.setRoles(['Sites.Read.All']);
    tenant.fail({
      at: 'graph',
      match: '/messages',
      status: 200,
      body: '{"value":[]}',
      headers: { 'Content-Type': 'application/json' },
    });
    const report = await diagnosed(['--user', named.user], tenant.env());
    assert.equal(check(report, 'probe.mail').status, 'ok');
    const mail = check(report, 'permissions').permissions.find((one) => one.name === 'Mail.Read');
    assert.equal(mail.status, 'exchange');
  });

  test('a mailbox that Exchange closes, and a protected API', async () => {
    tenant.fail({ at: 'graph', match: '/users/ada@contoso.com/messages', graphError: 'AppOnlyAccessPolicy' });
    tenant.fail({ at: 'graph', match: /\/chats\/[^/]+\/messages/, graphError: 'ProtectedApi' });
    const report = await diagnosed(['--user', named.user], tenant.env());
    assert.equal(check(report, 'probe.mail').code, 'mailbox_policy');
    assert.equal(check(report, 'probe.chats').code, 'protected_api');
    assert.equal(report.exitCode, 3);
  });

  for (const [what, graphError, code, command] of [
    [
      'a blocked Teams policy',
      'NoApplicationAccessPolicy',
      'meeting_policy',
      /New-CsApplicationAccessPolicy/,
    ],
    [
      'transcripts switched off',
      'GraphAccessToTranscriptsDisabled',
      'transcripts_disabled',
      /EnableGraphTranscriptAccess/,
    ],
  ]) {
    test(`${what}: the list can be read and the text cannot`, async () => {
      tenant.fail({ at: 'graph', match: '/content', graphError });
      const report = await diagnosed(['--meeting-organizer', named.organizer], tenant.env());
      assert.deepEqual([report.exitCode, failed(report)], [3, ['probe.transcript']]);
      assert.equal(check(report, 'probe.transcript').code, code);
      assert.match(commands(check(report, 'probe.transcript')).join('\n'), command);
    });
  }

  test('an expired certificate', async () => {
    const { certificates } = tenant;
    const env = {
      ...tenant.env('certificate'),
      WORKIQ_CLIENT_CERTIFICATE_PATH: certificates.expiredPem,
    };
    const report = await diagnosed([], env);
    assert.deepEqual([report.exitCode, failed(report)], [3, ['credential']]);
    assert.equal(check(report, 'credential').code, 'certificate_expired');
    assert.equal(check(report, 'token').status, 'skipped');
    assert.equal(tenant.tokenRequests.length, 0);
  });

  test('a skewed clock', async () => {
    tenant.setClockOffset(900);
    const report = await diagnosed([], tenant.env('certificate'));
    assert.deepEqual(failed(report), ['clock', 'token']);
    assert.equal(check(report, 'clock').code, 'clock_skewed');
    assert.ok(Math.abs(check(report, 'clock').facts.secondsBehind - 900) < 30);
    // A secret is good by any clock.
    const secret = await diagnosed([], tenant.env());
    assert.deepEqual([secret.exitCode, check(secret, 'clock').status], [0, 'warning']);
  });

  test('Graph that cannot be reached', async () => {
    tenant.fail({ at: 'graph', reset: true, times: 20 });
    const report = await diagnosed(probes, tenant.env());
    assert.deepEqual([report.exitCode, failed(report)], [1, ['network.graph']]);
    assert.equal(check(report, 'token').status, 'ok');
    assert.deepEqual([check(report, 'graph').status, check(report, 'probes').status], ['skipped', 'skipped']);
  });

  test('an authority that cannot be reached', async () => {
    const report = await diagnosed([], { ...tenant.env(), WORKIQ_AUTHORITY_HOST: 'https://localhost:1' });
    assert.deepEqual([report.exitCode, failed(report)], [1, ['network.authority']]);
    assert.equal(check(report, 'token').status, 'skipped');
  });

  test('wrong settings, in the words of every other command', async () => {
    const env = { ...tenant.env(), WORKIQ_TENANT_ID: 'nobody', WORKIQ_BOUNDARY: '{' };
    const report = await diagnosed([], env);
    assert.deepEqual([report.exitCode, failed(report)], [1, ['settings']]);
    const { err } = await run(['token'], env);
    assert.ok(err.includes(check(report, 'settings').summary), err);
    assert.deepEqual(failed(await diagnosed([], {})), ['mode']);
  });

  test('what is outside the boundary is not asked for', async () => {
    const boundary = JSON.stringify({ users: ['grace@contoso.com'], organizers: [named.organizer] });
    const report = await diagnosed([], { ...tenant.env(), WORKIQ_BOUNDARY: boundary });
    assert.deepEqual(
      report.checks.filter((one) => one.target).map((one) => one.target),
      ['grace@contoso.com', 'grace@contoso.com', 'grace@contoso.com', named.organizer, named.organizer],
    );
    const outside = await diagnosed(['--user', named.user], { ...tenant.env(), WORKIQ_BOUNDARY: boundary });
    // It was named and not looked at, which is no success.
    const mail = check(outside, 'probe.mail');
    assert.deepEqual([outside.status, outside.exitCode], ['warning', 0]);
    assert.deepEqual([mail.status, mail.code], ['warning', 'outside_boundary']);
    assert.match(mail.todo[0].text, /WORKIQ_BOUNDARY/);
    assert.ok(!tenant.graphRequests.some((one) => one.path.includes(named.user)));
  });
});

describe('behind a broker', { skip: process.platform === 'win32' && 'a shell runs the command' }, () => {
  test('the broker is asked, and the credential is left to it', async () => {
    const { code, out } = await run(['exec', '--', process.execPath, program, 'doctor', '--json'], {
      ...tenant.env(),
      WORKIQ_LOG: 'error',
    });
    const report = JSON.parse(out);
    assert.deepEqual(mistakes(report, schema), []);
    assert.deepEqual([code, check(report, 'broker').status], [0, 'ok']);
    for (const id of ['credential', 'token', 'permissions']) {
      assert.match(check(report, id).summary, /held by another process .* run workiq-auth doctor there/);
    }
    assert.match(check(report, 'probes').summary, /Nobody was named/);
    const gone = await diagnosed([], { ...tenant.env(), WORKIQ_BROKER: join(dir, 'nobody') });
    assert.deepEqual([gone.exitCode, failed(gone)], [3, ['broker']]);
    assert.match(check(gone, 'probes').summary, /does not answer/);
  });

  /** What the doctor finds within `workiq-auth exec`. */
  async function behind(args, env) {
    const { code, out } = await run(['exec', '--', process.execPath, program, 'doctor', '--json', ...args], {
      ...tenant.env(),
      WORKIQ_LOG: 'error',
      ...env,
    });
    const report = JSON.parse(out);
    assert.deepEqual([mistakes(report, schema), report.exitCode], [[], code]);
    noSecrets(out);
    return report;
  }

  test('probes go through the broker, and find what they find without one', async () => {
    const found = (report) =>
      report.checks
        .filter(({ id }) => id.startsWith('probe.'))
        .map(({ id, status, code, target, summary, facts }) => [id, status, code, target, summary, facts]);
    const probed = found(await behind(probes));
    assert.ok(probed.length >= 6 && probed.every(([, status]) => status === 'ok'));
    assert.deepEqual(probed, found(await diagnosed(probes, tenant.env())));

    tenant.fail({ at: 'graph', match: '/content', graphError: 'NoApplicationAccessPolicy' });
    const closed = await behind(['--meeting-organizer', named.organizer]);
    assert.deepEqual([closed.exitCode, failed(closed)], [3, ['probe.transcript']]);
    const text = check(closed, 'probe.transcript');
    assert.equal(text.code, 'meeting_policy');
    assert.match(commands(text).join('\n'), /Grant-CsApplicationAccessPolicy .*/);
    assert.ok(text.facts.requestId && text.facts.httpStatus === 403);

    const nobody = await behind(['--user', 'nobody@contoso.com']);
    assert.equal(check(nobody, 'probe.mail').facts.httpStatus, 404);
  });

  test("the broker's boundary holds for probes", async () => {
    const boundary = JSON.stringify({ users: ['grace@contoso.com'] });
    const report = await behind(['--user', named.user], { WORKIQ_BOUNDARY: boundary });
    assert.equal(check(report, 'probe.mail').status, 'warning');
    assert.match(check(report, 'probe.mail').summary, /outside the boundary/);
    assert.ok(!tenant.graphRequests.some((one) => one.path.includes(named.user)));
  });
});

describe('in a GitHub Actions job', () => {
  /** Runs it in a job of a repository; what came out by stream. */
  async function job(repository, args, env) {
    const summary = join(dir, 'summary.md');
    const event = join(dir, 'event.json');
    writeFileSync(summary, '# Before\n');
    writeFileSync(event, JSON.stringify({ repository }));
    const { code, out, err } = await run(['doctor', ...args], {
      ...env,
      WORKIQ_LOG: 'error',
      GITHUB_ACTIONS: 'true',
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_EVENT_PATH: event,
    });
    const text = readFileSync(summary, 'utf8');
    noSecrets(out + err + text);
    return { code, out, err, summary: text, all: out + err + text };
  }

  const PRIVATE = { private: true, visibility: 'private' };
  const PUBLIC = { private: false, visibility: 'public' };
  /** Titles and names of what is read. */
  const names = ['Trial of the event hub closed', 'Grace Hopper'];

  test('the summary is added to, and names are in it only where they are asked for', async () => {
    const usual = await job(PRIVATE, probes, tenant.env());
    assert.equal(usual.code, 0);
    assert.match(
      usual.summary,
      /^# Before\n### workiq-auth doctor: ✅ all is well[\s\S]*\| ✅ \| Mail of ada&#64;contoso.com \|/,
    );
    assert.ok(names.every((name) => !usual.all.includes(name)));
    const asked = await job(PRIVATE, [...probes, '--show-names', '--json'], tenant.env());
    assert.ok(names.every((name) => asked.out.includes(name)));
  });

  test('of a public repository nobody learns an id, a name or a subject', async () => {
    const federated = tenant.env('github');
    const subject = 'repo:contoso/decisions';
    for (const [args, env] of [
      [[...probes, '--show-names'], federated],
      [[...probes, '--json'], federated],
      [probes, { ...tenant.env(), WORKIQ_CLIENT_SECRET: WRONG }],
    ]) {
      tenant.setRoles(['User.Read.All', 'Channel.ReadBasic.All']);
      for (const repository of [PUBLIC, {}]) {
        const { all, summary } = await job(repository, args, env);
        assert.match(summary, /❌/);
        const ids = [
          tenant.tenantId,
          tenant.clientId,
          subject,
          'ada',
          named.team,
          named.organizer,
          named.site,
          ...names,
        ];
        assert.deepEqual(
          ids.filter((id) => all.includes(id)),
          [],
        );
      }
    }
  });

  const ERRORS = 'https://github.com/workiq-auth/workiq-auth/blob/main/docs/errors.md';
  /** What is wrong, how it comes about, and what everybody is told of it. */
  const states = [
    ['nothing set', () => ({}), [/The auth mode is delegated/, /Set WORKIQ_AUTH_MODE=app-only/]],
    [
      'missing and wrong settings',
      () => ({
        ...tenant.env(),
        WORKIQ_TENANT_ID: 'fabrikam',
        WORKIQ_CLIENT_ID: '',
        WORKIQ_CLOUD: 'fabrikam',
      }),
      [
        /3 settings are missing or wrong:<br>/,
        /WORKIQ_TENANT_ID: is wrong; expected the tenant's GUID or a verified domain/,
        /WORKIQ_CLIENT_ID[^<]*: is missing; expected the application \(client\) id/,
        /Set what is missing[^\n]*getting-started\.md/,
      ],
    ],
    [
      'a private authority without an audience',
      () => ({
        ...tenant.env('github'),
        WORKIQ_FEDERATED_AUDIENCE: '',
        WORKIQ_AUTHORITY_HOST: 'https://fabrikam',
      }),
      [/WORKIQ_FEDERATED_AUDIENCE[^<|]*: is missing/],
    ],
    [
      'a wrong secret',
      () => ({ ...tenant.env(), WORKIQ_CLIENT_SECRET: WRONG }),
      [/AADSTS7000215/, /value and not its id/, `<${ERRORS}#aadsts7000215>`],
    ],
    [
      'an expired certificate',
      () => ({
        ...tenant.env('certificate'),
        WORKIQ_CLIENT_CERTIFICATE_PATH: tenant.certificates.expiredPem,
      }),
      [/certificate_expired/, /A new certificate, uploaded/, `<${ERRORS}#errors-of-workiq-auth>`],
    ],
    [
      'a federated credential for another subject',
      () => {
        const subject = 'repo:fabrikam/vault:environment:fabrikam-prod';
        const token = join(dir, 'token');
        writeFileSync(token, tenant.issueFederatedToken({ sub: subject, aud: tenant.federatedAudience }));
        return {
          ...tenant.env(),
          WORKIQ_CLIENT_SECRET: '',
          WORKIQ_FEDERATED_AUDIENCE: tenant.federatedAudience,
          WORKIQ_FEDERATED_TOKEN_FILE: token,
        };
      },
      [/AADSTS700213/, /#aadsts700213>/, /-GitHubRepository <repository> -Environment <environment>/],
    ],
    [
      'a skewed clock',
      () => {
        tenant.setClockOffset(900);
        return tenant.env('certificate');
      },
      [/AADSTS700024/, /NTP/, /1[45] min behind/],
    ],
    [
      'Graph out of reach',
      () => {
        tenant.fail({ at: 'graph', reset: true, times: 20 });
        return tenant.env();
      },
      [/network_error/, /the host can be reached from here/],
    ],
    [
      'an authority out of reach',
      () => ({ ...tenant.env(), WORKIQ_AUTHORITY_HOST: 'https://localhost:1' }),
      [/network_error/, /HTTPS_PROXY/],
    ],
    [
      'a missing role',
      () => {
        tenant.setRoles(['Mail.Read']);
        return tenant.env();
      },
      [/OnlineMeetingTranscript.Read.All/, /-TenantId <tenant> -ClientId <client-id> -For Meetings,/],
    ],
    [
      'a blocked Teams policy',
      () => {
        tenant.fail({ at: 'graph', match: '/content', graphError: 'NoApplicationAccessPolicy' });
        return tenant.env();
      },
      [/meeting_policy/, /Up to 30 minutes/, /Set-CsApplicationAccessPolicy [^\n]*@\{Add="<client-id>"\}/],
    ],
    [
      'a mailbox that Exchange closes',
      () => {
        tenant.fail({ at: 'graph', match: '/messages', graphError: 'AppOnlyAccessPolicy' });
        return tenant.env();
      },
      [/mailbox_policy/, /the scope of RBAC for Applications/],
    ],
    [
      'what is not there',
      () => {
        const headers = { 'Content-Type': 'application/json' };
        const body = '{"error":{"code":"fabrikam","message":"no fabrikam"}}';
        tenant.fail({ at: 'graph', match: /\/messages\?/, status: 404, headers, body, times: 9 });
        return tenant.env();
      },
      [/graph_error \(HTTP 404\)/, /WORKIQ_TENANT_ID/],
    ],
    [
      'outside the boundary',
      () => ({ ...tenant.env(), WORKIQ_BOUNDARY: '{"users": ["fabrikam@contoso.com"]}' }),
      [/outside the boundary/, /workiq-auth boundary explain/],
    ],
    ['all well', () => tenant.env('github'), [/✅ all is well/, /federated from /]],
  ];
  for (const [what, env, told] of states) {
    test(`of a public repository everybody learns what to do, and nobody whose it is: ${what}`, async () => {
      const { all, summary: markdown } = await job(PUBLIC, probes, env());
      const summary = markdown.replaceAll('\\_', '_');
      for (const text of told) {
        assert.ok(
          typeof text === 'string' ? summary.includes(text) : text.test(summary),
          `${text}\n${summary}`,
        );
      }
      assert.ok(summary.includes('✅ all is well') || summary.includes('#### '), summary);
      const ids = [tenant.tenantId, tenant.clientId, named.user, named.team, named.organizer, named.site];
      const hidden = [...ids, ...names, 'fabrikam', 'repo:contoso', 'localhost', 'O=Contoso'];
      assert.deepEqual(
        hidden.filter((id) => all.includes(id)),
        [],
        all,
      );
    });
  }

  test('the summary has links and tools, and an annotation says what to do', async () => {
    tenant.setRoles(['Mail.Read']);
    const { out, summary } = await job(PRIVATE, [], tenant.env());
    assert.ok(summary.includes(`\n<${tenant.authority}/${tenant.tenantId}/adminconsent?client_id=`), summary);
    assert.match(
      summary,
      /\| ✅ \| `Mail.Read` \| mail and attachments \| `fetch`, `fetch_blob`, `call_function` \|/,
    );
    assert.match(
      out,
      /^::warning title=[^\n]*Permissions::[^\n]* What to do: Where that data is not wanted/m,
    );
    tenant.setRoles('read');
    tenant.fail({ at: 'graph', match: '/content', graphError: 'NoApplicationAccessPolicy' });
    const policy = await job(PRIVATE, ['--meeting-organizer', named.organizer], tenant.env());
    assert.match(policy.summary, /\nRead on: <https:\/\/learn\.microsoft\.com\/[^>]+>\n/);
  });

  test('what failed is an annotation, on stderr where stdout is JSON', async () => {
    const env = { ...tenant.env(), WORKIQ_CLIENT_SECRET: WRONG };
    const shown = await job(PRIVATE, [], env);
    assert.equal(shown.code, 3);
    assert.match(shown.out, /^::error title=workiq-auth doctor%3A Sign-in::AADSTS7000215/m);
    assert.match(shown.summary, /#### Sign-in: what to do/);
    const json = await job(PRIVATE, ['--json'], env);
    assert.equal(JSON.parse(json.out).exitCode, 3);
    assert.match(json.err, /^::error title=/m);
  });

  test('a summary that cannot be written changes nothing', async () => {
    const env = { ...tenant.env(), GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: dir, WORKIQ_LOG: 'error' };
    const { code, err } = await run(['doctor'], env);
    assert.equal(code, 0);
    assert.match(err, /GITHUB_STEP_SUMMARY/);
  });
});

const noTerminal = process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0;

describe('on a terminal', { skip: noTerminal && 'script (util-linux) makes one, and it is not here' }, () => {
  const shown = (env, ...args) =>
    new Promise((resolve) => {
      const words = [process.execPath, program, 'doctor', ...args].map((word) => `'${word}'`).join(' ');
      const child = spawn('script', ['-qec', words, '/dev/null'], {
        env: { ...plain, TERM: 'xterm', WORKIQ_LOG: 'error', ...env },
      });
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
      child.once('close', (code) => resolve({ code, out: out.replaceAll('\r\n', '\n') }));
    });

  test('it is in colour, unless that is not wanted', async () => {
    const colour = await shown(tenant.env());
    assert.ok(colour.out.includes('\u001b[32mok'));
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      const { out } = await shown({ ...tenant.env(), ...env });
      assert.ok(out.includes('all is well') && !out.includes('\u001b'), out);
    }
    const { out } = await run(['doctor'], tenant.env());
    assert.ok(!out.includes('\u001b'));
  });

  test('all well is short, and what is wrong comes first', async () => {
    const well = await shown({ ...tenant.env(), NO_COLOR: '1' }, ...probes);
    assert.ok(well.out.trim().split('\n').length <= 60, well.out);
    assert.match(well.out, /^ok {7}Credential +<?\d+ ms client secret/m);
    assert.match(well.out, /granted {2}Mail\.Read +mail and attachments\s+fetch, fetch_blob, call_function/);
    const alone = await shown({ ...tenant.env(), NO_COLOR: '1', COLUMNS: '72' });
    assert.match(alone.out, /all is well so far; nothing was read: name/);
    assert.ok(alone.out.includes('--meeting-organizer'));
    assert.deepEqual(
      alone.out.split('\n').filter((one) => one.length > 72 && !one.includes('Enable-WorkIQAppOnly')),
      [],
    );
    const federated = await shown({ ...tenant.env('github'), NO_COLOR: '1' });
    assert.match(
      federated.out,
      /credential to match it {4}\{"issuer":"[^"]+","subject":"repo:[^"]+","audiences":\["/,
    );
    const wrong = await shown({ ...tenant.env(), NO_COLOR: '1', WORKIQ_CLIENT_SECRET: WRONG });
    assert.equal(wrong.code, 3);
    assert.match(
      wrong.out,
      /^workiq-auth doctor: something is wrong[^\n]*\n\nfailed {3}Sign-in\n {9}AADSTS7000215/,
    );
    assert.ok(wrong.out.indexOf('What to do') < wrong.out.indexOf('All checks'));
    noSecrets(well.out + wrong.out);
  });

  test('nothing that Graph says steers it', async () => {
    const hostile = '{"value":[{"id":"1","subject":"\u001b[2J\\u001b]0;x\\u0007::set-env"}]}';
    const headers = { 'Content-Type': 'application/json' };
    tenant.fail({
      at: 'graph',
      match: '/messages',
      status: 200,
      headers,
      body: hostile.replace('\u001b', '\\u001b'),
    });
    const { out } = await shown({ ...tenant.env(), NO_COLOR: '1' }, '--user', named.user);
    assert.ok(
      out.includes('set-env') && !out.includes('\u001b') && !out.includes('\u0007') && !out.includes('::'),
      out,
    );
  });
});

test('only the doctor takes several users', async () => {
  const users = ['--user', 'ada@contoso.com', '--user', 'grace@contoso.com'];
  const report = await diagnosed(users, tenant.env());
  assert.equal(report.checks.filter((one) => one.id === 'probe.mail' && one.status === 'ok').length, 2);
  const { code, err } = await run(['token', ...users], tenant.env());
  assert.equal(code, 2);
  assert.match(err, /--user/);
});

test('diagnose() gives the same report, and never throws for settings', async () => {
  const script = `
    const { diagnose } = require(${JSON.stringify(join(program, '../../index.js'))});
    diagnose(JSON.parse(process.argv[1])).then((report) => console.log(JSON.stringify(report)));`;
  const call = (options, env) =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, ['-e', script, JSON.stringify(options)], {
        env: { ...plain, ...env },
      });
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
      child.once('close', () => resolve(JSON.parse(out)));
    });
  const report = await call({ meetingOrganizers: [named.organizer] }, tenant.env());
  assert.deepEqual(mistakes(report, schema), []);
  assert.deepEqual([report.exitCode, check(report, 'probe.transcript').status], [0, 'ok']);
  const boundary = { users: ['grace@contoso.com'] };
  const bounded = await call({ boundary, users: ['ada@contoso.com'] }, tenant.env());
  assert.equal(check(bounded, 'probe.mail').code, 'outside_boundary');
  for (const options of [{ tenantId: 'nobody' }, { tenantId: 7 }, { nonsense: true }]) {
    const wrong = await call(options, tenant.env());
    assert.deepEqual([wrong.exitCode, failed(wrong)], [1, ['settings']]);
  }
});
