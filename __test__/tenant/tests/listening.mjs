/**
 * Where and how the tenant listens.
 */
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import { startTenant } from '../index.mjs';
import { ask } from './helpers.mjs';

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some(({ address }) => address === '::1');

describe('listening', () => {
  test('on ::1', { skip: !hasIpv6 && 'this machine has no IPv6' }, async () => {
    const tenant = await startTenant({ ipv6: true });
    try {
      assert.match(tenant.authority, /^https:\/\/\[::1\]:\d+$/);
      const { status, json } = await ask(tenant);
      assert.equal(status, 200);
      const headers = { authorization: `Bearer ${json.access_token}` };
      assert.equal((await tenant.request(`${tenant.graph}/v1.0/`, { headers })).status, 200);
    } finally {
      await tenant.close();
    }
  });

  for (const tls of ['TLSv1.2', 'TLSv1.3']) {
    test(`with ${tls} and no other`, async () => {
      const tenant = await startTenant({ tls });
      try {
        assert.equal((await ask(tenant)).status, 200);
        assert.deepEqual(
          tenant.tokenRequests.map((entry) => entry.tls),
          [tls],
        );
        const other = tls === 'TLSv1.2' ? 'TLSv1.3' : 'TLSv1.2';
        const versions = { minVersion: other, maxVersion: other };
        await assert.rejects(tenant.request(tenant.authority, versions), /protocol/);
      } finally {
        await tenant.close();
      }
    });
  }
});
