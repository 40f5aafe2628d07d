// A program with an agent in it, on the Copilot SDK: whoever starts it decides what it holds. Its model, which plays the
// deceived part, runs in it as well; what came of the session is printed as JSON.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { SERVER } from '../expected.mjs';
import { startModel } from '../model.mjs';

const { copilot, home, project, calls, prompt, timeout } = JSON.parse(
  readFileSync(process.env.AGENT_PLAN, 'utf8'),
);
const { mcpServer } = createRequire(new URL('../../../package.json', import.meta.url))('workiq-auth');
const sdk = await import('@github/copilot-sdk');

/** One call a turn; then the answer. */
const model = await startModel((turn) =>
  turn < calls.length ? { calls: [calls[turn]] } : { text: 'Done.' },
);
const events = [];
const permissions = [];
const client = new sdk.CopilotClient({
  connection: sdk.RuntimeConnection.forStdio({ path: copilot }),
  env: {
    ...process.env,
    COPILOT_OFFLINE: 'true',
    COPILOT_MODEL: 'scripted',
    COPILOT_PROVIDER_BASE_URL: model.url,
  },
  baseDirectory: path.join(home, '.copilot'),
  workingDirectory: project,
  useLoggedInUser: false,
  logLevel: 'all',
});
try {
  await client.start();
  const session = await client.createSession({
    model: 'scripted',
    provider: { type: 'openai', wireApi: 'completions', baseUrl: model.url },
    mcpServers: { [SERVER]: mcpServer() },
    workingDirectory: project,
    // The worst that a person can do: to agree to everything.
    onPermissionRequest: (request, invocation) => {
      permissions.push(request.kind);
      return sdk.approveAll(request, invocation);
    },
  });
  session.on((event) => events.push(event));
  await session.sendAndWait({ prompt }, timeout);
  await session.disconnect();
  const tools = model.last.tools.map((tool) => tool.function);
  process.stdout.write(
    JSON.stringify({ results: model.last.results, permissions, problems: model.problems, tools, events }),
  );
} finally {
  await client.stop();
  await model.close();
}
