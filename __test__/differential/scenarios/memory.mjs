/**
 * What is kept, for how long, for whom; and callers who come together.
 */
import {
  background,
  get,
  html,
  passes,
  refuse,
  renewed,
  reset,
  scenario,
  slow,
  together,
  token,
} from '../scenario.mjs';

/** A token that is to be renewed after a second, and is good for an hour. */
const due = token({ refresh_in: 1 });
/** More than a second by either client's reckoning, one of which rounds. */
const later = passes(2.6);
const other = { resource: 'https://other.contoso.example' };

export const memory = [
  scenario('two resources', { steps: [get(), get(other), get(), get(other)] }),
  scenario('renewal is due, and works', {
    answers: [due],
    steps: [get(), later, get(), renewed()],
  }),
  scenario('renewal is due, a hundred callers', {
    answers: [due],
    rest: slow(token()),
    steps: [get(), later, together(100), renewed()],
  }),
  scenario('renewal is due, the endpoint is down', {
    answers: [due],
    rest: reset,
    steps: [get(), later, get(), background(5), get()],
  }),
  scenario('renewal is due, the endpoint is ill', {
    answers: [due],
    rest: html(502),
    steps: [get(), later, get(), background(5), get()],
  }),
  scenario('renewal is due, Entra is busy', {
    answers: [due],
    rest: refuse(90033),
    steps: [get(), later, get(), background(5), get()],
  }),
  scenario('renewal is due, the secret has expired', {
    answers: [due],
    rest: refuse(7000222),
    steps: [get(), later, get(), background(2), get()],
  }),
  scenario('a fresh token, the endpoint is down', { answers: [token()], rest: reset, steps: [get(), get()] }),
  scenario('an old token, the endpoint is down', {
    answers: [token({ expires_in: 60 })],
    rest: reset,
    steps: [get(), get()],
  }),
  scenario('a wrong secret, five times', {
    rest: refuse(7000215),
    steps: [get(), get(), get(), get(), get()],
  }),
  scenario('a wrong secret, for two resources', { rest: refuse(7000215), steps: [get(), get(other)] }),
  scenario('a wrong secret that is mended in six seconds', {
    answers: [refuse(7000215)],
    steps: [get(), get(), passes(6), get()],
  }),
];

export const crowds = [
  scenario('fifty at once', { steps: [together(50)] }),
  scenario('fifty at once, and fifty more', { steps: [together(50), together(50)] }),
  scenario('fifty at once, wrong secret', { rest: refuse(7000215), steps: [together(50)] }),
  scenario('fifty at once, unknown tenant', { rest: refuse(90002), steps: [together(50)] }),
  scenario('fifty at once, conditional access', { rest: refuse(53003), steps: [together(50)] }),
  scenario('fifty at once, one fault', { answers: [html(503)], steps: [together(50)] }),
  scenario('fifty at once with the same claims', {
    steps: [together(50, { claims: '{"access_token":{"nbf":{"essential":true,"value":"1"}}}' })],
  }),
];
