// What may be written: nothing, unless an administrator says so, and then by what a request does.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { run, startTools } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const ADA = '/users/ada@contoso.com';
const SEND = { message: { subject: 'x', toRecipients: [{ emailAddress: { address: 'eve@evil.example' } }] } };

let tenant;
before(async () => {
  tenant = await startTenant({ roles: 'all' });
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

/** Runs `use` with a server that allows `writes`. */
async function allowing(writes, use) {
  const env = writes === undefined ? {} : { WORKIQ_ALLOW_WRITES: writes };
  const tools = startTools({ ...tenant.env('secret'), ...env });
  try {
    return await use(tools);
  } finally {
    await tools.close();
  }
}

const written = () =>
  tenant.graphRequests.filter(({ method, path }) => method !== 'GET' && !path.endsWith('/$batch'));

describe('unless told', () => {
  test('tools that write are not listed, and those that are say that they read', async () => {
    const listed = await allowing(undefined, (tools) => tools.list());
    assert.ok(listed.every(({ annotations }) => annotations.readOnlyHint === true));
    const names = listed.map(({ name }) => name);
    for (const name of ['create_entity', 'update_entity', 'delete_entity']) assert.ok(!names.includes(name));
    assert.ok(names.includes('do_action'));
  });

  test('a call says how to allow it, and nothing is sent', async () => {
    await allowing(undefined, async (tools) => {
      for (const [name, args, variable] of [
        ['create_entity', { parentUrl: `${ADA}/messages`, jsonBody: {} }, 'create'],
        ['update_entity', { entityUrl: `${ADA}/messages/m`, jsonBody: {} }, 'update'],
        ['delete_entity', { entityUrl: `${ADA}/messages/m` }, 'delete'],
        ['do_action', { actionUrl: `${ADA}/sendMail`, jsonBody: SEND }, 'action'],
        ['do_action', { actionUrl: `${ADA}/messages`, jsonBody: {} }, 'create'],
      ]) {
        const { isError, structuredContent } = await tools.call(name, args);
        assert.equal(isError, true);
        assert.equal(structuredContent.error.code, 'writesNotAllowed');
        assert.match(structuredContent.error.message, new RegExp(`WORKIQ_ALLOW_WRITES=${variable} `), name);
      }
    });
    assert.equal(written().length, 0);
    assert.equal(tenant.tokenRequests.length, 0);
  });

  test('the few actions that only read are there', async () => {
    await allowing(undefined, async (tools) => {
      const jsonBody = {
        schedules: ['ada@contoso.com'],
        startTime: { dateTime: '2026-03-01T09:00:00', timeZone: 'UTC' },
        endTime: { dateTime: '2026-03-01T18:00:00', timeZone: 'UTC' },
      };
      const { structuredContent } = await tools.call('do_action', {
        actionUrl: `${ADA}/calendar/getSchedule`,
        jsonBody,
      });
      assert.equal(structuredContent.statusCode, 200);
    });
  });

  test('a batch of the caller is refused in every spelling', async () => {
    await allowing('true', async (tools) => {
      for (const actionUrl of [
        '/$batch',
        '/%24batch',
        '/%2524batch',
        '/$BATCH',
        '/$batch/',
        '/$batch?x=1',
        '/users/../$batch',
      ]) {
        const { structuredContent } = await tools.call('do_action', {
          actionUrl,
          jsonBody: { requests: [] },
        });
        assert.equal(structuredContent.error.code, 'invalidPath', actionUrl);
      }
    });
    assert.equal(tenant.graphRequests.length, 0);
  });
});

describe('a class that is allowed', () => {
  test('lists its tool, with what it may do', async () => {
    const listed = await allowing('create,delete', (tools) => tools.list());
    const hints = Object.fromEntries(listed.map(({ name, annotations }) => [name, annotations]));
    assert.equal(hints.create_entity.readOnlyHint, false);
    assert.equal(hints.create_entity.destructiveHint, false);
    assert.equal(hints.delete_entity.destructiveHint, true);
    assert.equal(hints.delete_entity.idempotentHint, true);
    assert.equal(hints.update_entity, undefined);
    assert.equal(hints.do_action.readOnlyHint, false);
    const only = await allowing('update', (tools) => tools.list());
    assert.equal(only.find(({ name }) => name === 'do_action').annotations.readOnlyHint, true);
  });

  test('all of it needs no metadata to be told apart', async () => {
    const tools = startTools({
      ...tenant.env('secret'),
      WORKIQ_ALLOW_WRITES: 'true',
      XDG_CACHE_HOME: join(tenant.dir, 'none-kept'),
    });
    await tools.call('create_entity', { parentUrl: `${ADA}/messages`, jsonBody: { subject: 'x' } });
    await tools.close();
    assert.equal(written().length, 1);
    assert.ok(tenant.requests.every(({ path }) => !path.includes('$metadata')));
  });

  test('create does not send mail, whichever tool is asked', async () => {
    await allowing('create', async (tools) => {
      for (const [name, args] of [
        ['create_entity', { parentUrl: `${ADA}/sendMail`, jsonBody: SEND }],
        ['create_entity', { parentUrl: `${ADA}/microsoft.graph.sendMail`, jsonBody: SEND }],
        ['create_entity', { parentUrl: `${ADA}/SendMail()`, jsonBody: SEND }],
        ['do_action', { actionUrl: `${ADA}/sendMail`, jsonBody: SEND }],
        ['create_entity', { parentUrl: `${ADA}/somethingUnknown`, jsonBody: {} }],
        // What grants something, or acts from then on.
        ['create_entity', { parentUrl: '/sites/root/permissions', jsonBody: {} }],
        ['create_entity', { parentUrl: `${ADA}/mailFolders/inbox/messageRules`, jsonBody: {} }],
      ]) {
        const { structuredContent } = await tools.call(name, args);
        assert.match(structuredContent.error.message, /WORKIQ_ALLOW_WRITES=action/, JSON.stringify(args));
      }
    });
    assert.equal(tenant.data.sent.length, 0);
    assert.equal(written().length, 0);
  });

  test('a draft is created, changed, sent and deleted', async () => {
    await allowing('true', async (tools) => {
      const created = await tools.call('create_entity', {
        parentUrl: `${ADA}/messages`,
        jsonBody: '{"subject":"Draft"}',
      });
      assert.equal(created.structuredContent.statusCode, 201);
      const { id, '@odata.etag': etag } = created.structuredContent.data;
      const entityUrl = `${ADA}/messages/${encodeURIComponent(id)}`;
      const headers = { 'If-Match': etag };
      const updated = await tools.call('update_entity', {
        entityUrl,
        jsonBody: { subject: 'Better' },
        headers,
      });
      assert.equal(updated.structuredContent.data.subject, 'Better');
      const stale = await tools.call('update_entity', { entityUrl, jsonBody: { subject: 'Worse' }, headers });
      assert.equal(stale.structuredContent.statusCode, 412);
      const sent = await tools.call('do_action', { actionUrl: `${ADA}/sendMail`, jsonBody: SEND });
      assert.deepEqual(sent.structuredContent, { statusCode: 202 });
      assert.equal(tenant.data.sent.length, 1);
      const deleted = await tools.call('delete_entity', { entityUrl });
      assert.deepEqual(deleted.structuredContent, { statusCode: 204 });
    });
  });

  test('other headers than a few are refused', async () => {
    await allowing('update', async (tools) => {
      const headers = { Authorization: 'Bearer x' };
      const result = await tools.call('update_entity', {
        entityUrl: `${ADA}/messages/m`,
        jsonBody: {},
        headers,
      });
      assert.match(result.content[0].text, /"Authorization" cannot be set/);
    });
    assert.equal(written().length, 0);
  });
});

describe('a write is sent again only where that is safe', () => {
  const create = (tools) =>
    tools.call('create_entity', { parentUrl: `${ADA}/messages`, jsonBody: { subject: 'Once' } });
  const drafts = () => tenant.data.messages.filter(({ subject }) => subject === 'Once').length;

  test('after 429, which did nothing', async () => {
    tenant.fail({ at: 'graph', match: '/messages', throttle: 0 });
    const before = drafts();
    const { structuredContent } = await allowing('create', create);
    assert.equal(structuredContent.statusCode, 201);
    assert.equal(drafts(), before + 1);
    assert.equal(written().length, 2);
  });

  test('not after 503, which is the answer', async () => {
    tenant.fail({ at: 'graph', match: '/messages', unavailable: true, retryAfter: 3 });
    const { structuredContent } = await allowing('create', create);
    assert.deepEqual([structuredContent.statusCode, structuredContent.retryAfterSeconds], [503, 3]);
    assert.equal(written().length, 1);
  });

  test('not after a connection that broke: the outcome is unknown, and it is said', async () => {
    tenant.fail({ at: 'graph', match: '/messages', reset: true });
    const { structuredContent } = await allowing('create', create);
    assert.equal(structuredContent.error.code, 'outcomeUnknown');
    assert.match(structuredContent.error.message, /Read it back before writing again/);
    assert.equal(written().length, 1);
  });
});

test('a value that is no class is an error of settings', async () => {
  const { code, err } = await run(['fetch', '-u', '/users'], {
    ...tenant.env('secret'),
    WORKIQ_ALLOW_WRITES: 'everything',
  });
  assert.equal(code, 2);
  assert.match(
    err,
    /WORKIQ_ALLOW_WRITES: "everything" names what is no class of writes; expected true, or a list/,
  );
});
