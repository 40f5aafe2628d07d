/**
 * Graph: roles, paging, workloads, writes.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startTenant } from '../index.mjs';

describe('Graph', () => {
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
  const get = (path, more = {}) => tenant.request(`${tenant.graph}/v1.0${path}`, { token, ...more });
  const id = (alias) => tenant.data.users.find((user) => user.mail.startsWith(alias)).id;

  test('a token must be there, be genuine, be for Graph, be alive', async () => {
    const [head, body, signature] = token.split('.');
    const other = `${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`;
    const foreign = await tenant.mintToken({ audience: 'https://graph.microsoft.com' });
    for (const bad of [undefined, 'nonsense', [head, body, other].join('.'), foreign]) {
      const { status, json } = await get('/users', { token: bad });
      assert.deepEqual([status, json.error.code], [401, 'InvalidAuthenticationToken']);
    }
    tenant.setClockOffset(3600);
    const late = await get('/users');
    tenant.setClockOffset(0);
    assert.match(late.json.error.message, /expired/);
  });

  test('answers carry their ids', async () => {
    const mine = crypto.randomUUID();
    const { headers, json } = await get('/me', { headers: { 'client-request-id': mine } });
    assert.ok(headers.date && headers['request-id']);
    assert.equal(headers['client-request-id'], mine);
    assert.equal(json.error.innerError['client-request-id'], mine);
    assert.equal(json.error.innerError['request-id'], headers['request-id']);
  });

  test('a missing role is told in the words of its workload', async () => {
    const only = await tenant.mintToken({ roles: ['People.Read.All'] });
    const code = async (path, bearer = only) => {
      const { status, json } = await get(path, { token: bearer });
      return [status, json.error.code, json.error.message];
    };
    assert.deepEqual((await code('/users')).slice(0, 2), [403, 'Authorization_RequestDenied']);
    assert.deepEqual((await code('/users/ada@contoso.com/messages')).slice(0, 2), [403, 'ErrorAccessDenied']);
    assert.deepEqual((await code('/sites/root')).slice(0, 2), [403, 'accessDenied']);
    assert.deepEqual(await code('/chats/x/messages'), [
      403,
      'Forbidden',
      "Missing role permissions on the request. API requires one of 'Chat.Read.All, Chat.ReadWrite.All'. Roles on the request 'People.Read.All'.",
    ]);
    assert.equal((await code('/sites/root', await tenant.mintToken({ roles: [] })))[0], 401);
  });

  test('what does not exist', async () => {
    const error = async (path) => {
      const { status, json } = await get(path);
      return [status, json.error.code];
    };
    assert.deepEqual(await error('/me'), [400, 'BadRequest']);
    assert.match((await get('/me/messages')).json.error.message, /only valid with delegated/);
    assert.match((await get('/users/ada@contoso.com/nonsense')).json.error.message, /segment 'nonsense'/);
    assert.deepEqual(await error('/users/nobody@contoso.com'), [404, 'Request_ResourceNotFound']);
    assert.deepEqual(await error('/users/ada@contoso.com/messages/AAA'), [404, 'ErrorItemNotFound']);
    assert.deepEqual(await error(`/users/${id('ada')}/onlineMeetings/AAA/transcripts`), [
      404,
      'ResourceNotFound',
    ]);
    assert.equal((await get('/users/ada@contoso.com/messages', { method: 'POST', body: {} })).status, 403);
  });

  test('paging follows absolute links on the same origin', async () => {
    const seen = [];
    let url = `${tenant.graph}/v1.0/users/ada@contoso.com/messages?$top=7&$select=subject&$count=true`;
    let pages = 0;
    while (url) {
      const { json } = await tenant.request(url, { token });
      assert.equal(json['@odata.count'], 30);
      seen.push(...json.value);
      url = json['@odata.nextLink'];
      if (url) assert.ok(url.startsWith(`${tenant.graph}/v1.0/`) && url.includes('$skiptoken='));
      pages += 1;
    }
    assert.deepEqual([pages, seen.length, new Set(seen.map((one) => one.id)).size], [5, 30, 30]);
    assert.deepEqual(Object.keys(seen[0]).sort(), ['@odata.etag', 'id', 'subject']);
  });

  test('filter, order, search, count', async () => {
    const q = async (path, headers) => (await get(path, { headers })).json.value;
    const equal = encodeURIComponent("userPrincipalName eq 'ada@contoso.com'");
    assert.deepEqual(
      (await q(`/users?$filter=${equal}`)).map((one) => one.givenName),
      ['Ada'],
    );
    const after = encodeURIComponent('receivedDateTime ge 2026-11-17T00:00:00Z');
    assert.equal((await q(`/users/ada@contoso.com/messages?$filter=${after}`)).length, 3);
    assert.equal((await q('/users/ada@contoso.com/messages?$search="GraphQL"')).length, 2);
    const [first] = await q('/users?$orderby=displayName desc');
    assert.equal(first.givenName, 'Linus');
    assert.equal((await get('/users/$count', { headers: { consistencylevel: 'eventual' } })).text, '8');
    assert.equal((await get('/users?$count=true')).status, 400);
    assert.equal((await get('/users?$filter=nonsense')).status, 400);
    assert.equal((await get('/users?$top=5000')).status, 400);
  });

  test('mail: folders, attachments, plain text', async () => {
    const { json } = await get(
      "/users('ada@contoso.com')/messages?$filter=hasAttachments eq true".replaceAll(' ', '%20'),
    );
    assert.equal(json.value.length, 2);
    const path = `/users/ada@contoso.com/messages/${json.value[0].id}`;
    const attachments = (await get(`${path}/attachments`)).json.value;
    assert.equal(attachments[0]['@odata.type'], '#microsoft.graph.fileAttachment');
    assert.match((await get(`${path}/attachments/${attachments[0].id}/$value`)).text, /90 days/);
    const text = await get(path, {
      headers: { prefer: 'outlook.body-content-type="text", IdType="ImmutableId"' },
    });
    assert.equal(text.json.body.contentType, 'text');
    assert.ok(!text.json.body.content.includes('<') && !('owner' in text.json));
    assert.match(text.headers['preference-applied'], /ImmutableId/);
    const inbox = (await get('/users/ada@contoso.com/mailFolders/inbox')).json;
    assert.equal(inbox.totalItemCount, 30);
    assert.equal(
      (await get(`/users/ada@contoso.com/mailFolders/${inbox.id}/messages`)).json.value.length,
      10,
    );
  });

  test('calendar, people, chats, teams', async () => {
    const view = await get(
      '/users/ada@contoso.com/calendarView?startDateTime=2026-11-16T00:00:00Z&endDateTime=2026-11-18T00:00:00Z',
    );
    assert.deepEqual(
      view.json.value.map((one) => one.subject),
      ['Order events: revisit', 'Focus time'],
    );
    assert.equal((await get('/users/ada@contoso.com/calendarView')).status, 400);
    assert.equal((await get('/users/ada@contoso.com/events')).json.value.length, 7);
    assert.equal((await get('/users/ada@contoso.com/people')).json.value.length, 7);
    const chats = (await get(`/users/${id('ada')}/chats`)).json.value;
    assert.equal(chats.length, 5);
    const leads = chats.find((one) => one.topic === 'Platform leads');
    assert.equal((await get(`/chats/${leads.id}/messages`)).json.value.length, 4);
    assert.equal((await get(`/chats/${leads.id}/members`)).json.value.length, 3);
    assert.equal((await get(`/chats/${leads.id}/members?$top=1`)).status, 400);
    const [team] = (await get('/teams')).json.value;
    const channels = (await get(`/teams/${team.id}/channels`)).json.value;
    assert.deepEqual(
      channels.map((one) => one.displayName),
      ['General', 'Architecture', 'Operations'],
    );
    const threads = (await get(`/teams/${team.id}/channels/${channels[1].id}/messages`)).json.value;
    assert.ok(threads.length === 3 && !('replies' in threads[0]));
    const oldest = threads.at(-1);
    const replies = await get(`/teams/${team.id}/channels/${channels[1].id}/messages/${oldest.id}/replies`);
    assert.equal(replies.json.value.length, 2);
  });

  test('transcripts', async () => {
    const grace = id('grace');
    const call = (args) => get(`/users/${grace}/onlineMeetings/getAllTranscripts(${args})`);
    const all = await call(`meetingOrganizerUserId='${grace}',startDateTime=2026-11-01T00:00:00Z`);
    assert.equal(all.json.value.length, 1);
    assert.equal(
      (await call(`meetingOrganizerUserId='${grace}',startDateTime=2026-11-06T00:00:00Z`)).json.value.length,
      0,
    );
    assert.equal((await call(`meetingOrganizerUserId='${id('ada')}'`)).status, 400);
    const { meetingId, id: transcript, transcriptContentUrl } = all.json.value[0];
    const vtt = await tenant.request(`${transcriptContentUrl}?$format=text/vtt`, { token });
    assert.equal(vtt.headers['content-type'], 'text/vtt');
    assert.match(vtt.text, /^WEBVTT\n\n00:00:04\.200 --> /);
    assert.match(vtt.text, /<v Grace Hopper>Decided\. Retention is 90 days for raw request logs\.<\/v>/);
    assert.ok(vtt.text.match(/-->/g).length >= 60);
    const base = `/users/${grace}/onlineMeetings/${meetingId}`;
    assert.match(
      (await get(`${base}/transcripts/${transcript}/metadataContent`)).text,
      /"speakerName":"Hedy Lamarr"/,
    );
    const meeting = (await get(base)).json;
    assert.ok(Buffer.from(meetingId, 'base64').toString().includes(meeting.chatInfo.threadId));
    assert.equal((await get(`/chats/${meeting.chatInfo.threadId}`)).json.topic, 'Log retention policy');
  });

  test('every meeting has sixty cues, and one has the guest', () => {
    for (const meeting of tenant.data.meetings)
      assert.ok(meeting.transcripts[0].cues.length >= 60, meeting.subject);
    const cues = tenant.data.meetings.flatMap((meeting) => meeting.transcripts[0].cues);
    assert.equal(cues.filter((cue) => cue.text.includes('\u202e')).length, 1);
    assert.equal(tenant.data.messages.filter((one) => one.body.content.includes('\u202e')).length, 1);
  });

  test('file content lies on another origin, by signed address', async () => {
    const site = (await get('/sites/contoso.sharepoint.com:/sites/platform')).json;
    assert.equal(site.displayName, 'Platform');
    const [drive] = (await get(`/sites/${site.id}/drives`)).json.value;
    const children = (await get(`/drives/${drive.id}/root/children`)).json.value;
    const file = children.find((one) => one.file?.mimeType === 'text/plain');
    const moved = await get(`/drives/${drive.id}/items/${file.id}/content`);
    assert.equal(moved.status, 302);
    assert.equal(new URL(moved.headers.location).origin, tenant.storage);
    assert.match((await tenant.request(moved.headers.location)).text, /90 days/);
    assert.equal((await tenant.request(moved.headers.location, { token })).status, 401);
    assert.equal((await tenant.request(moved.headers.location.slice(0, -3))).status, 403);
    assert.equal(tenant.storageRequests.length, 3);
    const pdf = await get(`/drives/${drive.id}/items/${file.id}/content?format=pdf`);
    assert.equal((await tenant.request(pdf.headers.location)).headers['content-type'], 'application/pdf');
  });

  test('search asks for its region, and names it', async () => {
    const search = (request) =>
      get('/search/query', { body: { requests: [{ entityTypes: ['driveItem'], ...request }] } });
    const query = { queryString: 'outbox' };
    assert.match((await search({ query })).json.error.message, /Region is required/);
    assert.match(
      (await search({ query, region: 'NAM' })).json.error.message,
      /Only valid regions are EMEA\./,
    );
    const { json } = await search({ query, region: 'EMEA' });
    assert.equal(json.value[0].hitsContainers[0].hits[0].resource.name, '0024-outbox.md');
    assert.equal((await search({ query, region: 'EMEA', entityTypes: ['message'] })).status, 400);
  });

  test('connectors, metadata, service document', async () => {
    assert.equal((await get('/external/connections/contosotickets/items/TICKET-101')).json.id, 'TICKET-101');
    assert.ok((await get('/')).json.value.some((one) => one.name === 'users'));
    const { text, headers } = await get('/$metadata', { token: undefined });
    const unchanged = { token: undefined, headers: { 'If-None-Match': headers.etag } };
    assert.equal((await get('/$metadata', unchanged)).status, 304);
    unchanged.headers['If-None-Match'] = 'W/"another"';
    assert.equal((await get('/$metadata', unchanged)).text, text);
    const defined = new Set(
      [...text.matchAll(/<(?:Entity|Complex|Enum)Type Name="(\w+)"/g)].map(([, name]) => name),
    );
    for (const [, name] of text.matchAll(/"(?:Collection\()?(?:microsoft\.)?graph\.(\w+)/g)) {
      assert.ok(defined.has(name), `undefined type ${name}`);
    }
  });

  test('batches', async () => {
    const requests = [
      { id: '1', method: 'GET', url: '/users/ada@contoso.com?$select=displayName' },
      { id: '2', method: 'GET', url: '/me' },
      { id: '3', method: 'GET', url: '/users', dependsOn: ['2'] },
    ];
    tenant.fail({ at: 'graph', match: 'grace', throttle: 4 });
    requests.push({ id: '4', method: 'GET', url: '/users/grace@contoso.com' });
    const { json } = await get('/$batch', { body: { requests } });
    assert.deepEqual(
      json.responses.map((one) => one.status),
      [200, 400, 424, 429],
    );
    assert.deepEqual(json.responses[0].body, { displayName: 'Ada Lovelace' });
    assert.equal(json.responses[3].headers['Retry-After'], '4');
    const many = Array.from({ length: 21 }, (_, index) => ({ id: `${index}`, method: 'GET', url: '/' }));
    assert.equal((await get('/$batch', { body: { requests: many } })).status, 400);
  });

  test('writes, where the token allows them', async () => {
    const all = await tenant.mintToken({ roles: 'all' });
    const write = (method, path, body, headers = {}) => get(path, { method, body, headers, token: all });
    const box = '/users/katherine@contoso.com/messages';
    const made = await write('POST', box, { subject: 'Draft', body: { contentType: 'text', content: 'x' } });
    assert.deepEqual([made.status, made.json.isDraft], [201, true]);
    const path = `${box}/${made.json.id}`;
    const etag = made.json['@odata.etag'];
    const patched = await write('PATCH', path, { subject: 'Second' }, { 'if-match': etag });
    assert.equal(patched.json.subject, 'Second');
    assert.equal((await write('DELETE', path, undefined, { 'if-match': etag })).status, 412);
    assert.equal(
      (await write('DELETE', path, undefined, { 'if-match': patched.json['@odata.etag'] })).status,
      204,
    );
    assert.equal((await write('GET', path)).status, 404);
    const message = { subject: 'Hello', toRecipients: [{ emailAddress: { address: 'ada@contoso.com' } }] };
    assert.equal((await write('POST', '/users/katherine@contoso.com/sendMail', { message })).status, 202);
    assert.equal(tenant.data.sent.length, 1);
    const start = { dateTime: '2026-12-01T10:00:00', timeZone: 'UTC' };
    assert.equal(
      (await write('POST', '/users/katherine@contoso.com/events', { subject: 'E', start, end: start }))
        .status,
      201,
    );
    const [chat] = tenant.data.chats;
    assert.equal(
      (await write('POST', `/chats/${chat.id}/messages`, { body: { content: 'Hi' } })).status,
      201,
    );
  });

  test('connections are counted by origin', async () => {
    const before = tenant.connections;
    await get('/');
    assert.equal(tenant.connections.graph, before.graph + 1);
    assert.equal(tenant.connections.authority, before.authority);
  });
});
