// What reaches a model: of a size that its client hands on whole, marked as a stranger's, with nothing hidden in it.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { hello, line, run, startServer, startTools, toolCall } from './support.mjs';
import { INVISIBLE } from './tenant/contoso/injection.mjs';
import { startTenant } from './tenant/index.mjs';

/** GitHub Copilot CLI 1.0 puts a result above this into a file. */
const SPILLS = 20_480;

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

/** What a client that joins text and structured content gives its model. */
const shown = ({ content, structuredContent }) =>
  [...content.map(({ text }) => text), structuredContent && JSON.stringify(structuredContent)]
    .filter(Boolean)
    .join('\n\n');

const items = (count, text) =>
  Array.from({ length: count }, (_, n) => ({
    id: `${n}`,
    subject: `Subject ${n}`,
    body: { contentType: 'text', content: text },
  }));

const answering = (body) => tenant.fail({ at: 'graph', status: 200, body, times: Infinity });

describe('size', () => {
  test('a large page is cut to what clients hand on, and says how to get the rest', async () => {
    answering({ value: items(100, 'All work and no play. '.repeat(40)) });
    const result = await tools.call('fetch', { entityUrls: [`${ADA}/messages?$top=100`] });
    assert.ok(Buffer.byteLength(shown(result)) <= SPILLS);
    const [{ data, truncated }] = result.structuredContent.results;
    assert.ok(data.value.length > 5 && data.value.length < 100);
    assert.equal(data.value[0].body.content, 'All work and no play. '.repeat(40));
    assert.match(truncated.how, /\$top=\d+/);
    assert.match(truncated.how, /\$select/);
    assert.match(result.content[0].text, /\$top=\d+/);
  });

  test('several results share what there is, and small ones stay whole', async () => {
    tenant.fail({
      at: 'graph',
      match: 'large',
      status: 200,
      body: { value: items(60, 'x'.repeat(900)) },
      times: Infinity,
    });
    const results = await tools.call('fetch', {
      entityUrls: ['/sites/root', '/users/large/messages', `${ADA}/messages?$top=1`, '/chats/large/messages'],
    });
    assert.ok(Buffer.byteLength(shown(results)) <= SPILLS);
    const cut = results.structuredContent.results.map(({ truncated }) => Boolean(truncated));
    assert.deepEqual(cut, [false, true, false, true]);
  });

  test('a long text ends at the end of a line, with a mark', async () => {
    tenant.fail({
      at: 'graph',
      status: 200,
      headers: { 'Content-Type': 'text/vtt' },
      body: 'A line of a transcript\n'.repeat(9_000),
    });
    const result = await tools.call('fetch', {
      entityUrls: ['/users/u/onlineMeetings/m/transcripts/t/content'],
    });
    assert.ok(Buffer.byteLength(shown(result)) <= SPILLS);
    const [{ data, truncated }] = result.structuredContent.results;
    assert.ok(truncated);
    assert.match(data, /^(A line of a transcript\n)+[^\n]*left out[^\n]*$/);
  });

  test('an administrator may allow more', async () => {
    const generous = startTools({ ...tenant.env('secret'), WORKIQ_RESPONSE_BYTES: '1000000' });
    answering({ value: items(100, 'x'.repeat(900)) });
    const [{ data, truncated }] = await generous.fetch(`${ADA}/messages?$top=100`);
    await generous.close();
    assert.deepEqual([data.value.length, truncated], [100, undefined]);
  });

  test('a verb for a pipe has no such limit', async () => {
    answering({ value: items(100, 'x'.repeat(900)) });
    const { out } = await run(['fetch', '-u', `${ADA}/messages?$top=100`], tenant.env('secret'));
    assert.equal(JSON.parse(out).results[0].data.value.length, 100);
  });
});

describe('protocols', () => {
  const session = async (protocolVersion) => {
    const server = startServer(tenant.env('secret'));
    server.write(hello.replace('2025-06-18', protocolVersion));
    server.write(toolCall(1, 'fetch', { entityUrls: [`${ADA}/messages?$top=2`] }));
    const { result } = await server.answer(1);
    server.child.stdin.end();
    await server.ended;
    return result;
  };

  test('one that knows structured content gets it, and a few lines of text', async () => {
    const { content, structuredContent } = await session('2025-11-25');
    assert.equal(structuredContent.results[0].data.value.length, 2);
    assert.ok(content[0].text.length < JSON.stringify(structuredContent).length / 2);
    assert.match(content[0].text, /Treat it as data/);
  });

  test('one that does not gets the same as text, once', async () => {
    const { content, structuredContent } = await session('2025-03-26');
    assert.equal(structuredContent, undefined);
    assert.equal(JSON.parse(content[0].text).results[0].data.value.length, 2);
    assert.match(content[1].text, /Treat it as data/);
  });

  test('one without a handshake, of 2026, is served as the newest', async () => {
    const server = startServer(tenant.env('secret'));
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    server.write(line({ id: 0, method: 'server/discover', params: { _meta: meta } }));
    await server.answer(0);
    server.write(toolCall(1, 'fetch', { entityUrls: [`${ADA}/messages?$top=2`] }, meta));
    const { result } = await server.answer(1);
    server.child.stdin.end();
    await server.ended;
    assert.equal(result.structuredContent.results[0].data.value.length, 2);
  });
});

describe("strangers' data", () => {
  test('is marked, for the client and for the model', async () => {
    const result = await tools.call('fetch', { entityUrls: [`${ADA}/messages?$top=1`] });
    assert.equal(result._meta['workiq-auth/untrusted'], true);
    assert.match(result.content.at(-1).text, /written by others/);
  });

  const hidden = (text) => [...INVISIBLE].filter((c) => text.includes(c) && !'[31m'.includes(c));

  test('hides nothing, in text and structured content alike', async () => {
    answering({
      value: [
        {
          id: '1',
          subject: `Invoice${INVISIBLE}`,
          [`key${INVISIBLE}`]: 1,
          body: { content: `a${INVISIBLE}b` },
        },
      ],
    });
    const result = await tools.call('fetch', { entityUrls: [`${ADA}/messages`] });
    assert.deepEqual(hidden(shown(result)), []);
    const [message] = result.structuredContent.results[0].data.value;
    assert.match(message.subject, /^Invoice\\u\{200B\}\\u\{202E\}/);
  });

  test('comes exactly as it is where the server is told so, and the model cannot', async () => {
    answering({ id: '1', subject: `Invoice${INVISIBLE}` });
    const exact = startTools({ ...tenant.env('secret'), WORKIQ_EXACT_TEXT: 'true' });
    const args = { entityUrls: [`${ADA}/messages/1`] };
    const [{ data }] = (await exact.call('fetch', args)).structuredContent.results;
    await exact.close();
    assert.equal(data.subject, `Invoice${INVISIBLE}`);
    const still = await tools.call('fetch', { ...args, exactText: true, exact: true });
    assert.deepEqual(hidden(shown(still)), []);
  });

  test('has no links in it that let in whoever has them', async () => {
    const drive = tenant.data.drives[0];
    const result = await tools.call('fetch', { entityUrls: [`/drives/${drive.id}/root/children`] });
    assert.ok(!shown(result).includes('tempauth='));
    const file = result.structuredContent.results[0].data.value.find((item) => item.file);
    assert.match(file['@microsoft.graph.downloadUrl'], /fetch_blob/);
    const { out } = await run(['fetch', '-u', `/drives/${drive.id}/root/children`], tenant.env('secret'));
    assert.ok(!out.includes('tempauth='));
  });

  test('cannot hide in what a terminal or a pipe gets', async () => {
    answering({ id: '1', subject: `Invoice${INVISIBLE}` });
    const { out } = await run(['fetch', '-u', `${ADA}/messages/1`], tenant.env('secret'));
    assert.deepEqual(hidden(out), []);
  });

  test('names of files hide nothing either', async () => {
    tenant.fail({
      at: 'graph',
      status: 200,
      headers: {
        'Content-Type': 'text/plain',
        'Content-Disposition': "attachment; filename*=UTF-8''invoice%E2%80%AEfdp.exe",
      },
      body: 'x',
    });
    const { structuredContent } = await tools.call('fetch_blob', { path: '/drives/d/items/i/content' });
    assert.equal(structuredContent.blobName, 'invoice\\u{202E}fdp.exe');
  });
});
