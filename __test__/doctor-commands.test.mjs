// Every command that the doctor prints is one that can be run: the scripts take its options, the cmdlets and their
// parameters exist, and what is JSON in it is JSON.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cmdlets } from './provisioning/cmdlets.mjs';
import { readCommand, readParameters, readScript } from './provisioning/powershell.mjs';
import { run } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const POWER_SHELL = './scripts/Enable-WorkIQAppOnly.ps1 ';
const BASH = './scripts/provision.sh ';
const GITHUB = 'https://token.actions.githubusercontent.com';
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** An `az` that is signed in, knows every application and nothing that it has, and writes down what it is asked. */
const AZ = `#!/bin/sh
printf '%s\\n' "$*" >>"$AZ_ASKED"
case "$1 $2" in
  'account show') echo "$AZ_TENANT" ;;
  'cloud show') printf '%s\\n' AzureCloud https://graph.microsoft.com https://login.microsoftonline.com ;;
  'ad sp') echo 11111111-2222-4333-8444-555555555555 ;;
esac
`;

let tenant;
let dir;
let named;

before(async () => {
  tenant = await startTenant({ roles: 'read' });
  dir = mkdtempSync(join(tmpdir(), 'doctor-commands-'));
  writeFileSync(join(dir, 'az'), AZ, { mode: 0o755 });
  named = {
    organizer: tenant.data.meetings.find((one) => one.transcripts.length > 0).organizerId,
    site: tenant.data.sites[0].id,
    team: tenant.data.teams[0].id,
  };
});

beforeEach(() => {
  tenant.reset();
  tenant.setRoles('read');
});

after(async () => {
  rmSync(dir, { recursive: true, force: true });
  await tenant.close();
});

/** The commands of a report, those of `facts` as well. */
async function printed(args, env) {
  const { out } = await run(['doctor', '--json', ...args], { WORKIQ_LOG: 'error', ...env });
  const { checks } = JSON.parse(out);
  const commands = checks.flatMap(({ todo = [], facts }) => [
    ...todo.map((step) => step.command ?? step.url),
    facts?.forNames,
  ]);
  return { checks, commands: commands.filter(Boolean) };
}

/** Holds a command of one of our PowerShell scripts against its `param(...)`. */
function bound(line) {
  // The grammar knows no command by its path.
  const { name, given } = readCommand(line.replace(/^\.\/scripts\//, ''));
  const known = readParameters(readFileSync(join(ROOT, 'scripts', name), 'utf8'));
  for (const { parameter, values } of given) {
    const rule = known.get(parameter);
    assert.ok(rule, `${name} has no -${parameter}: ${line}`);
    if (rule.type === 'switch') assert.deepEqual(values, [], `-${parameter} is a switch: ${line}`);
    else assert.ok(values.length > 0, `-${parameter} has no value: ${line}`);
    if (!rule.type.endsWith('[]')) assert.ok(values.length <= 1, `-${parameter} is no list: ${line}`);
    for (const value of values) {
      const set = rule.set?.map((one) => one.toLowerCase());
      assert.ok(!set || set.includes(value.toLowerCase()), `-${parameter} ${value}: ${line}`);
      assert.ok(rule.pattern?.test(value) ?? true, `-${parameter} ${value}: ${line}`);
      if (rule.type === 'guid') assert.match(value, GUID);
      if (rule.type === 'uri') assert.ok(URL.canParse(value), value);
    }
  }
  const names = given.map(({ parameter }) => parameter);
  assert.equal(new Set(names).size, names.length, `twice: ${line}`);
  for (const [parameter, { mandatory }] of known) {
    assert.ok(!mandatory || names.includes(parameter), `-${parameter} is missing: ${line}`);
  }
  return new Map(given.map(({ parameter, values }) => [parameter, values]));
}

/** Holds a line of cmdlets against their list. */
function listed(line) {
  // A name in angle brackets is for a person to fill in.
  const { errors, commands } = readScript(line.replace(/<[\w-]+>/g, 'X'));
  assert.deepEqual(errors, [], line);
  for (const { name, parameters } of commands) {
    const known = cmdlets.get(name)?.parameters;
    assert.ok(known, `${name}: ${line}`);
    for (const one of parameters) assert.ok(known.includes(one), `${name} -${one}: ${line}`);
  }
}

/** Pastes a line of provision.sh into a shell, as a dry run. */
function pasted(line) {
  const asked = join(dir, 'asked');
  writeFileSync(asked, '');
  const env = {
    PATH: [dir, '/usr/bin', '/bin'].join(delimiter),
    HOME: dir,
    AZ_ASKED: asked,
    AZ_TENANT: tenant.tenantId,
  };
  return new Promise((resolve) => {
    execFile('bash', ['-c', `${line} --dry-run`], { env, cwd: ROOT, encoding: 'utf8' }, (error, out, err) =>
      resolve({ code: error ? error.code : 0, out, err, asked: readFileSync(asked, 'utf8') }),
    );
  });
}

/** Holds every command against whatever runs it; gives how many there were of each kind. */
async function hold(commands) {
  const counts = { script: 0, bash: 0, cmdlet: 0, az: 0, url: 0 };
  for (const line of commands) {
    if (/^\.\/scripts\/\w+-WorkIQ\w+\.ps1 /.test(line)) {
      bound(line);
      counts.script += 1;
    } else if (line.startsWith(BASH)) {
      if (process.platform !== 'win32') assert.equal((await pasted(line)).code, 0, line);
      counts.bash += 1;
    } else if (line.startsWith('az ')) {
      const json = /--parameters '([^']*)'/.exec(line);
      if (json) JSON.parse(json[1]);
      counts.az += 1;
    } else if (URL.canParse(line)) {
      assert.match(line, /^https:\/\/\S+\/adminconsent\?client_id=[0-9a-f-]{36}$/);
      counts.url += 1;
    } else {
      listed(line);
      counts.cmdlet += 1;
    }
  }
  return counts;
}

describe('what is missing or closed', () => {
  for (const [what, roles, args, expected] of [
    ['a missing role', ['Mail.Read', 'Sites.Read.All'], [], { script: 2, bash: 0, cmdlet: 0, az: 2, url: 1 }],
    ['no role at all', [], [], { script: 1, bash: 0, cmdlet: 0, az: 2, url: 1 }],
    [
      'names that cannot be looked up',
      ['Chat.Read.All', 'Mail.Read', 'ChannelMessage.Read.All'],
      [],
      { script: 2, bash: 0, cmdlet: 0, az: 2, url: 1 },
    ],
  ]) {
    test(what, async () => {
      tenant.setRoles(roles);
      const { commands } = await printed(args, tenant.env());
      assert.deepEqual(await hold(commands), expected, commands.join('\n'));
    });
  }

  test('a missing role of each probe', async () => {
    tenant.setRoles(['User.Read.All']);
    const all = ['--user', 'ada@contoso.com', '--team', named.team, '--site', named.site];
    const { checks, commands } = await printed(
      [...all, '--meeting-organizer', named.organizer],
      tenant.env(),
    );
    const missing = checks.filter(
      ({ status, code, id }) => status === 'failed' && code === 'role_missing' && id.startsWith('probe.'),
    );
    assert.deepEqual(missing.map(({ id }) => id).sort(), [
      'probe.channels',
      'probe.site',
      'probe.transcripts',
    ]);
    const { script, az, url } = await hold(commands);
    assert.ok(script >= 4 && az >= 1 && url >= 1, commands.join('\n'));
  });

  test('sites of which none was chosen', async () => {
    tenant.setRoles(['Sites.Selected']);
    tenant.fail({ at: 'graph', match: '/sites/', graphError: 'AccessDenied', times: 3 });
    const { checks, commands } = await printed(['--site', named.site], tenant.env());
    assert.equal(checks.find(({ id }) => id === 'probe.site').code, 'site_not_granted');
    assert.ok(
      commands.some((line) => line.startsWith('Grant-PnP')),
      commands.join('\n'),
    );
    await hold(commands);
  });

  for (const [graphError, match, args] of [
    ['NoApplicationAccessPolicy', '/content', 'organizer'],
    ['GraphAccessToTranscriptsDisabled', '/content', 'organizer'],
    ['SpeakerAttributionNotAllowed', '/content', 'organizer'],
    ['AppOnlyAccessPolicy', '/messages', 'user'],
    ['ProtectedApi', /\/chats\/[^/]+\/messages/, 'user'],
    ['ConditionalAccess', '/sites/', 'site'],
    ['ResourceConsent', '/channels', 'team'],
  ]) {
    test(graphError, async () => {
      tenant.fail({ at: 'graph', match, graphError, times: 3 });
      const flags = {
        organizer: ['--meeting-organizer', named.organizer],
        user: ['--user', 'ada@contoso.com'],
        site: ['--site', named.site],
        team: ['--team', named.team],
      };
      const { commands } = await printed(flags[args], tenant.env());
      const { cmdlet } = await hold(commands);
      if (/Policy|Transcripts/.test(graphError)) assert.ok(cmdlet >= 1, commands.join('\n'));
    });
  }
});

describe('a federated token that nobody trusts', () => {
  /** A report for a token of that issuer and subject. */
  async function presented(iss, sub, more = {}) {
    const file = join(dir, 'token.jwt');
    writeFileSync(file, tenant.issueFederatedToken({ iss, sub, aud: tenant.federatedAudience }));
    return printed([], { ...tenant.env('token-file'), WORKIQ_FEDERATED_TOKEN_FILE: file, ...more });
  }
  const kebab = (name) =>
    name
      .replace('GitHub', 'Github')
      .replace(/(?<=.)[A-Z]/g, '-$&')
      .toLowerCase();

  for (const [what, iss, sub, options] of [
    ['a branch', GITHUB, 'repo:contoso/agents:ref:refs/heads/release/1.x', ['GitHubRepository', 'Branch']],
    [
      'an environment, by ids',
      GITHUB,
      'repo:contoso@5544123/agents@821093847:environment:Prod%3A Europe',
      ['GitHubRepository', 'Environment', 'GitHubOwnerId', 'GitHubRepositoryId', 'SubjectForm'],
    ],
    ['a pull request', GITHUB, 'repo:contoso/agents:pull_request', ['GitHubRepository', 'PullRequest']],
    ['a tag', GITHUB, 'repo:contoso/agents:ref:refs/tags/v1', ['FederatedIssuer', 'FederatedSubject']],
    [
      'an enterprise',
      `${GITHUB}/contoso`,
      'repo:contoso/agents:ref:refs/heads/main',
      ['FederatedIssuer', 'FederatedSubject'],
    ],
    [
      'a cluster',
      'https://oidc.contoso.example/x/',
      'system:serviceaccount:ci:workiq',
      ['FederatedIssuer', 'FederatedSubject'],
    ],
    [
      'a service connection',
      'https://vstoken.dev.azure.com/11111111-2222-4333-8444-555555555555',
      'sc://contoso/decisions/other',
      ['FederatedIssuer', 'FederatedSubject'],
    ],
  ]) {
    test(what, async () => {
      const { checks, commands } = await presented(iss, sub);
      const { facts } = checks.find(({ id }) => id === 'token');
      assert.equal(facts.aadsts, iss === GITHUB ? 700213 : 700211);
      assert.deepEqual(await hold(commands), {
        script: 1,
        bash: 1,
        cmdlet: 0,
        // It lists what there is, and creates. A percent sign is no matter between single quotes, and one in cmd.exe.
        az: sub.includes('%') ? 1 : 2,
        url: 0,
      });

      const given = bound(commands.find((line) => line.startsWith(POWER_SHELL)));
      // The audience of a private authority is no cloud's, so the scripts are told it.
      const expected = ['TenantId', 'ClientId', ...options, 'FederatedAudience'];
      assert.deepEqual([...given.keys()], expected);
      const bash = commands.find((line) => line.startsWith(BASH));
      assert.deepEqual(
        bash.match(/ --[\w-]+/g),
        expected.map((name) => ` --${kebab(name)}`),
      );
      if (process.platform === 'win32') return;
      const { out, asked } = await pasted(bash);
      assert.ok(out.includes(`[MISSING] federated credential for ${sub}\n`), out);
      assert.equal(out.match(/federated credential for/g).length, 1, 'this subject and no other');
      assert.ok(asked.includes(`[?issuer=='${iss}' && subject=='${sub}']`), asked);
    });
  }

  test('whose audience is another', async () => {
    const own = { WORKIQ_FEDERATED_AUDIENCE: 'api://elsewhere' };
    const file = join(dir, 'elsewhere.jwt');
    writeFileSync(file, tenant.issueFederatedToken({ aud: 'api://elsewhere' }));
    const { checks, commands } = await printed([], {
      ...tenant.env('token-file'),
      ...own,
      WORKIQ_FEDERATED_TOKEN_FILE: file,
    });
    assert.equal(checks.find(({ id }) => id === 'token').facts.aadsts, 700212);
    assert.equal((await hold(commands)).az, 2, commands.join('\n'));
    assert.match(commands.join('\n'), /federated-credential update .*"audiences":\["api:\/\/elsewhere"\]/);
  });

  test('of which a shell would read a part is in no command', async () => {
    const { commands } = await presented(GITHUB, "repo:contoso/agents:environment:x';touch pwned;'");
    assert.deepEqual(commands, [`az ad app federated-credential list --id ${tenant.clientId}`]);
  });

  test('is not told to the readers of a public repository', async () => {
    const { commands } = await presented(GITHUB, 'repo:fabrikam@71/agents@92:environment:staging', {
      GITHUB_ACTIONS: 'true',
    });
    assert.ok(commands.some((line) => line.startsWith(POWER_SHELL)));
    assert.doesNotMatch(commands.join('\n'), /fabrikam|agents|staging|\b71\b|\b92\b/);
  });
});

test('a renamed option, a wrong value and a missing one are seen', () => {
  const good = `${POWER_SHELL}-TenantId contoso.com -ClientId ${tenant.clientId} -For Mail,Sites`;
  bound(good);
  for (const bad of [
    good.replace('-For', '-Areas'),
    good.replace('Sites', 'Calendar'),
    good.replace('-TenantId contoso.com', ''),
    good.replace(tenant.clientId, 'contoso'),
    `${good} -All yes`,
    `${good} -GitHubRepository contoso`,
    `${good} stray`,
  ]) {
    assert.throws(() => bound(bad), assert.AssertionError, bad);
  }
});
