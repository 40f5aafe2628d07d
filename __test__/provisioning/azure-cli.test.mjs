// provision.sh with the real Azure CLI against the test tenant, asserting on what reaches Graph.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { SEVEN_ROLES, startTenant } from '../tenant/index.mjs';
import { azureCli, signIn } from './az.mjs';
import { cmdlets } from './cmdlets.mjs';
import { readScript } from './powershell.mjs';

const { bin, skip } = azureCli();
const GRAPH_APP = '00000003-0000-0000-c000-000000000000';
const SHAREPOINT_APP = '00000003-0000-0ff1-ce00-000000000000';
const ADMINISTRATOR = ['Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All'];
const GITHUB = ['--github-repository', 'contoso/decisions', '--environment', 'production'];
const IDS = ['--github-owner-id', '5544123', '--github-repository-id', '821093847'];

/** A tenant, and an Azure CLI that is signed in to it. */
async function start(t, roles = ADMINISTRATOR) {
  const tenant = await startTenant({ roles });
  t.after(() => tenant.close());
  const cli = await signIn(tenant, bin);
  t.after(() => cli.close());
  const graph = tenant.data.servicePrincipals.find(({ appId }) => appId === GRAPH_APP);
  return {
    tenant,
    folder: cli.folder,
    /** Runs the script; gives what it did besides what it said: `writes`, as method and path without ids. */
    async provision(...args) {
      tenant.reset();
      const done = await cli.provision(...args);
      const sent = tenant.graphRequests.filter(({ method }) => method !== 'GET');
      const writes = sent.map(
        ({ method, path: to }) => `${method} ${to.replace('/v1.0', '').replace(/\/[0-9a-f-]{36}/g, '')}`,
      );
      return { ...done, writes, bodies: sent.map(({ body }) => JSON.parse(body)) };
    },
    /** Names of the permissions that are granted to an application. */
    granted(application) {
      const principal = tenant.data.servicePrincipals.find(({ appId }) => appId === application.appId);
      return principal.appRoleAssignments.map(
        ({ appRoleId }) => graph.appRoles.find(({ id }) => id === appRoleId).value,
      );
    },
    /** An application of Contoso's own, which has been there for long. */
    existing(more = {}) {
      const application = {
        id: '5a1f1d5c-1111-4f4e-9d5a-0c0ffee00001',
        appId: '5a1f1d5c-2222-4f4e-9d5a-0c0ffee00002',
        displayName: 'Contoso decisions',
        signInAudience: 'AzureADMyOrg',
        identifierUris: [],
        requiredResourceAccess: [],
        keyCredentials: [],
        passwordCredentials: [],
        federatedIdentityCredentials: [],
        ...more,
      };
      tenant.data.applications.push(application);
      return application;
    },
  };
}

test('a new application: a dry run writes nothing, the first run all, the second nothing', {
  skip,
}, async (t) => {
  const { tenant, provision, granted } = await start(t);
  const args = [
    '--tenant-id',
    tenant.tenantId,
    '--for',
    'Meetings,Channels',
    '--with-names',
    ...GITHUB,
    ...IDS,
  ];

  const dry = await provision(...args, '--dry-run');
  assert.equal(dry.code, 0, dry.err);
  assert.deepEqual(dry.writes, []);
  assert.match(dry.out, /^\[MISSING\] application/m);
  assert.doesNotMatch(dry.out, /done now/);

  const first = await provision(...args);
  assert.equal(first.code, 0, first.err);
  assert.deepEqual(first.writes, [
    'POST /applications',
    'POST /servicePrincipals',
    'PATCH /applications',
    ...Array(6).fill('POST /servicePrincipals/appRoleAssignments'),
    ...Array(2).fill('POST /applications/federatedIdentityCredentials'),
  ]);
  const [application, ...others] = tenant.data.applications;
  assert.deepEqual(others, []);
  assert.deepEqual(granted(application).sort(), [
    'Channel.ReadBasic.All',
    'ChannelMessage.Read.All',
    'OnlineMeetingTranscript.Read.All',
    'OnlineMeetings.Read.All',
    'Team.ReadBasic.All',
    'User.ReadBasic.All',
  ]);
  assert.equal(application.signInAudience, 'AzureADMyOrg');
  assert.deepEqual(
    application.federatedIdentityCredentials.map(({ issuer, subject, audiences }) => [
      issuer,
      subject,
      ...audiences,
    ]),
    ['repo:contoso@5544123/decisions@821093847', 'repo:contoso/decisions'].map((repository) => [
      'https://token.actions.githubusercontent.com',
      `${repository}:environment:production`,
      'api://AzureADTokenExchange',
    ]),
  );
  assert.match(first.out, /permissions:\n {2}id-token: write\nenv:\n {2}WORKIQ_AUTH_MODE: app-only\n/);
  assert.match(
    first.out,
    new RegExp(`WORKIQ_TENANT_ID: ${tenant.tenantId}\n  WORKIQ_CLIENT_ID: ${application.appId}`),
  );

  const second = await provision(...args, '--check');
  assert.equal(second.code, 0, second.out);
  const third = await provision(...args);
  assert.equal(third.code, 0, third.err);
  assert.deepEqual(third.writes, []);
  assert.doesNotMatch(third.out, /done now|MISSING|PARTIAL/);
});

test('an application that is there: what it asks for and its certificates survive', { skip }, async (t) => {
  const { tenant, provision, granted, existing, folder } = await start(t);
  const sharePoint = {
    resourceAppId: SHAREPOINT_APP,
    resourceAccess: [{ id: tenant.tenantId, type: 'Scope' }],
  };
  const delegated = { id: 'e1fe6dd8-ba31-4d61-89e7-88639da4683d', type: 'Scope' };
  const old = {
    keyId: tenant.tenantId,
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
    customKeyIdentifier: 'qxI=',
    key: Buffer.from('a certificate').toString('base64'),
  };
  const application = existing({
    requiredResourceAccess: [sharePoint, { resourceAppId: GRAPH_APP, resourceAccess: [delegated] }],
    keyCredentials: [{ ...old, startDateTime: '2026-01-01T00:00:00Z', endDateTime: '2027-01-01T00:00:00Z' }],
  });
  const args = ['--client-id', application.appId, '--all', '--new-certificate', 'workiq.pem'];

  const missing = await provision(...args, '--check');
  assert.equal(missing.code, 2, missing.err);
  assert.deepEqual(missing.writes, []);

  const first = await provision(...args);
  assert.equal(first.code, 0, first.err);
  assert.deepEqual(granted(application).sort(), [...SEVEN_ROLES].sort());
  const [other, graph] = application.requiredResourceAccess;
  assert.deepEqual(other, sharePoint);
  assert.deepEqual(graph.resourceAccess[0], delegated);
  assert.equal(graph.resourceAccess.length, 8);

  const pem = readFileSync(path.join(folder, 'workiq.pem'), 'utf8');
  assert.equal(statSync(path.join(folder, 'workiq.pem')).mode & 0o777, 0o600);
  const own = new X509Certificate(pem).raw.toString('base64');
  assert.deepEqual(application.keyCredentials.map(({ key }) => key).sort(), [old.key, own].sort());
  assert.ok(!JSON.stringify(first.bodies).includes('PRIVATE'), 'the key stays here');
  assert.doesNotMatch(first.out + first.err, /BEGIN/);

  // It is known by itself, in whatever form its thumbprint stands there.
  for (const one of application.keyCredentials) one.customKeyIdentifier = null;
  const second = await provision(...args);
  assert.equal(second.code, 0, second.err);
  assert.deepEqual(second.writes, []);
  const third = await provision('--client-id', application.appId, '--certificate-path', 'workiq.pem');
  assert.equal(third.code, 0, third.err);
  assert.deepEqual(third.writes, []);
  assert.match(third.out, /^\[OK\] certificate [0-9A-F]{40}$/m);
});

test('a certificate whose key is not RSA is refused, and why is said', { skip }, async (t) => {
  const { provision, existing, folder } = await start(t);
  const { appId } = existing();
  const file = path.join(folder, 'elliptic.pem');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${file}.key`];
  execFileSync('openssl', ['req', '-x509', ...curve, '-subj', '/CN=elliptic', '-out', file], {
    stdio: 'ignore',
  });
  const done = await provision('--client-id', appId, '--certificate-path', 'elliptic.pem');
  assert.equal(done.code, 1);
  assert.match(done.err, /not RSA, and Entra takes only RSA/);
  assert.deepEqual(done.writes, []);
});

test('a credential alone leaves permissions as they are, and its audience is not changed silently', {
  skip,
}, async (t) => {
  const { provision, existing } = await start(t);
  const application = existing();
  const args = ['--client-id', application.appId, ...GITHUB, ...IDS, '--subject-form', 'immutable'];
  const first = await provision(...args, '--federated-audience', 'api://contoso');
  assert.equal(first.code, 0, first.err);
  assert.deepEqual(first.writes, [
    'POST /servicePrincipals',
    'POST /applications/federatedIdentityCredentials',
  ]);
  const [{ name, issuer, subject, audiences }] = application.federatedIdentityCredentials;
  assert.deepEqual(audiences, ['api://contoso']);

  const usual = await provision(...args);
  assert.equal(usual.code, 2, usual.err);
  assert.deepEqual(usual.writes, []);
  assert.match(
    usual.out,
    /^\[PARTIAL\] .* takes the audience api:\/\/contoso, not api:\/\/AzureADTokenExchange/m,
  );
  const [, id, parameters] =
    /federated-credential update .* --federated-credential-id (\S+) --parameters '(.*)'$/m.exec(usual.out);
  assert.equal(id, name);
  assert.deepEqual(JSON.parse(parameters), { issuer, subject, audiences: ['api://AzureADTokenExchange'] });
});

test('a secret goes to its file, is never shown, and is not made twice', { skip }, async (t) => {
  const { tenant, provision, folder } = await start(t);
  const args = ['--for', 'Mail', '--new-secret', 'workiq.secret'];

  const first = await provision(...args);
  assert.equal(first.code, 0, first.err);
  assert.match(first.err, /WARNING: a client secret/);
  const file = path.join(folder, 'workiq.secret');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const secret = readFileSync(file, 'utf8').trim();
  const [{ passwordCredentials }] = tenant.data.applications;
  assert.equal(passwordCredentials.length, 1);
  assert.ok(secret.length > 30 && secret.startsWith(passwordCredentials[0].hint));
  assert.ok(!`${first.out}${first.err}`.includes(secret));

  const second = await provision(...args);
  assert.equal(second.code, 0, second.err);
  assert.deepEqual(second.writes, []);
  assert.equal(readFileSync(file, 'utf8').trim(), secret);
});

test('who may not grant gets the rest, the consent URL, and 2', { skip }, async (t) => {
  const { tenant, provision } = await start(t, ['Application.ReadWrite.All']);
  const done = await provision('--for', 'People', ...GITHUB);
  assert.equal(done.code, 2, done.err);
  const [{ appId, federatedIdentityCredentials }] = tenant.data.applications;
  assert.match(done.out, /^\[PARTIAL\] People\.Read\.All: asked for, not granted$/m);
  assert.ok(done.out.includes(`${tenant.authority}/${tenant.tenantId}/adminconsent?client_id=${appId}`));
  assert.equal(federatedIdentityCredentials.length, 1);
  assert.match(done.err, /only the classic subject/);
});

test('narrowing asks for no tenant-wide permission, and prints commands that exist', { skip }, async (t) => {
  const { provision, existing } = await start(t);
  const { appId } = existing();
  const done = await provision(
    ...['--client-id', appId, '--all', '--dry-run', '--enable-transcripts', '--pull-request'],
    ...['--site', 'contoso.sharepoint.com,1,2', '--mailbox-group', 'decisions@contoso.com'],
    ...['--meeting-group', 'Leads', '--meeting-organizer', 'megan@contoso.com'],
    ...['--github-repository', 'contoso/decisions'],
  );
  assert.equal(done.code, 0, done.err);
  assert.doesNotMatch(done.out, /^\[.*(Sites\.Read\.All|Mail\.Read)/m);
  assert.match(done.out, /^\[MISSING\] Sites\.Selected/m);
  assert.match(done.out, /federated credential for repo:contoso\/decisions:pull_request/);
  assert.match(done.err, /WARNING: a pull request can change the workflow file/);
  assert.match(done.err, /whole tenant, to every application/);

  const printed = done.out.match(/^ {2}(\$group = |[A-Z]\w+-).*$/gm).join('\n');
  const { errors, commands } = readScript(printed);
  assert.deepEqual(errors, []);
  assert.ok(commands.length >= 12, printed);
  for (const { name, parameters } of commands) {
    const known = cmdlets.get(name)?.parameters;
    assert.ok(known, name);
    for (const one of parameters) assert.ok(known.includes(one), `${name} -${one}`);
  }
});

test('another tenant, an unknown application and two of one name are failures that change nothing', {
  skip,
}, async (t) => {
  const { tenant, provision, existing } = await start(t);
  const elsewhere = await provision('--all', '--tenant-id', tenant.clientId);
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.err, /az login --tenant/);

  const unknown = await provision('--all', '--client-id', tenant.tenantId);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /has no application/);

  existing();
  existing({ id: tenant.tenantId, appId: tenant.tenantId });
  const twice = await provision('--all', '--display-name', 'Contoso decisions');
  assert.equal(twice.code, 1);
  assert.match(twice.err, /more than one application/);
  assert.deepEqual([...elsewhere.writes, ...unknown.writes, ...twice.writes], []);
});

test('who may not read applications gets 1, not a status of az', { skip }, async (t) => {
  const { provision } = await start(t, ['People.Read.All']);
  const done = await provision('--all');
  assert.equal(done.code, 1);
  assert.match(done.err, /safe to run it again/);
  assert.deepEqual(done.writes, []);
});
