/**
 * The token endpoint: what it grants, and the code of each refusal.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { startTenant } from '../index.mjs';
import { ask, asserted, assertion, form, refused, tokenUrl } from './helpers.mjs';

describe('token endpoint', () => {
  let tenant;
  before(async () => {
    tenant = await startTenant();
  });
  beforeEach(() => tenant.reset());
  after(() => tenant.close());

  test('a secret gives a token for Graph', async () => {
    const { status, headers, json } = await ask(tenant);
    assert.equal(status, 200);
    assert.ok(headers.date && headers['x-ms-request-id']);
    assert.deepEqual(
      [json.token_type, json.expires_in, json.ext_expires_in, json.refresh_in],
      ['Bearer', 3599, 3599, undefined],
    );
    const claims = decodeJwt(json.access_token);
    assert.equal(claims.aud, tenant.graph);
    assert.equal(claims.iss, `https://sts.windows.net/${tenant.tenantId}/`);
    assert.equal(claims.appid, tenant.clientId);
    assert.equal(claims.idtyp, 'app');
    assert.equal(claims.roles.length, 7);
    assert.equal(claims.exp - claims.iat, 3599);
    assert.equal(claims.xms_cc, undefined);
  });

  test('the secret looks like one of Entra', () => {
    assert.match(tenant.clientSecret, /^[\w~.-]{40}$/);
    assert.match(tenant.clientSecret, /^...8Q~.*\..*_/);
  });

  test('a domain names the tenant too, and basic credentials are taken', async () => {
    assert.equal((await ask(tenant, {}, { name: 'contoso.com' })).status, 200);
    assert.equal((await ask(tenant, {}, { name: 'contoso.onmicrosoft.com' })).status, 200);
    const pair = [tenant.clientId, tenant.clientSecret].map(encodeURIComponent).join(':');
    const headers = { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
    assert.equal(
      (await ask(tenant, { client_id: undefined, client_secret: undefined }, { headers })).status,
      200,
    );
  });

  test('each mistake has its code', async () => {
    const other = crypto.randomUUID();
    const cases = [
      [{}, { name: other }, 90002, 'invalid_request', 400],
      [{}, { name: 'fabrikam.com' }, 90002, 'invalid_request', 400],
      [{}, { name: 'not a tenant' }, 900023, 'invalid_request', 400],
      [{}, { name: 'common' }, 9001023, 'invalid_request', 400],
      [{ grant_type: undefined }, {}, 900144, 'invalid_request', 400],
      [{ grant_type: 'password' }, {}, 70003, 'unsupported_grant_type', 400],
      [{ client_id: other }, {}, 700016, 'unauthorized_client', 400],
      [{ scope: undefined }, {}, 900144, 'invalid_request', 400],
      [{ scope: `${tenant.graph}/Mail.Read` }, {}, 1002012, 'invalid_scope', 400],
      [{ scope: `${tenant.graph}/.default openid` }, {}, 70011, 'invalid_scope', 400],
      [{ scope: 'https://graph.microsoft.com/.default' }, {}, 500011, 'invalid_resource', 400],
      [{ client_secret: undefined }, {}, 7000216, 'invalid_request', 400],
      [{ client_secret: '' }, {}, 7000218, 'invalid_client', 401],
      [{ client_secret: `${tenant.clientSecret}\n` }, {}, 7000215, 'invalid_client', 401],
      [{ client_secret: tenant.expiredSecret }, {}, 7000222, 'invalid_client', 401],
    ];
    for (const [more, where, code, error, status] of cases) {
      refused(
        await ask(tenant, more, { ...where, name: where.name && encodeURIComponent(where.name) }),
        code,
        error,
        status,
      );
    }
  });

  test('the order of checks is the order of Entra', async () => {
    const everything = { client_id: 'x', scope: 'x', client_secret: 'x' };
    refused(
      await ask(tenant, { ...everything, grant_type: 'x' }, { name: 'fabrikam.com' }),
      90002,
      'invalid_request',
      400,
    );
    refused(await ask(tenant, { ...everything, grant_type: 'x' }), 70003, 'unsupported_grant_type', 400);
    refused(await ask(tenant, everything), 700016, 'unauthorized_client', 400);
    refused(await ask(tenant, { scope: 'x', client_secret: 'x' }), 1002012, 'invalid_scope', 400);
  });

  test('an error body has all its members, and echoes the correlation id', async () => {
    const id = crypto.randomUUID();
    const { json } = await ask(tenant, { client_secret: 'wrong' }, { headers: { 'client-request-id': id } });
    assert.equal(json.correlation_id, id);
    assert.match(json.timestamp, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
    assert.equal(json.error_uri, 'https://login.microsoftonline.com/error?code=7000215');
    assert.ok(
      json.error_description.endsWith(
        ` Trace ID: ${json.trace_id} Correlation ID: ${id} Timestamp: ${json.timestamp}`,
      ),
    );
  });

  test('only POST, and only that path', async () => {
    assert.equal((await tenant.request(tokenUrl(tenant))).status, 405);
    assert.equal(
      (await tenant.request(`${tenant.authority}/${tenant.tenantId}/oauth2/token`, { form: {} })).status,
      404,
    );
    refused(await tenant.request(tokenUrl(tenant), { body: form(tenant) }), 900144, 'invalid_request', 400);
  });

  test('declared capabilities come back in the token', async () => {
    const claims = JSON.stringify({ access_token: { xms_cc: { values: ['cp1'] } } });
    const { json } = await ask(tenant, { claims });
    assert.deepEqual(decodeJwt(json.access_token).xms_cc, ['cp1']);
  });

  test('the log keeps form and jti; a replayed jti is noted, not refused', async () => {
    const jwt = await assertion(tenant);
    assert.equal((await ask(tenant, asserted(jwt))).status, 200);
    assert.equal((await ask(tenant, asserted(jwt))).status, 200);
    const { jti } = decodeJwt(jwt);
    assert.deepEqual(tenant.replayedJtis, [jti]);
    assert.deepEqual(
      tenant.tokenRequests.map((entry) => [entry.at, entry.jti, entry.form.client_id]),
      [
        ['authority', jti, tenant.clientId],
        ['authority', jti, tenant.clientId],
      ],
    );
  });

  test('PS256 and RS256 assertions pass, with and without a chain', async () => {
    const x5c = [tenant.identity().der.toString('base64')];
    assert.equal((await ask(tenant, asserted(await assertion(tenant, { header: { x5c } })))).status, 200);
    assert.equal((await ask(tenant, asserted(await assertion(tenant, { alg: 'RS256' })))).status, 200);
  });

  test('each spoilt assertion has its code', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { x5t, x5tS256, der } = tenant.identity();
    const standard = Buffer.from(x5tS256, 'base64url').toString('base64');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const cases = [
      [{ header: { typ: undefined } }, 50027],
      [{ header: { 'x5t#S256': undefined } }, 5002723],
      [{ header: { 'x5t#S256': undefined, x5t } }, 5002723],
      [{ header: { 'x5t#S256': standard } }, 700027],
      [{ header: { 'x5t#S256': 'A'.repeat(43) } }, 700027],
      [{ header: { x5c: der.toString('base64') } }, 50027],
      [{ header: { x5c: [Buffer.from(tenant.identity().certificate).toString('base64')] } }, 50027],
      [{ key: rsa.privateKey }, 700027],
      [{ claims: { aud: `${tenant.authority}/${tenant.tenantId}/v2.0` } }, 700023],
      [{ claims: { aud: tokenUrl(tenant, 'contoso.com') } }, 700023],
      [{ claims: { iss: 'x' } }, 700021],
      [{ claims: { sub: 'x' } }, 700021],
      [{ claims: { jti: undefined } }, 50027],
      [{ claims: { nbf: `${now}` } }, 50027],
      [{ claims: { iat: undefined } }, 50027],
      [{ claims: { exp: now - 5, nbf: now - 600 } }, 700024],
      [{ claims: { nbf: now + 120 } }, 700024],
    ];
    for (const [spoilt, code] of cases) {
      const answer = await ask(tenant, asserted(await assertion(tenant, spoilt)));
      refused(answer, code, 'invalid_client', 401);
    }
    refused(await ask(tenant, asserted('not.a.jwt')), 50027, 'invalid_client', 401);
    refused(await ask(tenant, asserted(undefined)), 900144, 'invalid_request', 400);
  });

  test('certificates out of time, unregistered or elliptic are refused with their thumbprint', async () => {
    const sign = async (file, alg = 'PS256') => {
      const pem = readFileSync(file, 'utf8');
      const x509 = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));
      const print = x509.fingerprint256.replaceAll(':', '');
      const header = { 'x5t#S256': Buffer.from(print, 'hex').toString('base64url') };
      return {
        print,
        answer: await ask(tenant, asserted(await assertion(tenant, { alg, key: pem, header }))),
      };
    };
    for (const [name, text] of [
      ['expiredPem', 'The key used is expired.'],
      ['notYetValidPem', 'The key used is not yet valid.'],
      ['unregisteredPem', 'The key was not found.'],
    ]) {
      const { print, answer } = await sign(tenant.certificates[name]);
      refused(answer, 700027, 'invalid_client', 401);
      assert.ok(
        answer.json.error_description.includes(
          `[Reason - ${text}, Thumbprint of key used by client: '${print}'`,
        ),
      );
    }
    refused((await sign(tenant.certificates.ecPem, 'ES256')).answer, 5002738, 'invalid_client', 401);
    assert.equal((await sign(tenant.certificates.chainPem)).answer.status, 200);
  });
});
