// Graph's metadata: asked for once, without a token, and kept for the next process.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { run } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

let tenant;
before(async () => {
  tenant = await startTenant({ roles: 'read' });
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

/** The environment with an empty cache of its own. */
const fresh = () => ({ ...tenant.env('secret'), WORKIQ_CACHE_DIR: mkdtempSync(join(tenant.dir, 'cache-')) });

const asked = () => tenant.graphRequests.filter(({ path }) => path.endsWith('/$metadata'));

const schema = (env) => run(['get-schema', '-p', '/users/{id}/messages', '--format', 'typescript'], env);

test('is public: no token is asked for, and none is sent', async () => {
  const { code, out } = await schema(fresh());
  assert.equal(code, 0);
  assert.match(out, /export interface Message/);
  assert.equal(tenant.tokenRequests.length, 0);
  assert.equal(asked().length, 1);
  assert.equal(asked()[0].headers.authorization, undefined);
});

test('is kept for the next process, for its user alone', async () => {
  const env = fresh();
  const first = await schema(env);
  const second = await schema(env);
  assert.equal(asked().length, 1);
  assert.equal(second.out, first.out);
  const [file] = readdirSync(env.WORKIQ_CACHE_DIR);
  if (process.platform !== 'win32') {
    assert.equal(statSync(join(env.WORKIQ_CACHE_DIR, file)).mode & 0o777, 0o600);
  }
});

test('a copy that is damaged is replaced', async () => {
  const env = fresh();
  const first = await schema(env);
  const [file] = readdirSync(env.WORKIQ_CACHE_DIR);
  writeFileSync(join(env.WORKIQ_CACHE_DIR, file), 'not what it was');
  assert.equal((await schema(env)).out, first.out);
  assert.equal(asked().length, 2);
});

test('needs no disk', async () => {
  const file = join(tenant.dir, 'a-file');
  writeFileSync(file, '');
  const { code } = await schema({ ...fresh(), WORKIQ_CACHE_DIR: join(file, 'cache') });
  assert.equal(code, 0);
});

test('where it cannot be had, fetch goes on, and what needs it says so', async () => {
  tenant.fail({ at: 'graph', match: '$metadata', status: 404, times: Infinity });
  const env = fresh();
  const { code, err } = await schema(env);
  assert.equal(code, 1);
  assert.match(err, /metadata[\s\S]*HTTP 404[\s\S]*fetch works without it/);
  assert.equal((await run(['fetch', '-u', '/users'], env)).code, 0);
  const write = await run(
    ['create', '-u', '/users/ada@contoso.com/messages', '-b', '{}', '--allow-writes', 'create'],
    env,
  );
  assert.equal(write.code, 3);
  assert.match(write.out, /WORKIQ_ALLOW_WRITES=action/);
});
