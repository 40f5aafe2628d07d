// The run loop's own logic that no process on this platform can show: how a command is started on Windows,
// and what is said when the native add-on is not there.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';

const { explainMissing, windowsCommand } = createRequire(import.meta.url)('../run.cjs');

/** A Windows machine with these files. */
function machine(...files) {
  const env = { Path: 'C:\\node;"C:\\Program Files\\tools"', PATHEXT: '.COM;.EXE;.BAT;.CMD' };
  return (program, ...args) => windowsCommand(program, args, env, (file) => files.includes(file));
}

describe('a command on Windows', () => {
  test('a program is started as it is', () => {
    const start = machine('C:\\node\\node.exe');
    assert.deepEqual(start('node', 'a b'), { file: 'C:\\node\\node.exe', args: ['a b'] });
    assert.deepEqual(start('missing', 'x'), { file: 'missing', args: ['x'] });
  });

  test('an .exe wins over a .cmd in the same folder', () => {
    const start = machine('C:\\node\\x.cmd', 'C:\\node\\x.exe');
    assert.equal(start('x').file, 'C:\\node\\x.exe');
  });

  test('npx and npm are run as scripts, with no shell between', () => {
    const script = 'C:\\node\\node_modules\\npm\\bin\\npx-cli.js';
    const start = machine('C:\\node\\npx.cmd', script);
    const nasty = 'a & echo %PATH% "b" ^';
    assert.deepEqual(start('npx', '-y', nasty), { file: process.execPath, args: [script, '-y', nasty] });
    assert.equal(start('npx.cmd', '-y').file, process.execPath);
  });

  describe('any other batch file goes through cmd.exe', () => {
    const start = machine('C:\\Program Files\\tools\\tool.cmd');
    const lineFor = (...args) => start('tool', ...args).args.at(-1);

    test('as one verbatim line, without autorun and without delayed expansion', () => {
      const { file, args, verbatim } = start('tool', 'plain');
      assert.match(file, /cmd\.exe$/);
      assert.equal(verbatim, true);
      assert.deepEqual(args, [
        '/d',
        '/e:ON',
        '/v:OFF',
        '/s',
        '/c',
        '""C:\\Program Files\\tools\\tool.cmd" "plain""',
      ]);
    });

    const quoted = {
      'an operator stays inside quotes': ['a&b|c>d', '"a&b|c>d"'],
      'a quote is doubled': ['say "hi"', '"say ""hi"""'],
      'a backslash before a quote is doubled': ['a\\"b', '"a\\\\""b"'],
      'a backslash at the end is doubled': ['C:\\dir\\', '"C:\\dir\\\\"'],
      'other backslashes stay': ['C:\\dir\\file', '"C:\\dir\\file"'],
      'no variable is expanded': ['%PATH%', '"%%cd:~,%PATH%%cd:~,%"'],
      'an empty argument stays one': ['', '""'],
    };
    for (const [name, [argument, expected]] of Object.entries(quoted)) {
      test(name, () => assert.equal(lineFor(argument), `""C:\\Program Files\\tools\\tool.cmd" ${expected}"`));
    }

    test('a line break cannot be quoted, and is refused', () => {
      for (const text of ['a\nb', 'a\rb', 'a\0b']) assert.throws(() => lineFor(text), /safely/);
    });
  });
});

describe('without the native add-on', () => {
  const lines = (text) => text.trimEnd().split('\n');

  test('two lines: what is wrong, and what to run', () => {
    const [wrong, mend, ...more] = lines(
      explainMissing(new Error('Cannot find native binding'), 'linux-x64'),
    );
    assert.match(wrong, /linux-x64 is not installed/);
    assert.match(mend, /npm install --include=optional workiq-auth/);
    assert.deepEqual(more, []);
  });

  test('one that is there and cannot be loaded is told apart', () => {
    const cause = Object.assign(new Error('GLIBC_2.99 not found\nmore'), { code: 'ERR_DLOPEN_FAILED' });
    const text = explainMissing(new Error('Cannot find native binding', { cause }), 'linux-x64');
    assert.match(text, /cannot be loaded: GLIBC_2\.99 not found$/m);
    assert.equal(lines(text).length, 2);
  });

  test('a platform without a build is told so', () => {
    assert.match(explainMissing(new Error('x'), 'sunos-x64'), /no build of the native add-on for sunos-x64/);
  });
});
