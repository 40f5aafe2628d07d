// One session of GitHub Copilot's SDK at a time: it has the tools that it is given, and no shell, file or network.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CopilotClient, defineTool, RuntimeConnection, ToolSet } from '@github/copilot-sdk';

/** The runtime: this SDK does not find those of newer versions by itself. */
function runtime() {
  const manifest = createRequire(import.meta.url).resolve('@github/copilot/package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  return path.join(path.dirname(manifest), bin.copilot);
}

/** A model of one's own, in place of Copilot's, by the variables that Copilot CLI has for it. */
function provider() {
  const {
    COPILOT_PROVIDER_BASE_URL: baseUrl,
    COPILOT_PROVIDER_TYPE: type,
    COPILOT_PROVIDER_API_KEY: apiKey,
  } = process.env;
  return baseUrl && { provider: { type: type ?? 'openai', baseUrl, apiKey } };
}

/** How the runtime can sign in to a model, of which one must be there. */
const SIGN_IN = ['COPILOT_GITHUB_TOKEN', 'COPILOT_PROVIDER_BASE_URL'];

/** Longest that a session may take. */
const TIMEOUT_MS = 300_000;

/** Calls of tools in one session: enough to read, to answer, and to mend an answer some times. */
const CALLS = 12;

/** What the runtime needs of this process: to start, to reach its model, and to sign in to it. */
const HANDED_ON =
  /^(?:PATH|HOME|USERPROFILE|SYSTEMROOT|TEMP|TMP|TMPDIR|LANG|(?:HTTPS?|ALL|NO)_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|COPILOT_\w+)$/i;

/**
 * @typedef {object} Called a call of an MCP server's tool
 * @property {string} tool
 * @property {object} arguments
 * @property {object | undefined} result its structured content; nothing where it failed
 */

/**
 * Starts the runtime that sessions run in.
 *
 * @throws {Error} there is nothing by which it could ask a model, or it does not start
 * @returns {Promise<{ask: (session: Asked) => Promise<void>, close: () => Promise<void>}>}
 *
 * @typedef {object} Asked
 * @property {string} system what the session is for
 * @property {string} prompt
 * @property {{name: string, description: string, parameters: object, handler: (given: object) => string}} answer the
 *   tool by which the model answers; what it throws, the model is told
 * @property {{name: string, server: object, tools: string[]}} [mcp] a server, and those of its tools that are allowed
 * @property {(call: Called) => void} [onCall] told of each call of the server's tools
 */
export async function startAgents() {
  if (!SIGN_IN.some((name) => process.env[name])) {
    throw new Error(`no model to ask: set ${SIGN_IN.join(', a token that may make Copilot requests, or ')}`);
  }
  const home = mkdtempSync(path.join(tmpdir(), 'decision-check-'));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => HANDED_ON.test(name)));
  const client = new CopilotClient({
    connection: RuntimeConnection.forStdio({ path: runtime() }),
    mode: 'empty',
    baseDirectory: home,
    workingDirectory: home,
    env,
    // In CI the token comes in COPILOT_GITHUB_TOKEN; nobody's own sign-in is looked for.
    useLoggedInUser: false,
    logLevel: 'error',
  });
  const stop = async () => {
    await client.stop();
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await client.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { ask: (asked) => ask(client, home, asked), close: stop };
}

/** Tells of the calls of a server's tools. The promise fails for a model that forgets what it has read, and reads on. */
function watch(session, mcp, onCall) {
  const started = new Map();
  session.on('tool.execution_start', ({ data }) => {
    if (mcp && data.mcpServerName === mcp.name) started.set(data.toolCallId, data);
  });
  session.on('tool.execution_complete', ({ data }) => {
    if (!started.has(data.toolCallId)) return;
    const { mcpToolName, arguments: given } = started.get(data.toolCallId);
    onCall?.({ tool: mcpToolName, arguments: given ?? {}, result: data.result?.structuredContent });
  });
  return new Promise((_, reject) => {
    let count = 0;
    session.on('tool.execution_start', () => {
      count += 1;
      if (count > CALLS) reject(new Error(`the model called tools more than ${CALLS} times`));
    });
  });
}

async function ask(client, home, { system, prompt, answer, mcp, onCall }) {
  const allowed = new ToolSet().addCustom(answer.name);
  for (const tool of mcp?.tools ?? []) allowed.addMcp(`${mcp.name}-${tool}`);
  const tool = defineTool(answer.name, {
    description: answer.description,
    parameters: answer.parameters,
    skipPermission: true,
    defer: 'never',
    handler(given) {
      try {
        return { textResultForLlm: answer.handler(given), resultType: 'success' };
      } catch (error) {
        return { textResultForLlm: error.message, resultType: 'failure', error: error.message };
      }
    },
  });
  const session = await client.createSession({
    ...(process.env.COPILOT_MODEL && { model: process.env.COPILOT_MODEL }),
    ...provider(),
    systemMessage: { mode: 'replace', content: system },
    tools: [tool],
    availableTools: allowed,
    ...(mcp && { mcpServers: { [mcp.name]: mcp.server } }),
    workingDirectory: home,
    // A result that is put into a file could not be read: there is no tool for files.
    largeOutput: { enabled: false },
    infiniteSessions: { enabled: false },
    onPermissionRequest: () => ({ kind: 'reject' }),
  });
  const inCircles = watch(session, mcp, onCall);
  try {
    await Promise.race([session.sendAndWait({ prompt }, TIMEOUT_MS), inCircles]);
  } catch (error) {
    await session.abort();
    throw error;
  } finally {
    await session.disconnect();
  }
}
