// Work IQ's tools over Graph, as a client of the MCP server sees them.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startTools } from './support.mjs';
import { startTenant } from './tenant/index.mjs';

const ADA = '/users/ada@contoso.com';

let tenant;
let tools;
before(async () => {
  tenant = await startTenant({ roles: 'read' });
  tools = startTools(tenant.env('secret'));
});
beforeEach(() => tenant.reset());
after(async () => {
  await tools.close();
  await tenant.close();
});

const asked = () => tenant.graphRequests.map(({ method, path }) => `${method} ${path.slice('/v1.0'.length)}`);

describe('fetch', () => {
  test('asks for pages of a usual size, and Graph is not asked for more than it gives', async () => {
    await tools.fetch('/users');
    await tools.fetch(`${ADA}/messages?$top=500`);
    const [chat] = (await tools.fetch(`${ADA}/chats`))[0].data.value;
    tenant.reset();
    await tools.fetch(`/chats/${chat.id}/messages?$top=50`);
    assert.match(asked()[0], /\/messages\?\$top=10$/);
  });

  test('a collection that refuses $top is asked for as the caller did', async () => {
    const page = (n) => ({
      at: 'graph',
      match: `$top=${n}`,
      status: 400,
      body: { error: { code: 'BadRequest', message: "Query option 'Top' is not allowed." } },
    });
    tenant.fail(page(25));
    const [result] = await tools.fetch(`${ADA}/mailFolders`);
    assert.equal(result.statusCode, 200);
    assert.deepEqual(asked(), [`GET ${ADA}/mailFolders?$top=25`, `GET ${ADA}/mailFolders`]);
  });

  test('the next page is a path, ready for the next call, to the very end', async () => {
    const all = tenant.data.messages.filter(
      ({ owner }) => owner === tenant.data.users.find(({ mail }) => mail === 'ada@contoso.com').id,
    );
    const seen = [];
    let next = `${ADA}/messages?$top=4&$select=id`;
    while (next) {
      const [{ data }] = await tools.fetch(next);
      seen.push(...data.value.map(({ id }) => id));
      next = data['@odata.nextLink'];
      if (next) assert.match(next, /^\/users\/ada@contoso\.com\/messages\?.*\$skiptoken=/);
    }
    assert.equal(seen.length, all.length);
    assert.equal(new Set(seen).size, all.length);
  });

  test('a few paths go side by side, many in batches, in order, each with its own result', async () => {
    const few = await tools.fetch('/users', '/sites', `${ADA}/messages`);
    assert.deepEqual(
      few.map(({ statusCode }) => statusCode),
      [200, 200, 200],
    );
    assert.ok(asked().every((line) => !line.includes('$batch')));
    tenant.reset();
    const ids = tenant.data.users.map(({ id }) => id);
    const paths = Array.from({ length: 45 }, (_, n) => `/users/${ids[n % ids.length]}?$select=id`);
    paths[7] = '/users/nobody@contoso.com';
    paths[8] = 'https://evil.example/v1.0/users';
    const many = await tools.fetch(...paths);
    assert.equal(many.length, 45);
    many.forEach((result, n) => {
      if (n === 7) assert.equal(result.error.code, 'Request_ResourceNotFound');
      else if (n === 8) assert.equal(result.error.code, 'invalidPath');
      else assert.equal(result.data.id, ids[n % ids.length], `${n}`);
    });
    assert.deepEqual(asked(), Array(3).fill('POST /$batch'));
  });

  test('text of a file is read where it lies, without our token', async () => {
    const drive = tenant.data.drives[0];
    const file =
      drive.items.find(({ name }) => name === 'Welcome.txt') ?? drive.items.find((item) => item.file);
    const [result] = await tools.fetch(`/drives/${drive.id}/items/${file.id}/content`);
    assert.equal(result.data, file.content.toString());
    assert.equal(tenant.storageRequests.length, 1);
    const { headers } = tenant.storageRequests[0];
    assert.deepEqual(Object.keys(headers).sort(), ['accept', 'host', 'user-agent']);
  });

  test('a transcript comes without names where the tenant does not give them away', async () => {
    const meeting = tenant.data.meetings[0];
    const base = `/users/${meeting.organizerId}/onlineMeetings/${encodeURIComponent(meeting.id)}/transcripts`;
    const [{ data }] = await tools.fetch(base);
    tenant.fail({
      at: 'graph',
      match: '/content',
      graphError: 'SpeakerAttributionNotAllowed',
      times: Infinity,
    });
    const [result] = await tools.fetch(
      `${base}/${encodeURIComponent(data.value[0].id)}/content?$format=text/vtt`,
    );
    assert.equal(result.statusCode, 200);
    assert.match(result.note, /SpeakerAttributionNotAllowed/);
    assert.ok(result.data.includes('-->'));
  });
});

describe('headers', () => {
  test('each request says who asks, in which language, and has an id of its own', async () => {
    await tools.fetch('/users', '/sites', `${ADA}/messages?$top=1`);
    const headers = tenant.graphRequests.map((request) => request.headers);
    for (const one of headers) {
      assert.match(one['user-agent'], /^NONISV\|workiq-auth\|workiq-auth\/\d/);
      assert.equal(one['accept-language'], 'en-US');
      assert.match(one['client-request-id'], /^[0-9a-f-]{36}$/);
    }
    assert.equal(new Set(headers.map((one) => one['client-request-id'])).size, 3);
    assert.match(headers.find((one) => one.prefer)?.prefer ?? '', /IdType="ImmutableId"/);
  });

  test('JSON that was cut off is an error, not a text', async () => {
    tenant.fail({
      at: 'graph',
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: '{"@microsoft.graph.downloadUrl":"https://files.example/x","id":',
    });
    const [result] = await tools.fetch('/drives/d/items/i');
    assert.equal(result.statusCode, 502);
    assert.equal(result.error.code, 'unexpectedResponse');
  });

  test('an error has the id that support asks for', async () => {
    const results = await tools.fetch('/users/nobody@contoso.com');
    assert.match(results[0].error.innerError['request-id'], /^[0-9a-f-]{36}$/);
  });
});

describe('search', () => {
  const search = (text) =>
    tools.call('do_action', {
      actionUrl: '/search/query',
      jsonBody: { requests: [{ entityTypes: ['driveItem'], query: { queryString: text } }] },
    });

  test('learns the region from the refusal, once', async () => {
    const first = await search('Contoso');
    assert.equal(first.structuredContent.statusCode, 200);
    assert.ok(first.structuredContent.data.value[0].hitsContainers[0].total > 0);
    assert.equal(tenant.graphRequests.length, 2);
    tenant.reset();
    await search('Welcome');
    assert.equal(tenant.graphRequests.length, 1);
    assert.equal(JSON.parse(tenant.graphRequests[0].body).requests[0].region, 'EMEA');
  });

  test("the caller's own region is the caller's", async () => {
    const requests = [{ entityTypes: ['driveItem'], query: { queryString: 'x' }, region: 'APC' }];
    const result = await tools.call('do_action', {
      actionUrl: '/search/query',
      jsonBody: JSON.stringify({ requests }),
    });
    assert.equal(result.isError, true);
    assert.match(result.structuredContent.error.message, /valid regions are EMEA/);
  });
});

describe('fetch_blob', () => {
  const file = () => {
    const drive = tenant.data.drives[0];
    return { drive, item: drive.items.find((item) => item.file) };
  };

  test('gives content as base64, once, with its kind, name and size', async () => {
    const { drive, item } = file();
    const result = await tools.call('fetch_blob', { path: `/drives/${drive.id}/items/${item.id}/content` });
    const { statusCode, contentType, blobName, sizeBytes, base64Content } = result.structuredContent;
    const bytes = Buffer.from(item.content);
    assert.deepEqual(
      { statusCode, contentType, blobName, sizeBytes },
      { statusCode: 200, contentType: item.file.mimeType, blobName: item.name, sizeBytes: bytes.length },
    );
    assert.deepEqual(Buffer.from(base64Content, 'base64'), bytes);
    assert.ok(!result.content.some(({ text }) => text.includes(base64Content)));
    assert.equal(tenant.storageRequests[0].headers.authorization, undefined);
  });

  test('converts a file, under the older name of the parameter too', async () => {
    const { drive, item } = file();
    const blobUrl = `/drives/${drive.id}/items/${item.id}/content`;
    const { structuredContent } = await tools.call('fetch_blob', { blobUrl, format: 'pdf' });
    assert.equal(structuredContent.contentType, 'application/pdf');
    const refused = await tools.call('fetch_blob', { path: `${ADA}/photo/$value`, format: 'pdf' });
    assert.equal(refused.isError, true);
  });

  test('reads an attachment from Graph itself', async () => {
    const message = tenant.data.messages.find(({ attachments }) => attachments.length > 0);
    const owner = `/users/${message.owner}`;
    const path = `${owner}/messages/${message.id}/attachments/${message.attachments[0].id}/$value`;
    const { structuredContent } = await tools.call('fetch_blob', { path });
    assert.equal(structuredContent.base64Content, message.attachments[0].contentBytes);
  });

  test('names the limit where content is too large, and the administrator may raise it', async () => {
    const { drive, item } = file();
    const path = `/drives/${drive.id}/items/${item.id}/content`;
    const small = startTools({ ...tenant.env('secret'), WORKIQ_BLOB_BYTES: '10' });
    const result = await small.call('fetch_blob', { path });
    await small.close();
    assert.equal(result.isError, true);
    assert.equal(result.structuredContent.statusCode, 413);
    assert.match(result.structuredContent.error.message, /limit of 10 bytes[\s\S]*WORKIQ_BLOB_BYTES/);
  });

  test('an entity is no content: its links would go past who guards the result', async () => {
    const { drive, item } = file();
    const result = await tools.call('fetch_blob', { path: `/drives/${drive.id}/items/${item.id}` });
    assert.equal(result.structuredContent.error.code, 'notContent');
    assert.equal(tenant.graphRequests.length, 0);
  });

  test('nor is one whose path looks like content, such as a folder of that name', async () => {
    tenant.fail({
      at: 'graph',
      status: 200,
      headers: { 'Content-Type': 'application/json;odata.metadata=minimal;odata.streaming=true' },
      body: { id: '1', '@microsoft.graph.downloadUrl': 'https://files.example/x' },
    });
    const result = await tools.call('fetch_blob', { path: '/drives/d/root:/content' });
    assert.equal(result.structuredContent.error.code, 'notContent');
  });

  test('a redirect to anything but https is not followed', async () => {
    for (const redirect of ['http://127.0.0.1:9/x', 'https://ada:hush@localhost/x', 'file:///etc/passwd']) {
      tenant.fail({ at: 'graph', match: '/content', redirect });
      const result = await tools.call('fetch_blob', { path: '/drives/d/items/i/content' });
      assert.equal(result.structuredContent.error.code, 'redirect', redirect);
    }
    assert.equal(tenant.storageRequests.length, 0);
  });
});

describe('names', () => {
  test('call_function and do_action take what older examples give them', async () => {
    const chats = await tools.call('call_function', { parentUrl: `${ADA}/chats/getAllMessages()` });
    assert.equal(chats.structuredContent.statusCode, 200);
  });

  test('the names that Work IQ dropped still work, and are not listed', async () => {
    const result = await tools.call('fetch_work_iq', {
      entityUrls: [`${ADA}/messages?$top=1`],
      agentId: 'x',
    });
    assert.equal(result.structuredContent.results[0].statusCode, 200);
    assert.ok((await tools.list()).every(({ name }) => !name.endsWith('_work_iq')));
  });

  test('ask and list_agents say what to call instead, and are not listed', async () => {
    for (const name of ['ask', 'list_agents', 'ask_work_iq']) {
      const result = await tools.call(name, { question: 'What did we decide?' });
      assert.equal(result.isError, true);
      assert.match(result.content[0].text, /signed-in users only[\s\S]*\/search\/query[\s\S]*search_paths/);
    }
    const names = (await tools.list()).map(({ name }) => name);
    assert.ok(!names.includes('ask') && !names.includes('list_agents'));
    assert.equal(tenant.requests.length, 0);
  });

  test('wrong arguments are named with what is right', async () => {
    for (const [name, args, expected] of [
      ['fetch', {}, /entityUrls has 0 paths; it takes 1 to 100/],
      ['fetch', { entityUrls: 7 }, /entityUrls is not an array of paths/],
      ['fetch_blob', { url: '/x' }, /path is missing \(arguments given: url\)/],
      ['do_action', { actionUrl: '/search/query', jsonBody: '{oops' }, /jsonBody is no JSON/],
    ]) {
      const result = await tools.call(name, args);
      assert.equal(result.isError, true);
      assert.match(result.content[0].text, expected);
    }
  });
});
