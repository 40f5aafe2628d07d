// The public types, as a TypeScript program in CommonJS uses them. Compiled, never run.

import workiqAuth = require('workiq-auth');

import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { AuthError, createCredential, diagnose, mcpServer, resolveAuthMode } from 'workiq-auth';

// A credential is what every Azure and Graph client takes, with no conversion.
const plain: TokenCredential = createCredential();
const other: TokenCredential = workiqAuth.createCredential({});

// Every variable has its option.
createCredential({
  mode: 'app-only',
  tenantId: 'contoso.onmicrosoft.com',
  clientId: '11111111-2222-3333-4444-555555555555',
  clientSecret: 'a secret, or the path of a certificate',
  clientCertificatePath: './client.pem',
  clientCertificate: '-----BEGIN CERTIFICATE-----',
  clientCertificatePassword: 'password',
  sendCertificateChain: true,
  assertionAlg: 'RS256',
  federatedTokenFile: '/var/run/secrets/token',
  federatedAudience: 'api://contoso-exchange',
  clientAssertion: async () => 'a JWT',
  accessToken: 'a JWT',
  credential: 'certificate',
  cloud: 'usgov',
  authorityHost: 'https://login.contoso.example',
  graphEndpoint: 'https://graph.contoso.example',
  user: 'megan@contoso.example',
  timeoutMs: 10_000,
});

for (const mode of ['delegated', 'app-only', 'agent-user'] as const) createCredential({ mode });
for (const cloud of ['public', 'usgov', 'usgov-dod', 'china', 'bleu', 'delos'] as const) {
  createCredential({ cloud });
}
for (const credential of [
  'secret',
  'certificate',
  'github',
  'pipelines',
  'token-file',
  'managed-identity',
  'azure-cli',
  'access-token',
] as const) {
  createCredential({ credential });
}
// It may answer at once.
createCredential({ clientAssertion: () => 'a JWT' });
// @ts-expect-error an assertion is text
createCredential({ clientAssertion: () => 42 });

// @ts-expect-error no such mode
createCredential({ mode: 'apponly' });
// @ts-expect-error no such cloud
createCredential({ cloud: 'mars' });
// @ts-expect-error no such source
createCredential({ credential: 'browser' });
// @ts-expect-error the option is tenantId
createCredential({ tenant: 'contoso.onmicrosoft.com' });
// @ts-expect-error a deadline is a number of milliseconds
createCredential({ timeoutMs: '10s' });
// @ts-expect-error true or false, not the variable's text
createCredential({ sendCertificateChain: 'true' });

async function tokens(): Promise<void> {
  const credential = createCredential({ mode: 'app-only' });
  const token = await credential.getToken('https://graph.microsoft.com/.default');
  const text: string = token.token;
  const expires: number = token.expiresOnTimestamp;
  const refresh: number | undefined = token.refreshAfterTimestamp;
  const type: string | undefined = token.tokenType;
  const shared: AccessToken = token;

  await credential.getToken(['https://graph.microsoft.com/.default'], {
    abortSignal: new AbortController().signal,
    claims: '{}',
    tenantId: 'contoso.onmicrosoft.com',
    enableCae: true,
  });
  // @ts-expect-error scopes are required
  await credential.getToken();
  // @ts-expect-error scopes are text
  await credential.getToken(42);

  void [text, expires, refresh, type, shared];
}

// The mode is one of three, and exhaustively so.
const mode: 'delegated' | 'app-only' | 'agent-user' = resolveAuthMode();
resolveAuthMode({ WORKIQ_AUTH_MODE: 'app-only' });
resolveAuthMode(process.env);
// @ts-expect-error an environment, not a mode
resolveAuthMode('app-only');

// The entry for a Copilot SDK session's `mcpServers`.
const entry: { command: string; args: string[] } = mcpServer();
const servers: Record<string, { command: string; args: string[]; timeout?: number }> = {
  workiq: mcpServer({
    mode: 'app-only',
    boundary: {
      users: ['ada@contoso.com', { id: 'grace@contoso.com', methods: ['read'], mailFolders: ['inbox'] }],
      chats: [{ id: '19:a@thread.v2', from: '2026-10-01', to: '2026-10-31T12:00:00Z', days: 30 }],
    },
  }),
};

// @ts-expect-error nothing in a path bounds files by time
mcpServer({ boundary: { drives: [{ id: 'b!x', days: 30 }] } });

// The doctor's report.
export async function look(): Promise<string[]> {
  const { checks, exitCode } = await diagnose({ users: ['ada@contoso.com'], timeoutMs: 5000 });
  const code: 0 | 1 | 3 = exitCode;
  // @ts-expect-error a user is a text
  await diagnose({ users: [code] });
  const steps = checks.flatMap(({ todo }) => todo ?? []);
  const pages: string[] = steps.flatMap((step) => ('url' in step ? [step.url] : []));
  // @ts-expect-error a step is one of three
  const other: string[] = steps.flatMap((step) => ('page' in step ? [step.page] : []));
  if (pages.length + other.length === 0) return [];
  return checks.filter(({ status }) => status === 'failed').map(({ summary }) => summary);
}

function explain(error: unknown): string {
  if (!(error instanceof AuthError)) throw error;
  const base: Error = error;
  const code: string = error.code;
  const aadsts: number | undefined = error.aadsts;
  const status: number | undefined = error.status;
  const ids: (string | undefined)[] = [error.correlationId, error.traceId];
  const more: (string | undefined)[] = [error.suberror, error.claims, error.hint];
  const retryable: boolean = error.retryable;
  // @ts-expect-error no secret travels on an error
  error.clientSecret;
  return `${base.message} ${code} ${aadsts} ${status} ${ids} ${more} ${retryable}`;
}

void [plain, other, tokens, mode, entry, servers, explain];
