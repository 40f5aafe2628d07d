/**
 * Claims challenges, and continuous access evaluation for Graph.
 */
import { get, refuse, reset, scenario, TWICE, token } from '../scenario.mjs';

const nbf = (value) => `{"access_token":{"nbf":{"essential":true,"value":"${value}"}}}`;
const graph = (name, more) => scenario(name, { resource: 'graph', ...more });
const merged = '{"access_token":{"xms_cc":{"values":["cp1"]},"nbf":{"essential":true,"value":"1"}}}';

export const claims = [
  scenario('claims bring a new token, which is kept', { steps: [get(), get({ claims: nbf(1) }), get()] }),
  scenario('claims at the first call', { steps: [get({ claims: nbf(1) }), get()] }),
  scenario('the same claims twice', { steps: [get({ claims: nbf(1) }), get({ claims: nbf(1) })] }),
  scenario('other claims', { steps: [get({ claims: nbf(1) }), get({ claims: nbf(2) }), get()] }),
  scenario('claims that are refused', {
    answers: [token(), refuse(53003)],
    steps: [get(), get({ claims: nbf(1) }), get()],
  }),
  scenario('claims while the endpoint is down', {
    answers: [token()],
    rest: reset,
    steps: [get(), get({ claims: nbf(1) })],
  }),
  scenario('claims that are not JSON', { steps: [get({ claims: 'nbf' })] }),
  scenario('claims that are no object', { steps: [get({ claims: '[]' })] }),
  scenario('claims that are empty', { steps: [get(), get({ claims: '' })] }),
  scenario('claims that are an empty object', { steps: [get(), get({ claims: '{}' })] }),
  graph('Graph: the capability is declared', { steps: TWICE }),
  graph('Graph: merged with a challenge', { steps: [get({ claims: nbf(1) })] }),
  graph('Graph: a challenge that declares it already', { steps: [get({ claims: merged })] }),
  graph('Graph: a challenge with an id_token', {
    steps: [get({ claims: '{"id_token":{"x":null},"access_token":{"y":null}}' })],
  }),
  graph('Graph: the whole of claims', { steps: [get()], wholeClaims: true }),
];
