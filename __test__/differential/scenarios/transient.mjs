/**
 * Faults that pass, and those that stay.
 */
import {
  get,
  hang,
  html,
  plain,
  redirect,
  refuse,
  reset,
  say,
  scenario,
  spoilt,
  token,
} from '../scenario.mjs';

const throttled = (after) =>
  plain(429, 'Too Many Requests', after === undefined ? {} : { 'Retry-After': after });
const busy = refuse(90033);
const once = (name, ...answers) => scenario(name, { answers });
const always = (name, rest, more) => scenario(name, { rest, steps: [get()], ...more });
const httpDate = (seconds) => new Date(Date.now() + seconds * 1000).toUTCString();
const dated = (seconds) => () => throttled(httpDate(seconds))();

export const transient = [
  once('500 in plain text, once', plain(500, 'oops')),
  once('502 as HTML, once', html(502)),
  once('503 in plain text, once', plain(503, 'Service Unavailable')),
  once('504 as HTML, once', html(504)),
  once('500 with nothing, once', say(500, '')),
  once('AADSTS50000, once', refuse(50000)),
  once('AADSTS90033, once', busy),
  once('AADSTS90055, once', refuse(90055)),
  once('429 in plain text, once', throttled()),
  once('429 as JSON, once', say(429, { error: 'temporarily_unavailable', error_codes: [90055] })),
  once('an invalid_client with 500, once', refuse(7000215, { status: 500 })),
  once('a reset, once', reset),
  once('a reset, twice', reset, reset),
  once('a body cut off, once', spoilt(token(), { truncated: true })),
  once('a refusal cut off, once', refuse(7000215, { truncated: true })),
  once('three faults of three kinds', busy, reset, throttled()),
  once('four faults, then good', busy, busy, busy, busy),
  once('a fault, then a refusal', busy, refuse(7000215)),
  once('502, and the next call', html(502), token({ expires_in: 60 })),
  always('500 for good', plain(500, 'oops')),
  always('502 as HTML for good', html(502)),
  always('AADSTS90033 for good', busy),
  always('429 for good', throttled()),
  always('resets for good', reset),
  always('bodies cut off for good', spoilt(token(), { truncated: true })),
  always('silence', hang, { timeoutMs: 1500, giveUpMs: 4000 }),
  always('silence, ten callers', hang, {
    timeoutMs: 1500,
    giveUpMs: 4000,
    steps: [{ ...get(), times: 10 }],
  }),
];

export const retryAfter = [
  once('429, Retry-After 1', throttled('1')),
  once('503, Retry-After 1', plain(503, 'busy', { 'Retry-After': '1' })),
  once('429, Retry-After 0', throttled('0')),
  once('429, Retry-After negative', throttled('-3')),
  once('429, Retry-After in words', throttled('soon')),
  once('429, Retry-After empty', throttled('')),
  once('429, Retry-After a date that is past', throttled('Wed, 21 Oct 2015 07:28:00 GMT')),
  once('429, Retry-After a date to come', dated(2)),
  once('429, Retry-After a minute', throttled('60')),
  once('429, Retry-After a minute as a date', dated(60)),
  once('503, Retry-After a minute', plain(503, 'busy', { 'Retry-After': '60' })),
  once('AADSTS90055, Retry-After a minute', refuse(90055, { headers: { 'Retry-After': '60' } })),
  once('429, Retry-After more digits than a number has', throttled('9'.repeat(40))),
  { ...once('429, Retry-After past the deadline', throttled('30')), timeoutMs: 10_000 },
];

export const redirects = [301, 302, 303, 307, 308].map((status) =>
  scenario(`${status} to another origin`, { rest: redirect(status), steps: [get()] }),
);
redirects.push(
  scenario('302 to nowhere', { rest: say(302, ''), steps: [get()] }),
  scenario('304', { rest: say(304, ''), steps: [get()] }),
);
