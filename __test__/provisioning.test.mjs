// Provisioning without a tenant: the scripts are well formed, use what exists, and agree on the permissions.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cmdlets, programs } from './provisioning/cmdlets.mjs';
import { createParser, errorsOf } from './provisioning/grammar.mjs';
import { readScript } from './provisioning/powershell.mjs';
import { SEVEN_ROLES } from './tenant/index.mjs';

const read = (file) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const SCRIPTS = ['scripts/Enable-WorkIQAppOnly.ps1', 'scripts/Test-WorkIQAppOnly.ps1'];
const FILES = [
  ...SCRIPTS,
  'scripts/provision.sh',
  'docs/manifest.json',
  'docs/provisioning/terraform/main.tf',
  'docs/provisioning/bicep/main.bicep',
];
const GRAPH_APP = '00000003-0000-0000-c000-000000000000';
const AZURE_DEVOPS = '499b84ac-1321-427f-aa17-267ca6975798';
const EXAMPLE = '00000000-0000-0000-0000-000000000000';
const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

const ids = new Map(
  read('src/graph/permissions/roles.txt')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(' ')),
);
const names = new Map([...ids].map(([name, id]) => [id, name]));

for (const file of FILES) {
  test(`${file}: the seven permissions by their ids`, () => {
    const found = new Set(read(file).match(GUID));
    for (const role of SEVEN_ROLES) assert.ok(found.has(ids.get(role)), role);
    for (const id of found)
      assert.ok(names.has(id) || [GRAPH_APP, AZURE_DEVOPS, EXAMPLE].includes(id), `${id} is no role`);
  });

  test(`${file}: each id stands beside its own name`, () => {
    for (const line of read(file).split('\n')) {
      for (const id of line.match(GUID) ?? []) {
        const named = line.match(/\b[A-Z]\w+(?:\.[A-Z]\w+)+\b/g)?.filter((name) => ids.has(name)) ?? [];
        if (named.length > 0 && names.has(id)) assert.deepEqual(named, [names.get(id)]);
      }
    }
  });
}

test('manifest.json asks for the seven and nothing else', () => {
  const { requiredResourceAccess } = JSON.parse(read('docs/manifest.json'));
  assert.equal(requiredResourceAccess.length, 1);
  const [{ resourceAppId, resourceAccess }] = requiredResourceAccess;
  assert.equal(resourceAppId, GRAPH_APP);
  assert.ok(resourceAccess.every(({ type }) => type === 'Role'));
  assert.deepEqual(resourceAccess.map(({ id }) => names.get(id)).sort(), [...SEVEN_ROLES].sort());
});

for (const file of SCRIPTS) {
  const script = readScript(read(file));

  test(`${file} parses`, () => {
    assert.deepEqual(script.errors, []);
    assert.ok(script.commands.length > 20);
  });

  test(`${file} uses cmdlets and parameters that exist`, () => {
    for (const { name, parameters, line } of script.commands) {
      if (programs.has(name)) continue;
      const known = script.functions.get(name) ?? cmdlets.get(name)?.parameters;
      assert.ok(known, `line ${line}: ${name} is not in cmdlets.mjs`);
      for (const one of parameters) assert.ok(known.includes(one), `line ${line}: ${name} -${one}`);
    }
  });

  test(`${file}: what is splatted exists`, () => {
    const text = read(file);
    const splatted = script.commands.filter((command) => command.splatted);
    assert.ok(splatted.some(({ name }) => name === 'Connect-MgGraph'));
    for (const { name, line, splatted: variable } of splatted) {
      const literal = new RegExp(`\\$${variable} = @\\{([^}]*)\\}`).exec(text)?.[1];
      assert.ok(literal, `line ${line}: @${variable} is made nowhere`);
      const added = text.matchAll(new RegExp(`\\$${variable}\\['(\\w+)'\\]`, 'g'));
      for (const [, key] of [...literal.matchAll(/(\w+)\s*=/g), ...added])
        assert.ok(cmdlets.get(name).parameters.includes(key), `line ${line}: ${name} -${key}`);
    }
  });

  test(`${file} explains each parameter`, () => {
    const [, block] = /\nparam\(([\s\S]*?)\n\)\n/.exec(read(file));
    const declared = [...block.matchAll(/^ {4}\[[\w.[\]]+\] \$(\w+)/gm)].map(([, name]) => name);
    const explained = [...read(file).matchAll(/^\.PARAMETER (\w+)$/gm)].map(([, name]) => name);
    assert.deepEqual(explained.sort(), declared.sort());
  });
}

test('the examples for Terraform and Bicep parse', async () => {
  const languages = [
    ['@tree-sitter-grammars/tree-sitter-hcl', 'tree-sitter-terraform.wasm', 'terraform/main.tf', []],
    // The grammar is older than this statement.
    [
      'tree-sitter-bicep',
      'tree-sitter-bicep.wasm',
      'bicep/main.bicep',
      ['line 5: extension microsoftGraphV1'],
    ],
  ];
  for (const [name, grammar, file, unknown] of languages) {
    const parser = await createParser(name, grammar);
    const text = read(`docs/provisioning/${file}`);
    assert.deepEqual(errorsOf(parser.parse(text).rootNode), unknown, file);
    const broken = parser.parse(text.replace(/}\s*$/, '').replace('= {', '= ')).rootNode;
    assert.notDeepEqual(errorsOf(broken), unknown, file);
  }
});

test('a broken script does not parse, and an unknown parameter is seen', () => {
  assert.notDeepEqual(readScript('function X { if ($a { }').errors, []);
  const [command] = readScript('Get-MgApplication -Bogus "x" | Where-Object { Get-Date }').commands;
  assert.deepEqual(command.parameters, ['Bogus']);
});

test('only the looking script never writes', () => {
  const writes = (file) =>
    readScript(read(file)).commands.filter(({ name }) =>
      /^(New|Add|Update|Set|Remove|Grant)-(Mg|Cs)/.test(name),
    );
  assert.deepEqual(writes(SCRIPTS[1]), []);
  assert.ok(writes(SCRIPTS[0]).length >= 10);
});

const bash = { skip: process.platform === 'win32' && 'provision.sh needs bash' };

test('provision.sh: wrong options end with 2 before anything is asked', bash, async () => {
  const script = fileURLToPath(new URL('../scripts/provision.sh', import.meta.url));
  const wrong = [
    [[], /--for LIST or --all/],
    [['--for', 'Meetings,Calendar'], /unknown: Calendar/],
    [['--all', '--branch', 'main'], /go with --github-repository/],
    [['--all', '--github-repository', 'contoso/decisions'], /one of --branch/],
    [['--all', '--github-repository', 'contoso', '--branch', 'main'], /OWNER\/NAME/],
    [
      [
        '--all',
        '--github-repository',
        'contoso/decisions',
        '--branch',
        'main',
        '--subject-form',
        'immutable',
      ],
      /needs --github-owner-id/,
    ],
    [['--all', '--new-secret', 's', '--new-certificate', 'c'], /one credential/],
    [['--all', '--display-name', "x' or '1"], /cannot be used/],
    [['--all', '--client-id', 'contoso'], /a GUID/],
    [['--client-id', EXAMPLE], /--client-id with a credential/],
    [['--new-certificate', 'c'], /--client-id with a credential/],
    [['--all', '--federated-audience', 'api://x'], /goes with a federated credential/],
    [['--all', '--pipelines-connection', 'contoso/workiq'], /ORGANIZATION\/PROJECT\/NAME/],
    [['--all', '--pipelines-connection', 'a/b/c/d'], /ORGANIZATION\/PROJECT\/NAME/],
    [['--all', '--pipelines-connection', 'a/b/c', '--branch', 'main'], /all that uses the connection/],
    [['--everything'], /unknown option/],
  ];
  for (const [args, message] of wrong) {
    // No az can be found there, so that nothing can be asked.
    const env = { PATH: '/usr/bin:/bin', HOME: '/nonexistent' };
    const done = promisify(execFile)('bash', [script, ...args], { env });
    await assert.rejects(done, (error) => error.code === 2 && message.test(error.stderr), args.join(' '));
  }
});

test('provision.sh: a service connection is asked what its tokens say', bash, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'provisioning-az-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const subject = '/eid1/c/pub/t/contoso/a/devops/sc/5544123/821093847';
  const az = `#!/bin/sh
printf '%s\\n' "$*" >>"$AZ_ASKED"
case "$1 $2" in
  'account show') echo ${EXAMPLE} ;;
  'cloud show') printf '%s\\n' AzureCloud https://graph.microsoft.com https://login.microsoftonline.com ;;
  'ad sp') echo ${EXAMPLE} ;;
  'rest --method') case "$*" in *"endpointNames=Work IQ"*) printf '%s\\n' "$AZ_ISSUER" '${subject}' ;; esac ;;
esac
`;
  writeFileSync(path.join(folder, 'az'), az, { mode: 0o755 });
  const script = fileURLToPath(new URL('../scripts/provision.sh', import.meta.url));
  const asked = path.join(folder, 'asked');
  const run = (connection, issuer) =>
    promisify(execFile)(
      'bash',
      [script, '--client-id', EXAMPLE, '--pipelines-connection', connection, '--dry-run'],
      { env: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, AZ_ASKED: asked, AZ_ISSUER: issuer } },
    );
  const issuer = `https://login.microsoftonline.com/${EXAMPLE}/v2.0`;
  const { stdout } = await run('contoso/Our decisions/Work IQ', issuer);
  assert.match(stdout, new RegExp(`^\\[MISSING\\] federated credential for ${subject}$`, 'm'));
  const sent = readFileSync(asked, 'utf8');
  assert.match(
    sent,
    /--resource 499b84ac\S+ --url https:\/\/dev\.azure\.com\/contoso\/Our%20decisions\/_apis\/serviceendpoint\/endpoints /,
  );
  assert.ok(sent.includes(`[?issuer=='${issuer}' && subject=='${subject}']`), sent);
  for (const [connection, from, code, message] of [
    ['contoso/decisions/other', issuer, 1, /is no service connection/],
    ['contoso/decisions/Work IQ', "https://x'||'", 2, /cannot be used/],
  ]) {
    await assert.rejects(run(connection, from), (error) => error.code === code && message.test(error.stderr));
  }
});
