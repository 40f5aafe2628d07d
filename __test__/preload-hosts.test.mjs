// The preload by the roads on which it comes in practice: npx, a project's settings, a global install, and
// the versions of Node in use.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, test } from 'node:test';

import {
  appOnly,
  finish,
  folder,
  hasAddon,
  lookalike,
  needsAddon,
  node,
  npmScript,
  plain,
  refuseMode,
  reporter,
  requireUs,
  root,
  run,
  ways,
  windows,
  workiqFolder,
  workiqScript,
} from './preload-support.mjs';

const require = createRequire(import.meta.url);

describe('through npm', () => {
  const npx = ['--no-install', '@microsoft/workiq'];
  const project = folder('a project');
  let installed;
  let version;

  /** A project that has Microsoft's package from the local copy. */
  function install() {
    writeFileSync(path.join(project, 'package.json'), JSON.stringify({ name: 'project', private: true }));
    installed ??= node([npmScript('npm'), 'install', '--no-audit', '--no-fund', workiqFolder], {
      cwd: project,
    });
    return installed.then((result) => assert.equal(result.code, 0, result.stderr));
  }

  for (const [way, options] of Object.entries(ways)) {
    const settings = {
      NODE_OPTIONS: { NODE_OPTIONS: options },
      npm_config_node_options: { npm_config_node_options: options },
    };
    for (const [name, setting] of Object.entries(settings)) {
      test(`npx, ${way} by ${name}: passes on and takes over`, async () => {
        await install();
        const script = [npmScript('npx'), ...npx];
        version ??= node([...script, 'version'], { cwd: project });
        const expected = await version;
        assert.equal(expected.code, 0, expected.stderr);
        const env = { ...appOnly, ...setting };
        assert.deepEqual(await node([...script, 'version'], { cwd: project, env }), expected);
        if (hasAddon) await refuseMode(process.execPath, script, env, project);
      });
    }
  }

  test('npx with node-options in the project’s .npmrc takes over', needsAddon, async () => {
    await install();
    const own = folder('project with npmrc');
    writeFileSync(path.join(own, 'package.json'), JSON.stringify({ name: 'own', private: true }));
    const made = await node([npmScript('npm'), 'install', '--no-audit', '--no-fund', workiqFolder], {
      cwd: own,
    });
    assert.equal(made.code, 0, made.stderr);
    writeFileSync(path.join(own, '.npmrc'), `node-options=${requireUs}\n`);
    await refuseMode(process.execPath, [npmScript('npx'), ...npx], appOnly, own);
  });

  test('a global install takes over', needsAddon, async () => {
    const prefix = folder('global prefix');
    const made = await node([
      npmScript('npm'),
      'install',
      '-g',
      '--prefix',
      prefix,
      '--no-audit',
      '--no-fund',
      workiqFolder,
    ]);
    assert.equal(made.code, 0, made.stderr);
    const modules = path.join(prefix, windows ? '' : 'lib', 'node_modules', '@microsoft', 'workiq');
    const target = windows ? path.join(modules, 'bin', 'workiq.js') : path.join(prefix, 'bin', 'workiq');
    await refuseMode(process.execPath, [target], { ...appOnly, NODE_OPTIONS: requireUs });
  });
});

describe('other versions of Node', () => {
  const at = path.join(root, '__test__', 'node-versions');
  const binary = (name) => path.join(at, 'node_modules', name, 'bin', 'node');
  const names = Object.keys(require('./node-versions/package.json').dependencies);
  const linux =
    process.platform === 'linux' &&
    process.arch === 'x64' &&
    !!process.report.getReport().header.glibcVersionRuntime;
  let installed;

  /** Installs the binaries once, if need be; says why it could not. */
  async function unavailable() {
    if (!linux) return 'the Node binaries are for Linux on x64';
    if (names.every((name) => existsSync(binary(name)))) return undefined;
    const options = [
      '--no-save',
      '--no-package-lock',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--prefer-offline',
    ];
    // With the user's own settings: this is the one child here that may ask a registry.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(NODE_|npm_)/i.test(name)),
    );
    installed ??= finish(
      spawn(process.execPath, [npmScript('npm'), 'install', ...options], { cwd: at, env }),
    );
    const result = await installed;
    return result.code === 0 ? undefined : `npm could not install them: ${result.stderr.slice(0, 300)}`;
  }

  for (const name of names) {
    test(name, async (t) => {
      const reason = await unavailable();
      if (reason) return t.skip(reason);
      const other = binary(name);
      const version = (await run(other, ['--version'])).stdout;
      assert.ok(version.startsWith(`v${name.slice(4)}.`), version);

      for (const [way, options] of Object.entries(ways)) {
        const env = { ...appOnly, NODE_OPTIONS: options };
        await t.test(`${way}: delegated is untouched`, async () => {
          const expected = await plain(['version'], other);
          assert.equal(expected.code, 0, expected.stderr);
          const delegated = { NODE_OPTIONS: options, WORKIQ_AUTH_MODE: 'delegated' };
          assert.deepEqual(await run(other, [workiqScript, 'version'], { env: delegated }), expected);
          assert.deepEqual(await run(other, [workiqScript, 'version'], { env }), expected);
        });
        await t.test(`${way}: a user's script loads nothing of ours`, async () => {
          const result = await run(other, [reporter, 'mcp'], { env });
          const { loaded, modules, args } = JSON.parse(result.stdout);
          assert.deepEqual(
            { loaded, modules, args, code: result.code },
            { loaded: [], modules: [], args: ['mcp'], code: 3 },
          );
        });
        await t.test(`${way}: a served verb is taken over`, async () => {
          const result = await run(other, [lookalike, 'fetch', '--no-such-option'], { env });
          assert.equal(result.stdout.includes('main reached'), false);
          assert.notEqual(result.code, 0);
          if (hasAddon) await refuseMode(other, [workiqScript], env);
        });
      }
    });
  }
});
