// What the check of pull requests takes for said, and for changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { organizersOf } from '../docs/ci/workiq-checks/src/organizers.mjs';
import { changedLines } from '../docs/ci/workiq-checks/src/patch.mjs';
import { findQuote } from '../docs/ci/workiq-checks/src/quotes.mjs';
import { toVtt } from './tenant/contoso/vtt.mjs';

const cue = (speaker, text, seconds) => ({ speaker, text, from: seconds * 1000, to: seconds * 1000 + 900 });
const vtt = toVtt([
  cue('Grace Hopper', 'Then we decided: the public API', 143),
  cue('Grace Hopper', 'stays on REST — it isn’t the year for GraphQL.', 146),
  cue('Ada Lovelace', 'I agree.', 3725),
]);

test('a quote is found where it was said, in whatever way it is written', () => {
  const there = { at: '00:02:23', speaker: 'Grace Hopper' };
  for (const quote of [
    'the public API stays on REST',
    'We decided:  the public\nAPI stays on rest',
    "stays on REST - it isn't the year for GraphQL",
  ])
    assert.deepEqual(findQuote(vtt, quote), quote.startsWith('stays') ? { ...there, at: '00:02:26' } : there);
});

test('what was not said, or is too little to say anything, is no quote', () => {
  for (const quote of [
    'the public API stays on GraphQL',
    'REST stays on the public API',
    'cided: the public API stays',
    'public API',
    'I agree.',
    'Grace Hopper Then we decided',
    '00:02:23.000 the public API stays',
    '',
    '   ',
  ])
    assert.equal(findQuote(vtt, quote), undefined, quote);
});

test('a time without hours and a voice with a class are read as well', () => {
  const short =
    'WEBVTT\r\n\r\n1\r\n02:23.000 --> 02:25.000\r\n<v.loud Ada>we keep the header for twelve months</v>\r\n';
  assert.deepEqual(findQuote(short, 'keep the header for twelve months'), { at: '00:02:23', speaker: 'Ada' });
});

test('changed lines have the numbers of the new file', () => {
  const patch = [
    '@@ -1,4 +1,4 @@ function route()',
    ' one',
    '-two',
    '+zwei',
    ' three',
    '@@ -20,2 +20,3 @@',
    ' twenty',
    '+and one',
    '\\ No newline at end of file',
  ].join('\n');
  assert.deepEqual(changedLines(patch), [
    { text: 'two', line: 2 },
    { text: 'zwei', line: 2 },
    { text: 'and one', line: 21 },
  ]);
  assert.deepEqual(changedLines(undefined), []);
});

test('a boundary says whose meetings count and since when; the narrower of two counts', () => {
  const now = new Date('2026-11-25T12:00:00Z');
  const id = '22222222-2222-4333-8444-555555555555';
  const from = (entry) => organizersOf({ organizers: [{ id, ...entry }] }, now)[0].from;
  assert.equal(from({ days: 7 }), '2026-11-18T12:00:00.000Z');
  assert.equal(from({ from: '2026-11-20' }), '2026-11-20T00:00:00.000Z');
  assert.equal(from({ days: 7, from: '2026-11-20' }), '2026-11-20T00:00:00.000Z');
  assert.equal(from({ days: 2, from: '2026-11-20' }), '2026-11-23T12:00:00.000Z');
  for (const [boundary, says] of [
    [{}, /list under "organizers"/],
    [{ organizers: ['ada@contoso.com'] }, /organizer 1 .* object id/],
    [{ organizers: [id] }, /"days" or "from"/],
  ])
    assert.throws(() => organizersOf(boundary, now), says);
});
