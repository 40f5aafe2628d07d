// What an administrator hands out, and nothing else: by every way in, in every spelling, before anything is sent.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { run, startTools } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const { mcpServer } = createRequire(import.meta.url)('workiq-auth');

const ADA = '/users/ada@contoso.com';
const EVE = '/users/linus@contoso.com';

let tenant;
let ids;
before(async () => {
  tenant = await startTenant({ roles: 'all' });
  const { users, teams, chats, sites, drives, meetings } = tenant.data;
  const user = (alias) => users.find(({ mail }) => mail === `${alias}@contoso.com`).id;
  ids = { user, team: teams[0], chats, sites, drives, meetings };
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

/** Runs `use` with a server that has `boundary`. */
async function within(boundary, use, env = {}) {
  const tools = startTools({
    ...tenant.env('secret'),
    WORKIQ_BOUNDARY: JSON.stringify(boundary),
    ...env,
  });
  try {
    return await use(tools);
  } finally {
    await tools.close();
  }
}

const sent = () => tenant.graphRequests.map(({ method, path }) => `${method} ${decodeURIComponent(path)}`);
const codes = (results) => results.map(({ statusCode, error }) => error?.code ?? statusCode);

describe('a path', () => {
  test('inside works, and outside is refused with nothing sent', async () => {
    await within({ users: ['ada@contoso.com'], chats: [ids.chats[0].id] }, async (tools) => {
      const outside = [
        `${EVE}/messages`,
        '/users',
        '/chats',
        `/chats/${ids.chats[1].id}/messages`,
        `${ADA}/chats`,
        `${ADA}/people`,
        `${ADA}/manager`,
        `${ADA}?$expand=manager`,
        '/sites?search=*',
        `/drives/x/root:/../${ids.drives[0].id}`,
      ];
      for (const path of outside.slice(0, -1)) {
        const [{ statusCode, error }] = await tools.fetch(path);
        assert.deepEqual([statusCode, error.code], [403, 'outsideBoundary'], path);
        assert.match(error.message, /WORKIQ_BOUNDARY/);
      }
      assert.equal((await tools.fetch(outside.at(-1)))[0].error.code, 'invalidPath');
      assert.deepEqual([tenant.tokenRequests.length, sent().length], [0, 0]);
      const inside = await tools.fetch(
        `${ADA}/messages?$top=1`,
        `/Users('ADA@contoso.com')/Events`,
        `/chats/${ids.chats[0].id}/messages`,
      );
      assert.deepEqual(codes(inside), [200, 200, 200]);
    });
  });

  test('in a batch is refused by itself', async () => {
    await within({ users: ['ada@contoso.com'] }, async (tools) => {
      const paths = [1, 2, 3, 4, 5].map((top) => `${ADA}/messages?$top=${top}`);
      const results = await tools.fetch(...paths, `${EVE}/messages`, '/users');
      assert.deepEqual(codes(results), [200, 200, 200, 200, 200, 'outsideBoundary', 'outsideBoundary']);
    });
    assert.ok(!JSON.stringify(tenant.graphRequests).includes('linus@contoso.com/messages'));
  });

  test('of the next page is judged like any other', async () => {
    await within({ users: ['ada@contoso.com'] }, async (tools) => {
      const [first] = await tools.fetch(`${ADA}/messages?$top=1&$select=subject`);
      const next = first.data['@odata.nextLink'];
      const [more, planted] = await tools.fetch(next, next.replace('ada@contoso.com', 'linus@contoso.com'));
      assert.deepEqual(codes([more, planted]), [200, 'outsideBoundary']);
    });
  });

  test('by another name of the same user, site or drive is the same object', async () => {
    const [root, platform] = ids.sites;
    const boundary = {
      users: ['ada@contoso.com', ids.user('grace')],
      sites: [platform.id],
    };
    await within(boundary, async (tools) => {
      const results = await tools.fetch(
        `/users/${ids.user('ada')}/messages?$top=1`,
        '/users/grace@contoso.com/messages?$top=1',
        `/users/${ids.user('linus')}/messages?$top=1`,
        '/sites/contoso.sharepoint.com:/sites/platform',
        `/drives/${platform.drives[0]}/root/children`,
        `/drives/${root.drives[0]}/root/children`,
        '/sites/root',
        `/sites/${root.id}`,
      );
      const out = 'outsideBoundary';
      assert.deepEqual(codes(results), [200, 200, out, 200, 200, out, out, out]);
      const before = tenant.graphRequests.length;
      await tools.fetch(`/users/${ids.user('ada')}/messages?$top=1`);
      assert.equal(tenant.graphRequests.length, before + 1, 'a name is looked up once');
    });
  });

  test('by a name that may not be looked up is refused, and says what to list', async () => {
    const poor = await startTenant({ roles: ['Mail.Read'] });
    try {
      const tools = startTools({ ...poor.env('secret'), WORKIQ_BOUNDARY: '{"users":["ada@contoso.com"]}' });
      const [byId, byName] = await tools.fetch(
        `/users/${ids.user('ada')}/messages?$top=1`,
        `${ADA}/messages?$top=1`,
      );
      assert.match(byId.error.message, new RegExp(`list ${ids.user('ada')} as well`));
      assert.deepEqual(codes([byId, byName]), ['outsideBoundary', 200]);
      await tools.close();
    } finally {
      await poor.close();
    }
  });
});

test('limits hold: channels, mail folders, organizers, methods', async () => {
  const [general, other] = ids.team.channels;
  const meeting = (alias) => ids.meetings.find(({ organizerId }) => organizerId === ids.user(alias));
  const boundary = {
    users: [{ id: 'ada@contoso.com', methods: ['read', 'update'], mailFolders: ['inbox'] }],
    organizers: [ids.user('barbara')],
    teams: [{ id: ids.team.id, channels: [general.id] }],
  };
  const of = (alias, rest) => `/users/${ids.user(alias)}/onlineMeetings/${meeting(alias).id}${rest}`;
  await within(
    boundary,
    async (tools) => {
      const results = await tools.fetch(
        `${ADA}/mailFolders/inbox/messages?$top=1`,
        `${ADA}/messages?$top=1`,
        `/teams/${ids.team.id}/channels/${general.id}/messages`,
        `/teams/${ids.team.id}/channels/${other.id}/messages`,
        `/teams/${ids.team.id}/channels`,
        of('barbara', '/transcripts'),
        of('grace', '/transcripts'),
        `/users/${ids.user('barbara')}/messages`,
      );
      const out = 'outsideBoundary';
      assert.deepEqual(codes(results), [200, out, 200, out, out, 200, out, out]);
      const { structuredContent } = await tools.call('do_action', {
        actionUrl: `${ADA}/sendMail`,
        jsonBody: {},
      });
      assert.equal(structuredContent.error.code, out);
      assert.match(structuredContent.error.message, /only methods allowed there are: read, update/);
      assert.ok(
        tenant.graphRequests.every(({ method, path }) => method === 'GET' || path.endsWith('/$batch')),
      );
    },
    { WORKIQ_ALLOW_WRITES: 'true' },
  );
});

describe('a search', () => {
  const search = (words, more = {}) => ({
    actionUrl: '/search/query',
    jsonBody: { requests: [{ entityTypes: ['driveItem'], query: { queryString: words }, ...more }] },
  });
  const names = ({ structuredContent }) =>
    structuredContent.data.value[0].hitsContainers[0].hits.map(({ resource }) => resource.name);

  test('finds what is inside only', async () => {
    const [root, platform] = ids.sites;
    const everywhere = await within({ sites: [root.id, platform.id] }, (tools) =>
      tools.call('do_action', search('*')),
    );
    assert.ok(names(everywhere).includes('Welcome.txt') && names(everywhere).length > 3);
    await within({ sites: [root.id] }, async (tools) => {
      assert.deepEqual(names(await tools.call('do_action', search('*'))), ['Welcome.txt']);
      assert.deepEqual(names(await tools.call('do_action', search('outbox'))), []);
    });
    assert.match(JSON.stringify(tenant.graphRequests.at(-1).body), /SiteId:/);
  });

  test('that could break out is refused, and so is one without a site', async () => {
    await within({ sites: [ids.sites[0].id] }, async (tools) => {
      for (const args of [search('a) OR (b'), search('a', { aggregations: [] })]) {
        const { structuredContent } = await tools.call('do_action', args);
        assert.equal(structuredContent.error.code, 'outsideBoundary');
      }
    });
    await within({ users: ['ada@contoso.com'] }, async (tools) => {
      const { structuredContent } = await tools.call('do_action', search('*'));
      assert.equal(structuredContent.error.code, 'outsideBoundary');
    });
    assert.equal(tenant.graphRequests.length, 0);
  });
});

describe('the command', () => {
  const BOUNDARY = '{"users": ["ada@contoso.com"]}';

  test('reads inside, and ends with 3 outside', async () => {
    const env = { ...tenant.env('secret'), WORKIQ_BOUNDARY: BOUNDARY };
    assert.equal((await run(['fetch', '-u', `${ADA}/messages?$top=1`], env)).code, 0);
    tenant.reset();
    const file = join(tenant.dir, 'photo');
    for (const args of [
      ['fetch', '-u', `${EVE}/messages`],
      ['call-function', '-u', `${EVE}/messages/delta`],
      ['fetch-blob', '-p', `${EVE}/photo/$value`, '-o', file],
      ['--allow-writes', 'true', 'create', '-u', `${EVE}/messages`, '-b', '{}'],
      ['--allow-writes', 'true', 'update', '-u', `${EVE}/messages/m`, '-b', '{}'],
      ['--allow-writes', 'true', 'delete', '-u', `${EVE}/messages/m`],
      ['--allow-writes', 'true', 'do-action', '-u', `${EVE}/sendMail`, '-b', '{}'],
    ]) {
      const { code, out, err } = await run(args, env);
      assert.deepEqual([code, /outside the boundary/.test(out + err)], [3, true], `${args}: ${out}${err}`);
    }
    assert.equal(tenant.graphRequests.length, 0);
  });

  test('checks a path and explains the boundary without signing in', async () => {
    const check = (path, ...more) => run(['boundary', 'check', path, '--boundary', BOUNDARY, ...more]);
    const inside = await check(`${ADA}/messages`);
    assert.deepEqual([inside.code, inside.out], [0, 'inside\n']);
    const outside = await check(`${EVE}/messages`);
    assert.equal(outside.code, 3);
    assert.match(outside.err, /outside: the user linus@contoso\.com is not listed/);
    assert.equal((await check(`${ADA}/messages`, '--method', 'burn')).code, 2);
    assert.equal((await check('/me/messages', '--user', 'ada@contoso.com')).code, 0);
    const limited = '{"users": [{"id": "ada@contoso.com", "methods": ["read"], "mailFolders": ["inbox"]}]}';
    const explained = await run(['boundary', 'explain', '--boundary', limited]);
    assert.match(explained.out, /- user ada@contoso\.com, only the mail folders inbox, only to read\n/);
    const refused = await run(['boundary', 'check', ADA, '--method', 'delete', '--boundary', limited]);
    assert.equal(refused.code, 3);
    assert.match((await run(['boundary', 'explain'])).out, /no boundary/);
  });

  test('asks Graph where only Graph knows', async () => {
    const env = { ...tenant.env('secret'), WORKIQ_BOUNDARY: BOUNDARY };
    assert.equal((await run(['boundary', 'check', `/users/${ids.user('ada')}/messages`], env)).code, 0);
    assert.equal((await run(['boundary', 'check', `/users/${ids.user('linus')}/messages`], env)).code, 3);
    const unsigned = await run(['boundary', 'check', `/users/${ids.user('ada')}`, '--boundary', BOUNDARY]);
    assert.notEqual(unsigned.code, 0);
  });
});

describe('settings', () => {
  test('that are wrong keep the server from reading anything, and name the place', async () => {
    const file = join(tenant.dir, 'empty.json');
    writeFileSync(file, '');
    for (const [value, place] of [
      ['{"user": ["ada@contoso.com"]}', '/user '],
      ['{"users": []}', '/users is empty'],
      ['{}', 'names nothing'],
      [file, 'is empty'],
      [join(tenant.dir, 'none.json'), 'cannot be read'],
    ]) {
      const env = { ...tenant.env('secret'), WORKIQ_BOUNDARY: value };
      const { code, err } = await run(['fetch', '-u', ADA], env);
      assert.equal(code, 2);
      assert.ok(err.includes('WORKIQ_BOUNDARY: ') && err.includes(place), err);
    }
    assert.equal(tenant.requests.length, 0);
  });

  test('come from a file as well, and travel in a configuration', async () => {
    const file = join(tenant.dir, 'boundary.json');
    writeFileSync(file, JSON.stringify({ $schema: './boundary.schema.json', users: ['ada@contoso.com'] }));
    assert.equal((await run(['boundary', 'check', ADA, '--boundary', file])).code, 0);
    const { env } = mcpServer({ boundary: { users: ['ada@contoso.com'] } });
    assert.equal(env.WORKIQ_BOUNDARY, '{"users":["ada@contoso.com"]}');
    assert.equal(mcpServer({ boundary: file }).env.WORKIQ_BOUNDARY, file);
  });

  test('match the published schema in what its patterns take', async () => {
    const schema = JSON.parse(readFileSync(new URL('../docs/boundary.schema.json', import.meta.url)));
    const samples = {
      users: [
        'ada@contoso.com',
        ids.user('ada'),
        "o'neil_x#EXT#@contoso.onmicrosoft.com",
        'ada',
        '*',
        'a/b@c.d',
      ],
      teams: [ids.team.id, 'Platform', ''],
      chats: [ids.chats[0].id, '19:a/b', 'chat'],
      sites: [ids.sites[0].id, 'contoso.sharepoint.com', '/sites/platform'],
      drives: [ids.drives[0].id, 'b!a/b', ''],
    };
    for (const [list, values] of Object.entries(samples)) {
      const name = schema.properties[list].items.anyOf[0].$ref.split('/').at(-1);
      const pattern = new RegExp(schema.$defs[name].pattern, 'u');
      for (const value of values) {
        const { code } = await run([
          'boundary',
          'explain',
          '--boundary',
          JSON.stringify({ [list]: [value] }),
        ]);
        assert.equal(code === 0, pattern.test(value), `${list}: ${value}`);
      }
    }
  });
});
