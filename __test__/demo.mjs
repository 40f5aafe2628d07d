// The main job as a user would do it: the real, unchanged `npx @microsoft/workiq mcp` under the preload, signed in
// with a certificate and without any browser, driven by the official MCP client. Contoso on loopback stands in for
// Entra and Microsoft Graph.

import { createRequire } from 'node:module';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { decodeJwt } from 'jose';
import { startTenant } from './tenant/index.mjs';

const require = createRequire(import.meta.url);
const started = performance.now();
let step = 0;

function say(title, lines = []) {
  step += 1;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`\n${step}. ${title}  (${seconds} s)`);
  for (const line of lines) console.log(`   ${line}`);
}

const tenant = await startTenant();
const environment = { ...tenant.env('certificate'), WORKIQ_LOG: 'info' };
// The certificate of the test tenant's TLS is unknown to this process, which only drives.
const preload = require.resolve('workiq-auth/register');
const log = [];
let client;

try {
  say('A tenant on loopback: Contoso', [`authority  ${tenant.authority}`, `Graph      ${tenant.graph}`]);

  say('What a runner has in its environment: no browser, no user, no secret', [
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    `NODE_OPTIONS=--require "${preload}"`,
  ]);

  const transport = new StdioClientTransport({
    command: process.platform === 'win32' ? 'npx.cmd' : 'npx',
    args: ['--no-install', '@microsoft/workiq', 'mcp'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME ?? '',
      ...environment,
      NODE_OPTIONS: `--require "${preload}"`,
    },
    stderr: 'pipe',
  });
  transport.stderr.setEncoding('utf8').on('data', (text) => log.push(...text.split('\n').filter(Boolean)));
  client = new Client({ name: 'demo', version: '1.0.0' });
  await client.connect(transport);
  const { name, title } = client.getServerVersion();
  say('npx @microsoft/workiq mcp answers, and it is us', [`server ${name}: ${title}`]);

  const { tools } = await client.listTools();
  say(
    `It lists ${tools.length} ${tools.length === 1 ? 'tool' : 'tools'}`,
    tools.map((tool) => `${tool.name}: ${tool.description.split('.')[0]}`),
  );

  const meeting = tenant.data.meetings[0];
  const base = `/users/${meeting.organizerId}/onlineMeetings/${encodeURIComponent(meeting.id)}/transcripts`;
  const fetchPaths = (...entityUrls) => client.callTool({ name: 'fetch', arguments: { entityUrls } });
  const listed = await fetchPaths(base);
  const transcript = listed.structuredContent.results[0].data.value[0];

  const claims = decodeJwt(tenant.graphRequests[0].headers.authorization.slice('Bearer '.length));
  const signIn = log.find((line) => line.includes('signing in')) ?? '';
  say('The first call signed in', [
    `mode        ${environment.WORKIQ_AUTH_MODE}`,
    `credential  ${/credential=(.*?) from=/.exec(signIn)?.[1] ?? 'not told'}`,
    `roles       ${claims.roles.join(', ')}`,
    `expires     ${new Date(claims.exp * 1000).toISOString()}`,
    `requests    ${tenant.tokenRequests.length} to the token endpoint`,
  ]);

  const fetched = await fetchPaths(`${base}/${encodeURIComponent(transcript.id)}/content?$format=text/vtt`);
  const lines = fetched.structuredContent.results[0].data
    .split('\n')
    .filter((line) => line.startsWith('<v '));
  const decisions = lines.filter((line) => /decid/i.test(line));
  say(
    `fetch read the transcript of "${meeting.subject}": ${lines.length} lines, of which`,
    decisions.slice(0, 5),
  );

  const call = async (name, args) => (await client.callTool({ name, arguments: args })).structuredContent;
  const mail = tenant.data.messages[0];
  const drafts = `/users/${mail.owner}/messages`;
  const found = await call('search_paths', { filter: '/users/{id}/onlineMeetings/{id}/transcripts' });
  say(
    'search_paths finds what there is, and what this application may',
    found.paths.slice(0, 4).map(({ path, operations, permitted = [] }) => {
      const may = operations.filter((one) => permitted.includes(one));
      return `${path}: ${operations.join(', ')}; permitted: ${may.join(', ') || 'nothing'}`;
    }),
  );

  const schema = await client.callTool({
    name: 'get_schema',
    arguments: { path: drafts, operationType: 'create', format: 'typescript' },
  });
  const shape = schema.content[0].text.split('\n');
  say(
    `get_schema tells what a new message looks like, in ${shape.length} lines that begin with`,
    shape.slice(0, 8),
  );

  const write = await call('create_entity', { parentUrl: drafts, jsonBody: { subject: 'Hello' } });
  say('A write is refused, because nobody allowed it', [
    `${write.statusCode} ${write.error.code}`,
    write.error.message,
  ]);

  const [refused] = (await fetchPaths('/users?$select=displayName')).structuredContent.results;
  say('What it may not read, it explains', [
    `${refused.statusCode} ${refused.error.code}: ${refused.error.message}`,
    ...refused.refusal.cause.split('\n'),
    ...refused.refusal.fix.split('\n'),
    refused.refusal.link,
  ]);

  const [delegated] = (await fetchPaths('/me/messages')).structuredContent.results;
  say('And what needs a signed-in user, it does not even send', [delegated.error.message]);
  const tokens = tenant.tokenRequests.length;
  const elapsed = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`\nDone in ${elapsed} s, with ${tokens} sign-in, no browser and no secret.`);
  if (tokens !== 1 || decisions.length === 0 || write.statusCode !== 403)
    throw new Error('the demo did not do what it says');
} catch (error) {
  console.error(`\nThe demo failed: ${error.stack}`);
  for (const line of log) console.error(`   ${line}`);
  process.exitCode = 1;
} finally {
  await client?.close();
  await tenant.close();
}
