/**
 * What a tenant can be told at its start, and its end.
 */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { startTenant } from '../index.mjs';
import { ask, asserted, assertion, refused } from './helpers.mjs';

describe('options', () => {
  const using = async (options, run) => {
    const tenant = await startTenant(options);
    try {
      await run(tenant);
    } finally {
      await tenant.close();
    }
  };

  test('lifetime, refresh_in, roles, line breaks', () =>
    using(
      { tokenLifetime: 86_400, refreshIn: 43_200, roles: ['Mail.Read'], crlfErrors: true },
      async (tenant) => {
        const { json } = await ask(tenant);
        assert.deepEqual([json.expires_in, json.refresh_in], [86_400, 43_200]);
        assert.deepEqual(decodeJwt(json.access_token).roles, ['Mail.Read']);
        assert.match((await ask(tenant, { client_secret: 'x' })).json.error_description, /\r\nTrace ID: /);
      },
    ));

  test('a clock that is ahead or behind shows in Date and refuses assertions', async () => {
    for (const serverClockOffset of [900, -900]) {
      await using({ serverClockOffset }, async (tenant) => {
        const answer = await ask(tenant, asserted(await assertion(tenant)));
        refused(answer, 700024, 'invalid_client', 401);
        const skew = Date.parse(answer.headers.date) - Date.now() - serverClockOffset * 1000;
        assert.ok(Math.abs(skew) < 60_000);
      });
    }
  });

  test('secretOnly and certificateOnly', async () => {
    await using({ secretOnly: true }, async (tenant) => {
      refused(await ask(tenant, asserted(await assertion(tenant))), 700027, 'invalid_client', 401);
    });
    await using({ certificateOnly: true }, async (tenant) => {
      refused(await ask(tenant), 7000215, 'invalid_client', 401);
    });
  });

  test('close removes the directory and ends requests that hang', async () => {
    const tenant = await startTenant();
    assert.ok(existsSync(tenant.caPath));
    if (process.platform !== 'win32') assert.equal(statSync(tenant.dir).mode & 0o777, 0o700);
    const rule = tenant.fail({ at: 'token', hang: true });
    const pending = assert.rejects(ask(tenant));
    await new Promise((resolve) => {
      const look = () => (rule.hits ? resolve() : setImmediate(look));
      look();
    });
    await tenant.close();
    await pending;
    assert.ok(!existsSync(tenant.dir));
  });
});
