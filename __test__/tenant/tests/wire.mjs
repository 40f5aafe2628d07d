/**
 * Answers that are spoilt on their way.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { startTenant } from '../index.mjs';
import { ask, form, refused, tokenUrl } from './helpers.mjs';

describe('spoilt answers', () => {
  let tenant;
  before(async () => {
    tenant = await startTenant();
  });
  beforeEach(() => tenant.reset());
  after(() => tenant.close());

  test('members of good and bad answers are changed and taken out', async () => {
    const rule = tenant.fail({ at: 'token', members: { expires_in: '3599', ext_expires_in: undefined } });
    const { status, json } = await ask(tenant);
    assert.equal(status, 200);
    assert.equal(json.expires_in, '3599');
    assert.deepEqual(Object.keys(json).sort(), ['access_token', 'expires_in', 'token_type']);
    assert.equal(rule.hits, 1);
    for (const members of [
      { expires_in: undefined },
      { expires_in: -1 },
      { expires_in: 1e15 },
      { token_type: 'pop' },
    ]) {
      tenant.fail({ at: 'token', members });
      const answer = (await ask(tenant)).json;
      for (const [name, value] of Object.entries(members)) assert.equal(answer[name], value);
    }
    tenant.fail({ at: 'token', aadsts: 7000215, members: { error_codes: undefined } });
    const refusal = await ask(tenant);
    assert.deepEqual([refusal.status, refusal.json.error], [401, 'invalid_client']);
    assert.ok(!('error_codes' in refusal.json));
    assert.equal((await ask(tenant)).json.expires_in, 3599);
  });

  test('an answer that is not JSON has no members to change', async () => {
    tenant.fail({ at: 'token', html: true, members: { error: 'x' } });
    assert.match((await ask(tenant)).text, /^TypeError: fail: members/);
  });

  test('a body a byte at a time arrives whole, in as many pieces', async () => {
    tenant.fail({ at: 'token', aadsts: 7000215, trickle: true });
    let pieces = 0;
    const read = TLSSocket.prototype.push;
    TLSSocket.prototype.push = function push(...args) {
      pieces += 1;
      return read.apply(this, args);
    };
    try {
      const answer = await ask(tenant);
      refused(answer, 7000215, 'invalid_client', 401);
      assert.ok(pieces > answer.text.length / 2, `${pieces} pieces of ${answer.text.length} bytes`);
    } finally {
      TLSSocket.prototype.push = read;
    }
  });

  test('a truncated body ends before its Content-Length', async () => {
    tenant.fail({ at: 'token', truncated: true });
    await assert.rejects(ask(tenant), { code: 'ECONNRESET' });
    assert.equal((await ask(tenant)).status, 200);
  });

  test('an oversize body is still JSON', async () => {
    tenant.fail({ at: 'token', oversize: 3_000_000 });
    const { headers, json } = await ask(tenant);
    assert.equal(headers['content-length'], '3000000');
    assert.match(headers['content-type'], /^application\/json/);
    assert.ok(json.access_token);
  });

  test('invalid UTF-8 is in the body as bytes, in good answers and in bad', async () => {
    for (const rule of [{}, { aadsts: 7000215 }]) {
      tenant.fail({ at: 'token', invalidUtf8: true, ...rule });
      const { headers, text, json } = await ask(tenant);
      assert.match(headers['content-type'], /^application\/json/);
      assert.equal(text.split('\ufffd').length, 3);
      assert.ok(json, 'and a lenient reader still makes JSON of it');
    }
  });

  test('Retry-After in both forms', async () => {
    const date = new Date('2026-11-24T15:00:00Z');
    tenant.fail({ at: 'token', throttle: date });
    tenant.fail({ at: 'token', html: true, retryAfter: 7 });
    assert.equal((await ask(tenant)).headers['retry-after'], 'Tue, 24 Nov 2026 15:00:00 GMT');
    assert.equal((await ask(tenant)).headers['retry-after'], '7');
  });

  test('a redirect, HTML with 200, empty JSON with 200', async () => {
    const elsewhere = `${tenant.graph}/elsewhere`;
    tenant.fail({ at: 'token', redirect: elsewhere });
    tenant.fail({ at: 'token', html: true, status: 200 });
    tenant.fail({ at: 'token', status: 200, body: {} });
    const redirect = await ask(tenant);
    assert.deepEqual([redirect.status, redirect.headers.location], [302, elsewhere]);
    const html = await ask(tenant);
    assert.deepEqual([html.status, html.headers['content-type']], [200, 'text/html']);
    assert.deepEqual((await ask(tenant)).json, {});
  });

  test('the OIDC endpoints and Graph are spoilt alike', async () => {
    tenant.fail({ at: 'authority', match: '_github', members: { value: '' } });
    tenant.fail({ at: 'graph', truncated: true });
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = tenant.githubEnv;
    assert.equal((await tenant.request(url, { token: bearer })).json.value, '');
    const token = await tenant.mintToken();
    await assert.rejects(tenant.request(`${tenant.graph}/v1.0/users`, { token }), { code: 'ECONNRESET' });
    assert.equal((await tenant.request(tokenUrl(tenant), { form: form(tenant) })).status, 200);
  });
});
