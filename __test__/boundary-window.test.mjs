// A time window of the boundary: what lies outside it is handed out by no way, and what lies in it by every one.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { run, startTools } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const ADA = '/users/ada@contoso.com';
const OUT = 'outsideBoundary';
/** The days of the window, and whether a time lies in them. */
const [FROM, TO] = ['2026-11-10', '2026-11-18'];
const isInside = (time) => time >= FROM && time < '2026-11-19';

let tenant;
let data;
let idOf;
before(async () => {
  tenant = await startTenant({ roles: 'all' });
  data = tenant.data;
  idOf = (alias) => data.users.find(({ mail }) => mail === `${alias}@contoso.com`).id;
});
beforeEach(() => tenant.reset());
after(() => tenant.close());

/** Runs `use` with a server that has `boundary`. */
async function within(boundary, use) {
  const tools = startTools({ ...tenant.env('secret'), WORKIQ_BOUNDARY: JSON.stringify(boundary) });
  try {
    return await use(tools);
  } finally {
    await tools.close();
  }
}

const windowed = (id) => ({ id, from: FROM, to: TO });
const codes = (results) => results.map(({ statusCode, error }) => error?.code ?? statusCode);
const sent = () => tenant.graphRequests.map(({ method, path }) => `${method} ${decodeURIComponent(path)}`);
const mail = () => data.messages.filter(({ owner }) => owner === idOf('ada'));
const inside = (items, time) => items.filter((item) => isInside(time(item))).map(({ id }) => id);

/** The ids on all pages of a collection, in the order of their names. */
async function all(tools, path) {
  const ids = [];
  for (let next = path; next; ) {
    const [{ data: page, error }] = await tools.fetch(next);
    assert.equal(error, undefined, `${next}: ${error?.message}`);
    ids.push(...page.value.map(({ id }) => id));
    next = page['@odata.nextLink'];
  }
  return ids.sort();
}

describe('a collection', () => {
  test('of mail, events, messages, meetings and transcripts holds what lies in the window', async () => {
    const [chat] = data.chats;
    const [team] = data.teams;
    const [channel] = team.channels;
    const boundary = {
      users: [windowed('ada@contoso.com')],
      organizers: [windowed(idOf('grace'))],
      teams: [windowed(team.id)],
      chats: [windowed(chat.id)],
    };
    await within(boundary, async (tools) => {
      const received = inside(mail(), (item) => item.receivedDateTime);
      assert.equal(received.length, 3);
      for (const query of [
        '',
        '?$top=1&$select=subject',
        "?$filter=importance eq 'normal'&$top=7&$select=id",
      ]) {
        assert.deepEqual(await all(tools, `${ADA}/messages${query}`), [...received].sort(), query);
      }
      assert.deepEqual(await all(tools, `${ADA}/mailFolders/inbox/messages`), [...received].sort());
      const own = data.events.filter(({ owner }) => owner === idOf('ada'));
      const starting = inside(own, (event) => event.start.dateTime).sort();
      assert.equal(starting.length, 3);
      assert.deepEqual(await all(tools, `${ADA}/events?$select=subject`), starting);
      const view = 'startDateTime=2026-01-01T00:00:00Z&endDateTime=2026-12-31T00:00:00Z';
      assert.deepEqual(await all(tools, `${ADA}/calendarView?${view}`), starting);
      const posted = inside(chat.messages, (message) => message.createdDateTime);
      assert.deepEqual(await all(tools, `/chats/${chat.id}/messages`), posted);
      const inChannel = inside(channel.messages, (message) => message.createdDateTime);
      assert.deepEqual(await all(tools, `/teams/${team.id}/channels/${channel.id}/messages`), inChannel);
      const transcripts = (organizer) =>
        inside(
          data.meetings
            .filter(({ organizerId }) => organizerId === organizer)
            .flatMap((one) => one.transcripts),
          (transcript) => transcript.createdDateTime,
        );
      for (const organizer of [idOf('ada'), idOf('grace')]) {
        const path = `/users/${organizer}/onlineMeetings/getAllTranscripts(meetingOrganizerUserId='${organizer}')`;
        assert.deepEqual(await all(tools, path), transcripts(organizer));
      }
    });
  });

  test('is asked for by its window, and tells how many items were left out', async () => {
    const [chat] = data.chats;
    await within({ users: [windowed('ada@contoso.com')], chats: [windowed(chat.id)] }, async (tools) => {
      const [messages] = await tools.fetch(`${ADA}/messages`);
      assert.equal(messages.note, undefined);
      assert.match(
        sent().at(-1),
        /\$filter=receivedDateTime ge 2026-11-10T00:00:00\.000Z and receivedDateTime lt/,
      );
      const [posts] = await tools.fetch(`/chats/${chat.id}/messages`);
      assert.match(
        posts.note,
        /^4 items are left out, .*from 2026-11-10T00:00:00Z, before 2026-11-19T00:00:00Z/,
      );
      const [found, nothing] = await tools.fetch(
        `${ADA}/messages?$search="GraphQL"`,
        `${ADA}/messages?$search="no such word"`,
      );
      assert.deepEqual([found.data.value, nothing.data.value], [[], []]);
      assert.equal(found.note, nothing.note, 'whether something outside was found is not told');
    });
  });

  test('of the last days ends now', async () => {
    const sample = mail()[0];
    const added = [1, 47, 49].map((hours) => ({
      ...sample,
      id: `${sample.id}${hours}`,
      receivedDateTime: new Date(Date.now() - hours * 3_600_000).toISOString(),
    }));
    data.messages.push(...added);
    try {
      await within({ users: [{ id: 'ada@contoso.com', days: 2 }] }, async (tools) => {
        const ids = await all(tools, `${ADA}/messages`);
        const are = (item) => ids.includes(item.id);
        assert.deepEqual(added.map(are), [true, true, false]);
      });
    } finally {
      data.messages.splice(-added.length);
    }
  });
});

describe('one thing', () => {
  test('is handed out in the window only, alone and in a batch', async () => {
    const messages = mail();
    const [good, bad] = [true, false].map((wanted) =>
      messages.find((item) => isInside(item.receivedDateTime) === wanted),
    );
    const [chat] = data.chats;
    await within({ users: [windowed('ada@contoso.com')], chats: [windowed(chat.id)] }, async (tools) => {
      const paths = [
        `${ADA}/messages/${good.id}?$select=subject`,
        `${ADA}/messages/${bad.id}?$select=subject`,
        `/chats/${chat.id}/messages/${chat.messages[0].id}`,
        `${ADA}/messages?$top=2`,
        ADA,
        `${ADA}/mailFolders`,
      ];
      const expected = [200, OUT, OUT, 200, 200, 200];
      assert.deepEqual(codes(await tools.fetch(...paths)), expected);
      assert.ok(sent().some((line) => line.endsWith('/$batch')));
      const alone = [];
      for (const path of paths) alone.push(...(await tools.fetch(path)));
      assert.deepEqual(codes(alone), expected);
      assert.match(
        alone[1].error.message,
        /receivedDateTime is not in the time window.*Read the collection/s,
      );
      assert.doesNotMatch(JSON.stringify(alone[1]), new RegExp(bad.subject));
    });
  });

  test('decides about its content, and is asked about once', async () => {
    const meetings = data.meetings.filter(({ organizerId }) => organizerId === idOf('ada'));
    const content = ({ organizerId, id, transcripts }) =>
      `/users/${organizerId}/onlineMeetings/${id}/transcripts/${transcripts[0].id}/content`;
    await within({ organizers: [windowed(idOf('ada'))] }, async (tools) => {
      const results = await tools.fetch(...meetings.map(content), ...meetings.map(content));
      const expected = meetings.map(({ transcripts }) =>
        isInside(transcripts[0].createdDateTime) ? 200 : OUT,
      );
      assert.deepEqual(expected, [OUT, 200]);
      assert.deepEqual(codes(results), [...expected, ...expected]);
      assert.equal(sent().filter((line) => line.includes('/transcripts/')).length, 4);
      assert.match(
        results[0].error.message,
        /createdDateTime of what it belongs to is not in the time window/,
      );
    });
  });

  test('decides about its attachments, as bytes too', async () => {
    const attached = mail().filter(({ attachments }) => attachments.length > 0);
    // The second window leaves out the second of the two.
    const boundary = { users: [{ id: 'ada@contoso.com', to: '2026-11-14' }] };
    const env = { ...tenant.env('secret'), WORKIQ_BOUNDARY: JSON.stringify(boundary) };
    const file = join(tenant.dir, 'attachment');
    for (const message of attached) {
      const path = `${ADA}/messages/${message.id}/attachments/${message.attachments[0].id}/$value`;
      const { code, out, err } = await run(['fetch-blob', '-p', path, '-o', file], env);
      assert.equal(code, message.receivedDateTime < '2026-11-15' ? 0 : 3, `${out}${err}`);
    }
    assert.equal(attached.length, 2);
    // An id that is called like content makes no content.
    assert.equal((await run(['fetch-blob', '-p', `${ADA}/messages/content`, '-o', file], env)).code, 3);
  });
});

test('what is written, counted, expanded or kept in files is refused before anything is sent', async () => {
  const boundary = JSON.stringify({ users: [windowed('ada@contoso.com')] });
  await within({ users: [windowed('ada@contoso.com')] }, async (tools) => {
    const results = await tools.fetch(
      `${ADA}/messages/$count`,
      `${ADA}/messages?$count=true`,
      `${ADA}/mailFolders?$expand=messages`,
      `${ADA}/drive/root/children`,
    );
    assert.deepEqual(codes(results), [OUT, OUT, OUT, OUT]);
    const { structuredContent } = await tools.call('do_action', {
      actionUrl: `${ADA}/calendar/getSchedule`,
      jsonBody: { schedules: ['ada@contoso.com'] },
    });
    assert.equal(structuredContent.error.code, OUT);
  });
  const env = { ...tenant.env('secret'), WORKIQ_BOUNDARY: boundary };
  const write = await run(['--allow-writes', 'true', 'create', '-u', `${ADA}/contacts`, '-b', '{}'], env);
  assert.equal(write.code, 3);
  assert.equal(tenant.graphRequests.length, 0);
});

describe('the command', () => {
  const boundary = (entry) => ['--boundary', JSON.stringify(entry)];

  test('tells windows in words', async () => {
    const limited = boundary({ users: [{ id: 'ada@contoso.com', from: FROM, days: 30 }] });
    const explained = await run(['boundary', 'explain', ...limited]);
    assert.match(
      explained.out,
      /- user ada@contoso\.com, only what is from 2026-11-10T00:00:00Z, of the last 30 days, only to read\n/,
    );
    const check = async (path, ...more) => {
      const { code, out, err } = await run(['boundary', 'check', path, ...limited, ...more]);
      return [code, out + err];
    };
    const words = 'of it only what is from 2026-11-10T00:00:00Z, of the last 30 days';
    assert.deepEqual(await check(`${ADA}/messages`), [0, `inside, and ${words}\n`]);
    assert.deepEqual(await check(`${ADA}/contacts`), [0, 'inside\n']);
    const [code, said] = await check(`${ADA}/contacts`, '--method', 'create');
    assert.equal(code, 3);
    assert.match(said, /only read, with GET/);
  });

  test('refuses a window that is wrong, or where there is none', async () => {
    const site = data.sites[0].id;
    for (const [entry, place] of [
      [{ users: [{ id: 'ada@contoso.com', from: 'last week' }] }, /\/users\/0\/from is neither a day/],
      [{ users: [{ id: 'ada@contoso.com', days: 0 }] }, /\/users\/0\/days is no whole number/],
      [{ users: [{ id: 'ada@contoso.com', from: TO, to: FROM }] }, /\/users\/0\/to is before from/],
      [{ sites: [{ id: site, days: 30 }] }, /\/sites\/0\/days cannot be here: nothing in a path bounds/],
    ]) {
      const { code, err } = await run(['boundary', 'explain', ...boundary(entry)]);
      assert.equal(code, 2);
      assert.match(err, place);
    }
  });

  test('takes what the published schema takes', async () => {
    const schema = JSON.parse(readFileSync(new URL('../docs/boundary.schema.json', import.meta.url)));
    const pattern = new RegExp(schema.$defs.from.pattern, 'u');
    assert.equal(schema.$defs.to.pattern, schema.$defs.from.pattern);
    const texts = [
      '2026-10-01',
      '2026-10-01T08:00:00Z',
      '2026-10-01T08:00:00.5+02:00',
      '2026-10-01T08:00:00',
      '1.10.',
    ];
    const { minimum, maximum } = schema.$defs.days;
    const entries = [
      ...texts.flatMap((text) => [
        [{ from: text }, pattern.test(text)],
        [{ to: text }, pattern.test(text)],
      ]),
      ...[minimum - 1, minimum, maximum, maximum + 1, 1.5].map((days) => [
        { days },
        Number.isInteger(days) && days >= minimum && days <= maximum,
      ]),
    ];
    for (const [entry, takes] of entries) {
      const { code } = await run([
        'boundary',
        'explain',
        ...boundary({ users: [{ id: 'a@b.c', ...entry }] }),
      ]);
      assert.equal(code === 0, takes, JSON.stringify(entry));
    }
  });
});
