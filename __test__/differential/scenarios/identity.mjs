/**
 * Who asks, with what, in which tenant, for what.
 */
import { get, refuse, scenario, token } from '../scenario.mjs';

const secret = (name, value) => scenario(`secret ${name}`, { secret: value, steps: [get()] });

export const secrets = [
  secret('with & = + %', 'a&b=c+d%20e%zz'),
  secret('with spaces inside', 'a b  c'),
  secret('beyond ASCII', 'Grüße-日本語-🙂'),
  secret('with quotes and backslashes', 'a"b\'c\\d'),
  secret('with ~ . _ -', '~a8Q~b.c_d-e'),
  secret('with # ? / ;', 'a#b?c/d;e'),
  secret('with line breaks inside', 'a\nb'),
  secret('of 2000 letters', 'x'.repeat(2000)),
  secret('of one letter', 'x'),
  secret('that is a GUID', '11111111-2222-4333-8444-555555555555'),
  secret('with a line break at the end', 'abc8Q~secret\n'),
  secret('with a space before it', ' abc8Q~secret'),
  secret('in quotes', '"abc8Q~secret"'),
  secret('that is the name of a file', './no-such-certificate.pem'),
  secret('that is empty', ''),
];

const short = token({ expires_in: 60 });
const pem = (name, credential, more) => scenario(name, { credential, ...more });

export const assertions = [
  pem('a certificate', 'pem', { steps: [get()] }),
  pem('a certificate with its chain', 'chain', { steps: [get()] }),
  pem('a certificate, RS256', 'rs256', { steps: [get()] }),
  pem('a certificate, two requests', 'pem', { rest: short }),
  pem('a certificate that is not registered', 'pem', { rest: refuse(700027) }),
  pem('a certificate, and a fault in between', 'pem', { answers: [refuse(90033)], steps: [get()] }),
  pem('an assertion from a callback', 'callback', { steps: [get()] }),
  pem('an assertion from a callback, two requests', 'callback', { rest: short }),
  pem('an assertion from a callback, and a cached token', 'callback', {
    steps: [get(), get(), get({ claims: '{"access_token":{"nbf":null}}' })],
  }),
  pem('an assertion that is refused', 'callback', { rest: refuse(700213) }),
  pem('a callback that throws', 'throwing callback', { steps: [get()] }),
];

const named = (name, more) => scenario(name, { steps: [get()], ...more });
const upper = '1A1A1A1A-2B2B-4C3C-8D4D-5E5E5E5E5E5E';

export const names = [
  named('a tenant by its domain', { tenant: '*.contoso.example' }),
  named('a tenant by its domain, in capitals', { tenant: '*.CONTOSO.EXAMPLE' }),
  named('a tenant in capitals', { tenant: '^' }),
  named('the tenant common', { tenant: 'common' }),
  named('the tenant organizations', { tenant: 'organizations' }),
  named('the tenant consumers', { tenant: 'consumers' }),
  named('a tenant with a slash', { tenant: '*/x' }),
  named('a client in capitals', { clientId: upper }),
  named('a client that is no GUID', { clientId: 'my-app' }),
  named('no client', { clientId: '' }),
];

const scopes = (name, list, more) => scenario(name, { scopes: list, steps: [get()], ...more });

export const scopesAsked = [
  scopes('a scope of an application id URI', ['api://contoso/.default']),
  scopes('a scope with two slashes', ['api://contoso//.default']),
  scopes('a scope of a bare GUID', ['11111111-2222-4333-8444-555555555555/.default']),
  scopes('a scope in capitals', ['HTTPS://API.CONTOSO.EXAMPLE/.default'], { steps: [get(), get()] }),
  scopes('a scope without /.default', ['User.Read'], { rest: refuse(1002012) }),
  scopes('only /.default', ['/.default'], { rest: refuse(70011) }),
  scopes('no scope', []),
  scopes('an empty scope', [''], { rest: refuse(70011) }),
  scopes('two scopes', ['https://a.example/.default', 'https://b.example/.default'], { rest: refuse(70011) }),
  scopes('the same scope twice', ['https://a.example/.default', 'https://a.example/.default']),
  scopes('two scopes in one text', ['https://a.example/.default https://b.example/.default'], {
    rest: refuse(70011),
  }),
];

const at = (name, authority) => scenario(name, { authority, steps: [get()] });

export const places = [
  at('nobody listens', 'closed'),
  at('a name that nobody knows', 'unknown'),
  at('a server that nobody vouches for', 'stranger'),
];
