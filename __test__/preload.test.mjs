// The preload in real processes: which it takes over, and that all others are left as they were.

import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, test } from 'node:test';

import {
  appOnly,
  finish,
  folder,
  lookalike,
  needsAddon,
  node,
  npmScript,
  plain,
  refuseMode,
  reporter,
  serveMcp,
  start,
  ways,
  windows,
  work,
  workiqFolder,
  workiqScript,
} from './preload-support.mjs';

const { claim, servesVerb } = createRequire(import.meta.url)('../takeover.cjs');

describe('which processes are taken over', () => {
  const served = [
    'mcp',
    'ask -q hello',
    'fetch -u /users',
    'fetch-blob',
    'get-schema',
    'search-paths',
    'create',
    'update',
    'delete',
    'do-action',
    'call-function',
    'agents list',
    '--account a@b.example mcp',
    '--account=a@b.example mcp',
    '-l Debug --log-level Trace ask',
    '--log-level=Trace agents --account x list',
    '--account version mcp',
    'mcp --help',
  ];
  const passed = [
    '',
    '--help',
    '-h',
    '-?',
    '--version',
    'version',
    'config',
    'accept-eula',
    'auth login',
    'policy',
    'agents',
    'agents get-card',
    'agents --help list',
    'unknown',
    'Mcp',
    '--account mcp',
    '-l',
    '--unknown mcp',
    '@mcp',
  ];
  const words = (line) => line.split(' ').filter(Boolean);

  for (const line of served) test(`served: ${line}`, () => assert.equal(servesVerb(words(line)), true));
  for (const line of passed)
    test(`passed on: ${line || '(no verb)'}`, () => assert.equal(servesVerb(words(line)), false));

  test('arguments are handed over unchanged', () => {
    const args = ['--account', 'x', 'ask', '-q', '', 'a b', '--json'];
    assert.deepEqual(claim([process.execPath, workiqScript, ...args], []), args);
  });

  test('the script is found behind a symlink and without its extension', () => {
    const link = path.join(folder('node_modules/.bin'), 'workiq');
    if (!windows) {
      symlinkSync(workiqScript, link);
      assert.deepEqual(claim([process.execPath, link, 'mcp'], []), ['mcp']);
    }
    assert.deepEqual(claim([process.execPath, workiqScript.replace(/\.js$/, ''), 'mcp'], []), ['mcp']);
  });

  test('only the package of that name counts, and only a script that is run', () => {
    assert.equal(claim([process.execPath, reporter, 'mcp'], []), undefined);
    assert.equal(claim([process.execPath, workiqFolder, 'mcp'], []), undefined);
    assert.equal(claim([process.execPath, path.join(work, 'missing.js'), 'mcp'], []), undefined);
    assert.equal(claim([process.execPath, '-', 'mcp'], []), undefined);
    assert.equal(claim([process.execPath], []), undefined);
    for (const option of ['-e', '--eval=1', '-p', '-pe', '--check', '-c', '-i', '--test', '--watch']) {
      assert.equal(claim([process.execPath, workiqScript, 'mcp'], [option]), undefined, option);
    }
    assert.deepEqual(claim([process.execPath, workiqScript, 'mcp'], ['--enable-source-maps', '-r', 'x']), [
      'mcp',
    ]);
  });
});

describe('delegated: Microsoft’s program, byte for byte', () => {
  for (const args of [['--help'], ['version'], ['no-such-command']]) {
    test(args.join(' '), async () => {
      const expected = await plain(args);
      assert.notEqual(expected.stdout + expected.stderr, '');
      for (const [way, options] of Object.entries(ways)) {
        for (const mode of ['', 'delegated']) {
          const env = { NODE_OPTIONS: options, WORKIQ_AUTH_MODE: mode };
          assert.deepEqual(await node([workiqScript, ...args], { env }), expected, `${way}, mode "${mode}"`);
        }
      }
    });
  }
});

describe('app-only: other processes', () => {
  for (const [way, options] of Object.entries(ways)) {
    const env = { ...appOnly, NODE_OPTIONS: options };

    test(`${way}: a user's script keeps its arguments and its exit code, and loads nothing of ours`, async () => {
      for (const args of [['plain'], ['mcp'], ['--account', 'x', 'ask']]) {
        const result = await node([reporter, ...args], { env });
        assert.deepEqual(
          { ...JSON.parse(result.stdout), code: result.code, stderr: result.stderr },
          { loaded: [], modules: [], args, execArgv: [], code: 3, stderr: '' },
        );
      }
    });

    test(`${way}: npm --version`, async () => {
      const npm = npmScript('npm');
      assert.deepEqual(
        await node([npm, '--version'], { env }),
        await node([npm, '--version'], { env: appOnly }),
      );
    });

    test(`${way}: code on the command line and on stdin`, async () => {
      const args = ['-p', '1 + 1', '--', workiqScript, 'mcp'];
      assert.deepEqual(await node(args, { env }), { code: 0, signal: null, stdout: '2\n', stderr: '' });
      const child = start(process.execPath, ['-', 'mcp'], { env });
      child.stdin.write('console.log(process.argv[2])');
      assert.equal((await finish(child)).stdout, 'mcp\n');
    });

    test(`${way}: a worker thread, even one that runs a script of that package`, async () => {
      const parent = path.join(folder('user'), `worker-${way}.cjs`);
      const worker = `new (require('node:worker_threads').Worker)(${JSON.stringify(lookalike)}, { argv: ['mcp'] })`;
      writeFileSync(parent, `${worker}.on('exit', (code) => console.log('worker', code));`);
      const result = await node([parent], { env });
      assert.deepEqual(result, { code: 0, signal: null, stdout: 'main reached\nworker 0\n', stderr: '' });
    });
  }
});

describe('app-only: Work IQ’s command', () => {
  for (const [way, options] of Object.entries(ways)) {
    const env = { ...appOnly, NODE_OPTIONS: options };

    test(`${way}: what we do not serve goes on to Microsoft's program`, async () => {
      for (const args of [['version'], ['--help'], ['agents', 'get-card', '--help']]) {
        assert.deepEqual(await node([workiqScript, ...args], { env }), await plain(args), args.join(' '));
      }
    });

    test(`${way}: a served verb never reaches the main script`, async () => {
      const result = await node([lookalike, 'fetch', '--no-such-option'], { env });
      assert.equal(result.stdout.includes('main reached'), false);
      assert.notEqual(result.code, 0);
      assert.notEqual(result.stderr, '');
    });

    test(`${way}: mcp answers, and SIGTERM ends it`, needsAddon, () =>
      serveMcp(process.execPath, [workiqScript], env),
    );

    test(`${way}: an unknown mode is an error that names variable, value and choices`, needsAddon, () =>
      refuseMode(process.execPath, [workiqScript], env),
    );
  }
});
