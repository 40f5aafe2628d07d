// A clock that is wrong: said wherever it is, and put right only where the server's word can be trusted.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { credentialIn, listenForWarnings } from './engine-support.mjs';
import { startTenant } from './tenant/index.mjs';

const HOUR = 3600;
const OFFICIAL = ['login.microsoftonline.com', 'graph.microsoft.com'];
const warnings = listenForWarnings();

let tenant;
let proxy;
before(async () => {
  tenant = await startTenant({ hosts: OFFICIAL });
  proxy = await tenant.startProxy();
});
beforeEach(() => {
  tenant.reset();
  warnings.clear();
});
afterEach(() => tenant.setClockOffset(0));
after(() => tenant.close());

const custom = () => tenant.env('certificate');
const official = () => ({
  ...tenant.env('certificate'),
  WORKIQ_AUTHORITY_HOST: undefined,
  WORKIQ_GRAPH_ENDPOINT: undefined,
  HTTPS_PROXY: proxy.url,
});
const GRAPH = 'https://graph.microsoft.com/.default';

/** By how many seconds each assertion was signed ahead of this machine's clock. */
const signedAhead = () =>
  tenant.tokenRequests.map(
    ({ form }) => decodeJwt(form.client_assertion).nbf - Math.floor(Date.now() / 1000),
  );

function assertNear(seconds, expected) {
  assert.ok(Math.abs(seconds - expected) < 60, `signed ${seconds} s ahead, not ${expected} s`);
}

describe('an authority of your own', () => {
  for (const [offset, words] of [
    [HOUR, /clock is (1 h|60 min|59 min) behind the server's/],
    [-HOUR, /clock is (1 h|60 min|59 min) ahead of the server's/],
    [12 * 60, /clock is 1[12] min behind the server's/],
  ]) {
    test(`${offset} s ahead: the hint has the difference, and nothing is tried again`, async () => {
      tenant.setClockOffset(offset);
      const outcome = credentialIn(custom()).getToken(`${tenant.graph}/.default`);
      await assert.rejects(outcome, (error) => {
        assert.deepEqual([error.code, error.aadsts], ['invalid_client', 700024]);
        assert.match(error.hint, words);
        return true;
      });
      assert.equal(tenant.tokenRequests.length, 1);
      assertNear(signedAhead()[0], 0);
    });
  }
});

describe("Microsoft's own", () => {
  for (const offset of [HOUR, -HOUR, 12 * 60, -23 * HOUR]) {
    test(`${offset} s ahead: one correction, which is kept and told once`, async () => {
      tenant.setClockOffset(offset);
      const credential = credentialIn(official());
      await credential.getToken(GRAPH);
      const [wrong, right, ...more] = signedAhead();
      assertNear(wrong, 0);
      assertNear(right, offset);
      assert.deepEqual(more, []);
      // What was learned serves the next request from its first try on.
      await credential.getToken(GRAPH, { claims: '{"access_token":{"nbf":{"value":"1"}}}' });
      assert.equal(tenant.tokenRequests.length, 3);
      assertNear(signedAhead()[2], offset);
      assert.deepEqual(tenant.replayedJtis, []);
      const [warning, ...others] = await warnings.heard();
      assert.match(warning, /clock is \d+ s off the clock of https:\/\/login\.microsoftonline\.com/);
      assert.deepEqual(others, []);
    });
  }

  test('a difference that goes away, as when the machine sets its clock, is followed back', async () => {
    tenant.setClockOffset(HOUR);
    const credential = credentialIn(official());
    await credential.getToken(GRAPH);
    tenant.setClockOffset(0);
    await credential.getToken(GRAPH, { claims: '{"access_token":{"nbf":{"value":"1"}}}' });
    const ahead = signedAhead();
    assert.equal(ahead.length, 4);
    assertNear(ahead[2], HOUR);
    assertNear(ahead[3], 0);
    const [corrected, agrees, ...others] = await warnings.heard();
    assert.match(corrected, /clock is \d+ s off/);
    assert.match(agrees, /clock agrees with that of https:\/\/login\.microsoftonline\.com again/);
    assert.deepEqual(others, []);
  });

  test('25 h ahead: not believed, refused', async () => {
    tenant.setClockOffset(25 * HOUR);
    await assert.rejects(credentialIn(official()).getToken(GRAPH), (error) => {
      assert.equal(error.aadsts, 700024);
      assert.match(error.hint, /clock is 2[45] h behind the server's/);
      return true;
    });
    assert.equal(tenant.tokenRequests.length, 1);
    assertNear(signedAhead()[0], 0);
    assert.deepEqual(await warnings.heard(), []);
  });

  test('a secret has no clock', async () => {
    tenant.setClockOffset(25 * HOUR);
    const secret = { WORKIQ_CLIENT_CERTIFICATE_PATH: undefined, WORKIQ_CLIENT_SECRET: tenant.clientSecret };
    await credentialIn({ ...official(), ...secret }).getToken(GRAPH);
    assert.equal(tenant.tokenRequests.length, 1);
  });
});
