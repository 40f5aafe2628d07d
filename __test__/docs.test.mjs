// What the documentation says, held against what is there: links, ids, variables, and commands, which are run.

import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { fetchCall, hello, plain, run } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file) => readFileSync(path.join(root, file), 'utf8');
const windows = process.platform === 'win32';

/** The tracked files; none where this is no checkout. */
function tracked() {
  try {
    const list = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
    return list.split('\0').filter((file) => file && existsSync(path.join(root, file)));
  } catch {
    return [];
  }
}
const files = tracked();
const pages = files.filter((file) => file.endsWith('.md'));
const docs = pages.filter((file) => file.startsWith('docs/'));
const unchecked = pages.length === 0 && 'not a git checkout';

/** Fenced blocks: what stands after the fence, and the text, without the indentation of a list. */
function blocks(text) {
  return [...text.matchAll(/^( *)```(\S[^\n]*)?\n(.*?)^\1```$/gms)].map(([, indent, info = '', body]) => ({
    info,
    body: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** The text without its code, in which brackets are no links. */
const prose = (text) => text.replace(/^( *)```.*?^\1```$/gms, '').replace(/`[^`\n]*`/g, 'code');

/** The anchors of a page: its headings as GitHub spells them, and explicit ones. */
function anchors(text) {
  const seen = new Map();
  const headings = [...text.replace(/^( *)```.*?^\1```$/gms, '').matchAll(/^#+ +(.*?) *#*$/gm)];
  const slugs = headings.map(([, heading]) => {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '').replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set([...slugs, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id)]);
}

test('every relative link leads somewhere, to its anchor too', { skip: unchecked }, () => {
  const dead = [];
  for (const page of pages) {
    for (const [, target] of prose(read(page)).matchAll(/\]\(<?(?![a-z][a-z0-9+.-]*:)([^)\s>]+)>?\)/gi)) {
      const [file, anchor] = target.split('#');
      const there = file === '' ? page : path.join(path.dirname(page), decodeURI(file));
      const found =
        existsSync(path.join(root, there)) &&
        (!anchor || (there.endsWith('.md') && anchors(read(there)).has(decodeURI(anchor))));
      if (!found) dead.push(`${page}: ${target}`);
    }
  }
  assert.deepEqual(dead, []);
});

/** Ids that are no app role: samples, and two applications of Microsoft's that are the same in every tenant. */
const OTHER_IDS = [
  '11111111-2222-4333-8444-555555555555',
  '22222222-2222-4333-8444-555555555555',
  '33333333-2222-4333-8444-555555555555',
  '00000003-0000-0000-c000-000000000000', // Microsoft Graph
  'fb60f99c-7a34-4190-8149-302f77469936', // the token exchange of the public cloud
];

test('every id in the documentation is a known one', { skip: unchecked }, () => {
  const roles = read('src/graph/permissions/roles.txt');
  const idOf = new Map([...roles.matchAll(/^(\S+) ([0-9a-f-]{36})$/gm)].map(([, name, id]) => [name, id]));
  const known = new Set([...idOf.values(), ...OTHER_IDS]);
  for (const page of files.filter((file) => file.startsWith('docs/'))) {
    const text = read(page);
    for (const [id] of text.matchAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi))
      assert.ok(known.has(id.toLowerCase()), `${page}: ${id}`);
    // A permission that stands beside an id stands beside its own.
    for (const [, name, id] of text.matchAll(/`([A-Z]\w+(?:\.\w+)+)` \(?`([0-9a-f-]{36})`/g))
      assert.equal(id, idOf.get(name), `${page}: ${name}`);
  }
});

test('every variable in the documentation is one that the help or the types name', {
  skip: unchecked,
}, async () => {
  const names = (text) => [...text.matchAll(/\bWORKIQ_[A-Z_]*[A-Z]\b/g)].map(([name]) => name);
  const known = new Set(names((await run(['--help'])).out + read('index.d.ts')));
  for (const page of docs)
    for (const name of names(read(page))) assert.ok(known.has(name), `${page}: ${name}`);
});

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test('every call of a script has options that it takes, and names the tenant by its id', {
  skip: unchecked,
}, () => {
  const powerShell = [...read('scripts/Enable-WorkIQAppOnly.ps1').matchAll(/^ {4}\[[\w[\]]+\] \$(\w+)/gm)];
  const known = {
    '.ps1': new Set([...powerShell.map(([, name]) => `-${name}`), '-WhatIf', '-Confirm']),
    '.sh': new Set(
      read('scripts/provision.sh')
        .match(/^ {4}--[\w-]+(?=\)| \|)/gm)
        .map((option) => option.trim()),
    ),
  };
  let calls = 0;
  for (const page of docs.filter((one) => path.dirname(one) === 'docs')) {
    for (const { body } of blocks(read(page))) {
      const lines = body.replaceAll(/[`\\]\n */g, '').split('\n');
      for (const line of lines.filter((one) => one.startsWith('./scripts/'))) {
        calls += 1;
        const [script, ...words] = line.split(/\s+/);
        for (const [at, word] of words.entries()) {
          if (word.startsWith('-')) assert.ok(known[path.extname(script)].has(word), `${page}: ${word}`);
          if (/^--?tenant-?id$/i.test(word)) assert.match(words[at + 1], GUID, page);
        }
        if (script.endsWith('.ps1')) assert.ok(words.includes('-TenantId'), `${page}: ${line}`);
      }
    }
  }
  assert.ok(calls >= 2, 'the pages call the scripts');
});

test('every block of JSON is JSON', { skip: unchecked }, () => {
  for (const page of docs)
    for (const { info, body } of blocks(read(page)))
      if (info.split(' ')[0] === 'json') assert.doesNotThrow(() => JSON.parse(body), `${page}:\n${body}`);
});

/** Every YAML of the documentation: in a page, or a file of its own. */
const yaml = () => [
  ...docs.flatMap((page) =>
    blocks(read(page))
      .filter(({ info }) => /^ya?ml$/.test(info.split(' ')[0]))
      .map(({ body }) => ({ where: page, body })),
  ),
  ...files
    .filter((file) => /^docs\/.*\.ya?ml$/.test(file))
    .map((file) => ({ where: file, body: read(file) })),
];

/** What a step may use: a commit, our own release, or the repository that its own workflow is from. */
const PINNED = /@[0-9a-f]{40}$|^workiq-auth\/workiq-auth@v\d|^contoso\/workiq-checks(?:\/|@)/;

test('every YAML is YAML, and a workflow that signs in is given no more than it needs', {
  skip: unchecked,
}, () => {
  for (const { where, body } of yaml()) {
    for (const document of parseAllDocuments(body)) {
      assert.deepEqual(document.errors, [], `${where}:\n${body}`);
      const { on, permissions, jobs, runs } = document.toJS() ?? {};
      const workflow = on && jobs;
      if (workflow) assert.ok(permissions, `${where}: a workflow without permissions`);
      for (const [name, job] of Object.entries(workflow ? jobs : {}))
        assert.ok(job.uses || job['timeout-minutes'] > 0, `${where}: the job ${name} has no end`);
      const all = workflow ? Object.values(jobs) : runs ? [runs] : [];
      for (const { uses, run: script } of all.flatMap((job) => job.steps ?? [job])) {
        if (uses) assert.match(uses, PINNED, `${where}: ${uses} is not pinned`);
        assert.doesNotMatch(
          script ?? '',
          /\$\{\{\s*(?:github\.(?:event|head_ref)|inputs)/,
          `${where}: text of others in a script`,
        );
      }
    }
  }
});

let tenant;
let project;
let portal;
let uploads;
before(async () => {
  tenant = await startTenant({ roles: 'read' });
  uploads = [];
  // What `az ad app credential reset` tells Entra.
  portal = createServer(async (request, response) => {
    let pem = '';
    for await (const text of request.setEncoding('utf8')) pem += text;
    tenant.uploadCertificate(pem);
    uploads.push(pem);
    response.end();
  }).listen(0, '127.0.0.1');
  // A project with both packages installed, as a reader has it.
  project = mkdtempSync(path.join(tmpdir(), 'workiq-docs-'));
  if (windows) return;
  writeFileSync(path.join(project, 'package.json'), '{"private":true}');
  const modules = path.join(project, 'node_modules');
  mkdirSync(path.join(modules, '.bin'), { recursive: true });
  mkdirSync(path.join(modules, '@microsoft'));
  symlinkSync(root, path.join(modules, 'workiq-auth'));
  const workiq = path.join(root, 'node_modules/@microsoft/workiq');
  symlinkSync(workiq, path.join(modules, '@microsoft/workiq'));
  symlinkSync(path.join(root, 'bin/workiq-auth.js'), path.join(modules, '.bin/workiq-auth'));
  const { bin } = JSON.parse(readFileSync(path.join(workiq, 'package.json'), 'utf8'));
  symlinkSync(path.join(workiq, bin.workiq), path.join(modules, '.bin/workiq'));
  mkdirSync(path.join(project, 'az'));
  writeFileSync(path.join(project, 'az/az'), AZ, { mode: 0o755 });
});
after(async () => {
  portal.close();
  await tenant.close();
  rmSync(project, { recursive: true, force: true });
});

/** An `az` that knows one command, and that no more than the page says of it. */
const AZ = `#!/usr/bin/env node
const { readFileSync } = require('node:fs');
const args = process.argv.slice(2);
const expected = ['ad', 'app', 'credential', 'reset', '--id', process.env.WORKIQ_CLIENT_ID, '--append', '--cert'];
const file = args.at(-1).replace(/^@/, '');
if (args.slice(0, -1).join(' ') !== expected.join(' ')) throw new Error(args.join(' '));
fetch(process.env.PORTAL, { method: 'POST', body: readFileSync(file, 'utf8') });
`;

/** A folder in which blocks run: within the project, so that npx finds what is installed. */
const folder = () => mkdtempSync(path.join(project, 'page-'));

/** The environment of a page's reader. */
const reader = (env) => ({
  ...plain,
  ...env,
  PATH: `${path.join(project, 'az')}:${plain.PATH}`,
  PORTAL: `http://127.0.0.1:${portal.address().port}/`,
  npm_config_offline: 'true',
});

/** Pages with blocks that run, and what has been set up by whoever comes to them. */
const PAGES = {
  'getting-started.md': () => tenant.env('secret'),
  'certificates.md': () => ({ ...tenant.env('secret'), WORKIQ_CLIENT_SECRET: '' }),
  'federation.md': () => tenant.env('token-file'),
  'clouds.md': () => tenant.env('secret'),
  'migrating.md': () => tenant.env('secret'),
};

test('no page has blocks to run but those below', { skip: unchecked }, () => {
  const top = docs.filter((page) => path.dirname(page) === 'docs');
  const having = top.filter((page) => blocks(read(page)).some(({ info }) => info === 'sh run'));
  assert.deepEqual(
    having,
    Object.keys(PAGES)
      .map((name) => `docs/${name}`)
      .sort(),
  );
});

for (const [name, env] of Object.entries(PAGES)) {
  test(`the commands of ${name} do what it says`, { skip: windows && 'they are for a shell' }, async () => {
    const commands = blocks(read(`docs/${name}`)).filter(({ info }) => info === 'sh run');
    const script = commands
      .map(({ body }) => body)
      .join('\n')
      .replaceAll('11111111-2222-4333-8444-555555555555', tenant.clientId);
    const { stdout } = await promisify(execFile)('sh', ['-euc', script], {
      cwd: folder(),
      env: reader(env()),
    });
    const expected = (script.match(/echo signed in/g) ?? []).length;
    assert.equal((stdout.match(/^signed in$/gm) ?? []).length, expected, stdout);
    if (name === 'certificates.md') {
      assert.equal(uploads.length, 2);
      assert.match(stdout, /^the new one signs in$/m);
    }
    if (name === 'getting-started.md') assert.match(stdout, /"Mail\.Read/);
  });
}

test('the lines for the launcher serve in app-only mode, and else leave it alone', {
  skip: windows && 'the project is made of symbolic links',
}, async () => {
  const { body } = blocks(read('docs/upstream.md')).find(({ info }) => info === 'js launcher');
  const launcher = path.join(folder(), 'launcher.cjs');
  writeFileSync(launcher, `const startNativeProgram = () => console.log('native');\n${body}`);
  const launch = async (env, input) => {
    const child = spawn(process.execPath, [launcher, 'mcp'], { env: { ...plain, ...env } });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const code = await new Promise((resolve) => child.once('close', resolve));
    assert.equal(code, 0, out);
    return out;
  };
  assert.equal(await launch({}, ''), 'native\n');
  const answers = (await launch(tenant.env('secret'), hello + fetchCall(1, '/sites/root')))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(answers.find(({ id }) => id === 1).result.structuredContent.results[0].statusCode, 200);
});
