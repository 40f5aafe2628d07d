/**
 * Failing on demand.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startTenant } from '../index.mjs';
import { ask, refused } from './helpers.mjs';

describe('faults', () => {
  let tenant;
  let token;
  before(async () => {
    tenant = await startTenant({ roles: 'read' });
  });
  beforeEach(async () => {
    tenant.reset();
    token = await tenant.mintToken();
  });
  after(() => tenant.close());
  const get = (path = '/', more = {}) => tenant.request(`${tenant.graph}/v1.0${path}`, { token, ...more });

  test('throttled, at both origins', async () => {
    const rule = tenant.fail({ at: 'token', throttle: 7 });
    const busy = await ask(tenant);
    assert.deepEqual([busy.status, busy.headers['retry-after'], busy.text], [429, '7', 'Too Many Requests']);
    assert.equal((await ask(tenant)).status, 200);
    assert.equal(rule.hits, 1);

    tenant.fail({ at: 'graph', match: /users/, throttle: 2, times: 2 });
    assert.equal((await get('/')).status, 200);
    const answers = [await get('/users'), await get('/users'), await get('/users')];
    assert.deepEqual(
      answers.map((one) => one.status),
      [429, 429, 200],
    );
    assert.equal(answers[0].json.error.code, 'TooManyRequests');
  });

  test('unavailable, HTML, bare status, named code', async () => {
    tenant.fail({ at: 'token', unavailable: true, retryAfter: 3 });
    tenant.fail({ at: 'token', html: true });
    tenant.fail({ at: 'token', status: 418, headers: { 'x-tea': 'pot' }, body: 'short and stout' });
    tenant.fail({ at: 'token', aadsts: 53003, claims: '{"access_token":{}}' });
    const first = await ask(tenant);
    assert.deepEqual([first.status, first.headers['retry-after']], [503, '3']);
    const second = await ask(tenant);
    assert.deepEqual([second.status, second.headers['content-type']], [502, 'text/html']);
    const third = await ask(tenant);
    assert.deepEqual([third.status, third.headers['x-tea'], third.text], [418, 'pot', 'short and stout']);
    const fourth = await ask(tenant);
    refused(fourth, 53003, 'invalid_grant', 400);
    assert.equal(fourth.json.claims, '{"access_token":{}}');
    assert.equal((await ask(tenant)).status, 200);
  });

  test('reset ends the connection, remove and reset end a rule', async () => {
    const rule = tenant.fail({ at: 'graph', reset: true, times: Number.POSITIVE_INFINITY });
    await assert.rejects(get(), /hang up|ECONNRESET/);
    rule.remove();
    assert.equal((await get()).status, 200);
    tenant.fail({ at: 'graph', reset: true });
    tenant.reset();
    assert.equal((await get()).status, 200);
    assert.equal(tenant.graphRequests.length, 1);
  });

  test('a delay alone lets the request pass', async () => {
    const rule = tenant.fail({ at: 'graph', delayMs: 1 });
    assert.equal((await get()).status, 200);
    assert.equal(rule.hits, 1);
  });

  test('a claims challenge is met only by a token asked for with its claims', async () => {
    const wanted = '{"access_token":{"nbf":{"essential":true,"value":"1760000000"}}}';
    tenant.fail({ at: 'graph', claimsChallenge: wanted });
    for (let round = 0; round < 2; round += 1) {
      const answer = await get();
      assert.equal(answer.status, 401);
      assert.equal(
        answer.headers['www-authenticate'],
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", ' +
          `error="insufficient_claims", claims="${Buffer.from(wanted).toString('base64')}"`,
      );
    }
    const merged = JSON.parse(wanted);
    merged.access_token.xms_cc = { values: ['cp1'] };
    const fresh = (await ask(tenant, { claims: JSON.stringify(merged) })).json.access_token;
    assert.equal((await get('/', { token: fresh })).status, 200);
  });

  test('revoked tokens are challenged, new ones are good', async () => {
    tenant.revoke();
    const answer = await get();
    assert.equal(answer.status, 401);
    assert.match(answer.headers['www-authenticate'], /insufficient_claims/);
    assert.equal((await get('/', { token: await tenant.mintToken() })).status, 200);
  });

  test('transcript refusals are told apart', async () => {
    const [ada] = tenant.data.users;
    const path = `/users/${ada.id}/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='${ada.id}')`;
    tenant.fail({ at: 'graph', graphError: 'GraphAccessToTranscriptsDisabled' });
    const off = await get(path);
    assert.equal(off.status, 403);
    assert.equal(off.json.error.innerError.code, 'GraphAccessToTranscriptsDisabled');
    tenant.fail({ at: 'graph', graphError: 'NoApplicationAccessPolicy' });
    assert.match((await get(path)).json.error.message, /^No application access policy found for this app/);

    const { transcriptContentUrl } = (await get(path)).json.value[0];
    tenant.fail({ at: 'graph', graphError: 'SpeakerAttributionNotAllowed', times: 2 });
    assert.equal((await tenant.request(transcriptContentUrl, { token })).status, 403);
    const accept = 'application/vnd.microsoft.graph.transcript+text';
    const plain = await tenant.request(transcriptContentUrl, { token, headers: { accept } });
    assert.equal(plain.status, 200);
    assert.ok(!plain.text.includes('<v '));
  });
});
