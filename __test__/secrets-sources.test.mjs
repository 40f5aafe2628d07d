// No secret shows where the credential comes from elsewhere: a CI system, a file, the host, az, or the program itself.
// A source that this version does not have yet is skipped; one that the types name is not.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AuthError } from 'workiq-auth';
import { credentialIn } from './engine-support.mjs';
import { byApi, byCommand, findSecrets } from './secrets-support.mjs';
import { startTenant } from './tenant/index.mjs';

const OPAQUE = 'hush.request-token/with+signs~and-more';

let tenant;
before(async () => {
  tenant = await startTenant();
});
beforeEach(() => {
  tenant.reset();
  tenant.azureCli.answer('app-only');
});
after(() => tenant.close());

const federated = (more) =>
  tenant.issueFederatedToken({ aud: tenant.federatedAudience, expiresIn: 600, ...more });

/** A file with that token. */
function tokenFile(content) {
  const path = join(tenant.dir, 'presented.jwt');
  writeFileSync(path, content);
  return path;
}

/** The application's environment with no credential in it. */
function bare() {
  const { WORKIQ_CLIENT_SECRET: _, ...env } = tenant.env('secret');
  return { ...env, WORKIQ_FEDERATED_AUDIENCE: tenant.federatedAudience };
}

const inFile = (make) => () => ({ env: { ...bare(), WORKIQ_FEDERATED_TOKEN_FILE: tokenFile(make()) } });
const fromOutside = (make) => async () => {
  const token = await make();
  return { env: { ...bare(), WORKIQ_ACCESS_TOKEN: token }, secrets: { 'the access token': token } };
};
const byCallback = (make) => () => {
  const assertion = make();
  return { env: bare(), options: { clientAssertion: assertion }, secrets: { 'the assertion': assertion } };
};
const of =
  (kind, changes = {}) =>
  () => ({ env: { ...tenant.env(kind), ...changes } });
const anotherPart = (jwt) => `${jwt.slice(0, -20)}${'A'.repeat(20)}`;

/** By source: what is tried, whether it succeeds, what is presented, what fails. */
const CASES = {
  github: {
    'is right': [true, of('github')],
    'refuses the request token': [false, of('github', { ACTIONS_ID_TOKEN_REQUEST_TOKEN: OPAQUE })],
    'is down': [false, of('github'), { at: 'authority', match: '/_github', unavailable: true }],
    'answers with HTML': [
      false,
      of('github'),
      { at: 'authority', match: '/_github', html: true, status: 200 },
    ],
    breaks: [false, of('github'), { at: 'authority', match: '/_github', reset: true }],
    'has a token that Entra refuses': [false, of('github'), { at: 'token', aadsts: 700213 }],
    'would send its token elsewhere': [false, of('github', { WORKIQ_FEDERATED_AUDIENCE: undefined })],
  },
  pipelines: {
    'is right': [true, of('pipelines')],
    'refuses the access token': [false, of('pipelines', { SYSTEM_ACCESSTOKEN: OPAQUE })],
    'is down': [false, of('pipelines'), { at: 'authority', match: '/_pipelines', unavailable: true }],
    redirects: [
      false,
      of('pipelines'),
      { at: 'authority', match: '/_pipelines', redirect: 'https://x.example/' },
    ],
    'has a token that Entra refuses': [false, of('pipelines'), { at: 'token', aadsts: 700211 }],
  },
  'token-file': {
    'is right': [true, inFile(() => federated())],
    'has expired': [false, inFile(() => federated({ expiresIn: -60 }))],
    'has another subject': [false, inFile(() => federated({ sub: 'repo:fabrikam/x:ref:refs/heads/main' }))],
    'has another signature': [false, inFile(() => anotherPart(federated()))],
    'is no JWT': [false, inFile(() => OPAQUE)],
    'is a private key': [false, inFile(() => readFileSync(tenant.certificates.pem, 'utf8'))],
  },
  'access-token': {
    'is right': [true, fromOutside(() => tenant.mintToken())],
    'is for another audience': [
      false,
      fromOutside(() => tenant.mintToken({ audience: 'https://x.example' })),
    ],
    'is no application’s': [false, fromOutside(() => federated())],
    'is no JWT': [false, fromOutside(() => OPAQUE)],
  },
  'managed-identity': {
    'is right': [true, of('managed-identity')],
    'refuses the header': [false, of('managed-identity', { IDENTITY_HEADER: OPAQUE })],
    'is down': [false, of('managed-identity'), { at: 'managed-identity', unavailable: true }],
    'answers with HTML': [false, of('managed-identity'), { at: 'managed-identity', html: true, status: 200 }],
  },
  'azure-cli': {
    'is right': [true, of('azure-cli')],
    'is signed out': [false, of('azure-cli'), 'signed-out'],
    'is signed in as a person': [false, of('azure-cli'), 'delegated'],
  },
  clientAssertion: {
    'is right': [true, byCallback(() => federated())],
    'has expired': [false, byCallback(() => federated({ expiresIn: -60 }))],
    'has another signature': [false, byCallback(() => anotherPart(federated()))],
    'is no JWT': [false, byCallback(() => OPAQUE)],
  },
};

/** Why a source cannot be tried: this version has none such. */
async function missing(source) {
  const { env, options = {} } = await CASES[source]['is right'][1]();
  const given = options.clientAssertion ? { clientAssertion: async () => options.clientAssertion } : {};
  try {
    credentialIn(env, given);
    return false;
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== 'invalid_settings') throw error;
    return `this version has no source ${source}`;
  }
}

/** Everything secret that may be in play, and what the tenant was shown. */
function secretsInPlay() {
  const { ACTIONS_ID_TOKEN_REQUEST_TOKEN: github } = tenant.githubEnv;
  const { SYSTEM_ACCESSTOKEN: pipelines } = tenant.pipelinesEnv;
  const assertions = tenant.tokenRequests
    .filter(({ form }) => form.client_assertion)
    .map(({ form }, index) => [`assertion ${index}`, form.client_assertion]);
  return {
    'the client secret': tenant.clientSecret,
    "GitHub's request token": github,
    "Azure Pipelines' access token": pipelines,
    "managed identity's header": tenant.managedIdentity.header,
    'what was presented': OPAQUE,
    ...Object.fromEntries(assertions),
  };
}

for (const [source, cases] of Object.entries(CASES)) {
  describe(`no secret shows: ${source}`, () => {
    for (const [title, [succeeds, given, fault]] of Object.entries(cases)) {
      test(title, { timeout: 60_000 }, async (context) => {
        const reason = await missing(source);
        if (reason) return context.skip(reason);
        const { env, options, secrets = {} } = await given();
        // A function cannot be given to the command.
        for (const drive of options ? [byApi] : [byCommand, byApi]) {
          tenant.reset();
          if (typeof fault === 'string') tenant.azureCli.answer(fault);
          else if (fault) tenant.fail({ times: Infinity, ...fault });
          const outcome = await drive(env, options ?? undefined);
          const all = { ...secretsInPlay(), ...secrets, ...outcome.secrets };
          assert.deepEqual(findSecrets(outcome.said, all), [], drive.name);
          assert.equal(outcome.ok, succeeds, `${drive.name}: ${outcome.err}`);
        }
        const asked = tenant.azureCli.calls.map(({ args }) => args.join(' ')).join('\n');
        assert.deepEqual(findSecrets(asked, { ...secretsInPlay(), ...secrets }), [], 'arguments of az');
      });
    }
  });
}

test('no source that the types name is skipped', async () => {
  const types = readFileSync(new URL('../index.d.ts', import.meta.url), 'utf8');
  const named = Object.keys(CASES).filter((source) => new RegExp(`'${source}'|\\b${source}\\?:`).test(types));
  for (const source of named) assert.equal(await missing(source), false, source);
});
