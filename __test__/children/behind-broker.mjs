// What a command under `workiq-auth exec` does in the tests of the broker: one step, and what came of it as JSON.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { command } from '../support.mjs';

const require = createRequire(import.meta.url);
const self = fileURLToPath(import.meta.url);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const steps = {
  environment() {
    say({ env: process.env });
  },
  async getToken() {
    const { createCredential } = require('workiq-auth');
    try {
      const { token: _, ...token } = await createCredential().getToken(
        `${process.env.WORKIQ_GRAPH_ENDPOINT}/.default`,
      );
      say({ token });
    } catch ({ code, hint }) {
      say({ error: { code, hint } });
    }
  },
  /** Leaves a process behind that asks when the command has ended. */
  outlive() {
    const stdio = ['pipe', 'ignore', 'ignore'];
    const child = spawn(process.execPath, [self, 'late'], { detached: true, stdio });
    child.unref();
    child.stdin.unref();
    say({ outlived: child.pid });
  },
  /** Waits until its parent and that one's parent are gone: the pipe to the first ends, then the socket is gone. */
  async late() {
    for await (const _ of process.stdin);
    const { existsSync } = await import('node:fs');
    const { watch } = await import('node:fs/promises');
    const { dirname } = await import('node:path');
    const address = process.env.WORKIQ_BROKER;
    const around = dirname(dirname(address));
    const events = watch(around, { signal: AbortSignal.timeout(20_000) });
    if (existsSync(address)) for await (const _ of events) if (!existsSync(address)) break;
    const args = [command, 'fetch', '-u', '/users/ada@contoso.com/messages?$top=1'];
    const asked = spawn(process.execPath, args);
    let err = '';
    asked.stderr.setEncoding('utf8').on('data', (text) => (err += text));
    const code = await new Promise((resolve) => asked.once('close', resolve));
    writeFileSync(process.env.OUTLIVE_FILE, `${JSON.stringify({ code, err, address })}\n`);
  },
  async wait() {
    say({ address: process.env.WORKIQ_BROKER });
    setInterval(() => {}, 60_000);
  },
  /** Starts a server through a shell, reads by it, and stays until it is told to end. */
  async tree() {
    const { Client } = await import('@modelcontextprotocol/client');
    const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
    const args = ['-c', '"$0" "$@"; exit $?', process.execPath, command, 'mcp'];
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StdioClientTransport({ command: 'sh', args, env: process.env, stderr: 'ignore' }),
    );
    const { structuredContent } = await client.callTool({
      name: 'fetch',
      arguments: { entityUrls: ['/users/ada@contoso.com/messages?$top=1'] },
    });
    say({ subject: structuredContent.results[0].data.value[0].subject });
    for await (const _ of process.stdin);
    await client.close();
  },
  async mcpServer() {
    const { mcpServer } = require('workiq-auth');
    const { Client } = await import('@modelcontextprotocol/client');
    const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
    const options = JSON.parse(process.env.OPTIONS);
    const entries = [
      mcpServer(options),
      mcpServer(options),
      mcpServer({ ...options, allowWrites: ['create'] }),
    ];
    const { command: program, args, env } = entries[0];
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StdioClientTransport({ command: program, args, env, stderr: 'ignore' }));
    const { structuredContent } = await client.callTool({
      name: 'fetch',
      arguments: { entityUrls: ['/me/messages?$top=1'] },
    });
    await client.close();
    const [{ data }] = structuredContent.results;
    say({ entries, subject: data.value[0].subject, address: env.WORKIQ_BROKER });
  },
};

await steps[process.argv[2]]();
