/** Headless sign-in for Microsoft Work IQ. */

/**
 * Who signs in, and who serves Work IQ's tools.
 *
 * - `delegated`: the signed-in user; Work IQ's own program does everything, exactly as without this package.
 * - `app-only`: a service principal; this package serves the tools over Microsoft Graph.
 * - `agent-user`: an Entra agent identity and its agent user. Not available in this version.
 */
export type AuthMode = 'delegated' | 'app-only' | 'agent-user';

/** One of Microsoft's clouds; authority and Graph change together. */
export type Cloud = 'public' | 'usgov' | 'usgov-dod' | 'china' | 'bleu' | 'delos';

/**
 * Settings given in code. They win over `WORKIQ_*` variables, which win over `AZURE_*`; what is left out comes from
 * there.
 */
export interface Options {
  /** `WORKIQ_AUTH_MODE`; by default `delegated`, which has no credential of ours. */
  mode?: AuthMode;
  /** `WORKIQ_TENANT_ID`: GUID or verified domain. */
  tenantId?: string;
  /** `WORKIQ_CLIENT_ID`: application (client) id. */
  clientId?: string;
  /** `WORKIQ_CLIENT_SECRET`: a client secret, or the path of a certificate. */
  clientSecret?: string;
  /** `WORKIQ_CLIENT_CERTIFICATE_PATH`: PEM (key and certificates in any order) or PKCS#12/PFX. */
  clientCertificatePath?: string;
  /** `WORKIQ_CLIENT_CERTIFICATE`: the same, inline: PEM text, or base64 of PEM or PFX. */
  clientCertificate?: string;
  /** `WORKIQ_CLIENT_CERTIFICATE_PASSWORD`: for an encrypted key or PFX. */
  clientCertificatePassword?: string;
  /** `WORKIQ_CLIENT_SEND_CERTIFICATE_CHAIN`: puts the chain into the assertion's `x5c`. */
  sendCertificateChain?: boolean;
  /** `WORKIQ_ASSERTION_ALG`: `PS256` by default; `RS256` for tenants that refuse it. */
  assertionAlg?: 'PS256' | 'RS256';
  /** `WORKIQ_CREDENTIAL`: takes this source and no other. */
  credential?: 'secret' | 'certificate';
  /** `WORKIQ_CLOUD`. */
  cloud?: Cloud;
  /** `WORKIQ_AUTHORITY_HOST`: an https origin, for a private cloud or a test tenant. */
  authorityHost?: string;
  /** `WORKIQ_GRAPH_ENDPOINT`: an https origin, for a private cloud or a test tenant. */
  graphEndpoint?: string;
  /** `WORKIQ_USER`: user principal name or object id that stands in for `/me`. */
  user?: string;
  /** Milliseconds that one sign-in may take in all; 30000 by default. */
  timeoutMs?: number;
}

/** A token, as `AccessToken` of `@azure/core-auth`. */
export interface AccessToken {
  /** The token itself. */
  token: string;
  /** When it expires, in milliseconds since 1970. */
  expiresOnTimestamp: number;
  /** When a new one should be asked for, in milliseconds since 1970, where Entra said. */
  refreshAfterTimestamp?: number;
  tokenType: 'Bearer';
}

/** As much of an `AbortSignal` as is used; the one of every platform and library fits. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** What may be given with a request for a token, as `GetTokenOptions` of `@azure/core-auth`. */
export interface GetTokenOptions {
  /** Gives up waiting; others who wait for the same token are left alone. */
  abortSignal?: AbortSignalLike;
  /** Claims out of a challenge, as JSON: a new token is asked for, whatever is in memory. */
  claims?: string;
  /** Must be the credential's own tenant where it is given: an application signs in to just one. */
  tenantId?: string;
  /** Accepted: a claims challenge is answered with `claims` whether it is given or not. */
  enableCae?: boolean;
}

/** Hands out tokens of one application in one tenant. Satisfies `TokenCredential` of `@azure/core-auth`. */
export interface Credential {
  /**
   * A token for a scope: from memory, or by a request that all who ask at the same time share.
   *
   * @param scopes exactly one, `<resource>/.default`
   * @throws {AuthError} why there is none, and what to do
   * @throws {Error} with the name `AbortError`, when the signal was or is aborted
   */
  getToken(scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken>;
}

/**
 * A credential from options and environment. Sends nothing yet.
 *
 * @throws {AuthError} a setting is missing or wrong (all are named), or the mode has no credential of ours
 */
export function createCredential(options?: Options): Credential;

/**
 * The auth mode in an environment; unset is `delegated`.
 *
 * @param env by default `process.env`
 * @throws {AuthError} naming the variable, the value and the three choices
 */
export function resolveAuthMode(env?: Record<string, string | undefined>): AuthMode;

/** A stdio server in the configuration of an MCP client, such as `mcpServers` of a Copilot SDK session. */
export interface McpServer {
  type: 'stdio';
  command: string;
  args: string[];
  /** The variables that are needed and not secret. */
  env: Record<string, string>;
  tools: string[];
  /** Milliseconds for one call. */
  timeout: number;
}

/**
 * The entry for our server in an MCP client's configuration. Holds no secret: a client secret in the environment
 * reaches the server only if the client passes its environment on, so prefer a certificate's path.
 *
 * @throws {AuthError} with the code `secret_in_configuration`, when a secret was given as an option
 */
export function mcpServer(options?: Options): McpServer;

/** Why sign-in failed, and what to do next. Never holds a secret. */
export class AuthError extends Error {
  private constructor();
  readonly name: 'AuthError';
  /** The OAuth `error`, or one of ours: `invalid_settings`, `network_error`, `tls_error`, `timeout`, … */
  readonly code: string;
  /** The number in an `AADSTS…` code. */
  readonly aadsts?: number;
  /** HTTP status of the answer. */
  readonly status?: number;
  /** Entra's `suberror`. */
  readonly suberror?: string;
  /** Claims that a new request must carry. */
  readonly claims?: string;
  /** For Microsoft's support. */
  readonly correlationId?: string;
  /** For Microsoft's support. */
  readonly traceId?: string;
  /** What to do next. */
  readonly hint?: string;
  /** Whether the same request may succeed later with nothing changed. */
  readonly retryable: boolean;
}
