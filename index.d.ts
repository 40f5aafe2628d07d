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
 * Where the proof of identity, or the token itself, comes from.
 *
 * - `secret`, `certificate`, `token-file`: from the options and variables of that name.
 * - `github`, `pipelines`: the OIDC token of a job in GitHub Actions or Azure Pipelines.
 * - `managed-identity`: the identity of the Azure host; `clientId` then names a user-assigned one.
 * - `azure-cli`: the application that is signed in to `az`. Taken only where it is named.
 * - `access-token`: a token from outside.
 */
export type CredentialSource =
  | 'secret'
  | 'certificate'
  | 'github'
  | 'pipelines'
  | 'token-file'
  | 'managed-identity'
  | 'azure-cli'
  | 'access-token';

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
  /** `WORKIQ_FEDERATED_TOKEN_FILE`: a file with an identity provider's token, read anew for each request. */
  federatedTokenFile?: string;
  /**
   * `WORKIQ_FEDERATED_AUDIENCE`: the audience of federated tokens; by default the cloud's exchange audience. Must be
   * set, to something else, with an `authorityHost` that is no cloud's.
   */
  federatedAudience?: string;
  /**
   * Gives an identity provider's token (a JWT) that proves who the application is. Called only when a request is
   * really sent, and anew for each; what it throws is an {@link AuthError} with the code `client_assertion_failed`.
   */
  clientAssertion?: () => string | Promise<string>;
  /** `WORKIQ_ACCESS_TOKEN`: an access token from outside, used until it expires. */
  accessToken?: string;
  /** `WORKIQ_CREDENTIAL`: takes this source and no other. */
  credential?: CredentialSource;
  /** `WORKIQ_CLOUD`. */
  cloud?: Cloud;
  /** `WORKIQ_AUTHORITY_HOST`: an https origin, for a private cloud or a test tenant. */
  authorityHost?: string;
  /** `WORKIQ_GRAPH_ENDPOINT`: an https origin, for a private cloud or a test tenant. */
  graphEndpoint?: string;
  /** `WORKIQ_USER`: user principal name or object id that stands in for `/me`. */
  user?: string;
  /** Milliseconds that one sign-in may take in all, retries included; 30000 by default. */
  timeoutMs?: number;
}

/** A token, as `AccessToken` of `@azure/core-auth`. Frozen: one object is handed to many. */
export interface AccessToken {
  /** The token itself. */
  token: string;
  /** When it expires, in milliseconds since 1970. */
  expiresOnTimestamp: number;
  /**
   * From when on a call renews it in the background, in milliseconds since 1970. None where its life is too short for
   * that.
   */
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
  /**
   * Claims out of a challenge, as JSON (decoded from base64): the token in memory is forgotten and a new one is asked
   * for, by one request for all who come with the same claims.
   */
  claims?: string;
  /** Must be the credential's own tenant where it is given: an application signs in to just one. */
  tenantId?: string;
  /**
   * Accepted, and without effect: continuous access evaluation is always declared for Microsoft Graph, so a challenge
   * of Graph's may come and is to be answered with `claims`.
   */
  enableCae?: boolean;
}

/** Hands out tokens of one application in one tenant. Satisfies `TokenCredential` of `@azure/core-auth`. */
export interface Credential {
  /**
   * A token for a scope: from memory, or by a request that all who ask at the same time share.
   *
   * A token that is due for renewal is handed out at once, while one request runs in the background; it keeps no
   * process alive, and while it fails the token serves on until five minutes before it expires. A refusal that will not
   * heal by itself is remembered for five seconds, in which calls fail with it and send nothing. What a person should
   * hear about (a certificate near its end, a renewal that failed) is a warning of the process, code `WORKIQ_AUTH`.
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
  /** Milliseconds that the client should give a call: somewhat more than the server takes at most. */
  timeout: number;
}

/** A kind of write. */
export type WriteClass = 'create' | 'update' | 'delete' | 'action';

/** What may be done to an object of a boundary; reading too. */
export type BoundaryMethod = 'read' | WriteClass;

/** An object of a boundary: its id, which allows all that lies under it, or the id with limits. */
export type BoundaryEntry<Limits = object> = string | ({ id: string; methods?: BoundaryMethod[] } & Limits);

/** A time window: what lies in it is read, and nothing is written. All that is named holds. */
export interface BoundaryWindow {
  /** The first instant inside (RFC 3339), or the first day (UTC). */
  from?: string;
  /** The first instant that is outside again (RFC 3339), or the last day inside (UTC). */
  to?: string;
  /** So many days up to now, at each request. */
  days?: number;
}

/** What may be touched; `docs/boundary.schema.json` has the same. What is not listed is refused. */
export interface Boundary {
  /** Users, by user principal name or object id. */
  users?: BoundaryEntry<{ mailFolders?: string[] } & BoundaryWindow>[];
  /** Users of whom only the online meetings are inside. */
  organizers?: BoundaryEntry<BoundaryWindow>[];
  /** Teams, by id. */
  teams?: BoundaryEntry<{ channels?: string[] } & BoundaryWindow>[];
  /** Chats, by id. */
  chats?: BoundaryEntry<BoundaryWindow>[];
  /** Sites, as `host,site collection,web`. */
  sites?: BoundaryEntry[];
  /** Drives, by id. */
  drives?: BoundaryEntry[];
}

/** Options of a server of Work IQ's tools. */
export interface McpServerOptions extends Options {
  /** Writes that are allowed: all with `true`, or some. None by default [`WORKIQ_ALLOW_WRITES`]. */
  allowWrites?: boolean | WriteClass[];
  /** What may be touched: a boundary, or the path of a file with one; everything by default [`WORKIQ_BOUNDARY`]. */
  boundary?: Boundary | string;
  /** The largest result of one call, text and structured content together, in bytes; 20000 [`WORKIQ_RESPONSE_BYTES`]. */
  responseBytes?: number;
  /** The largest file that `fetch_blob` hands out, in bytes; 4194304 [`WORKIQ_BLOB_BYTES`]. */
  blobBytes?: number;
  /** Hand out invisible characters as they are, and mail as it was formatted [`WORKIQ_EXACT_TEXT`]. */
  exactText?: boolean;
  /** Milliseconds that one call may take in all; 45000. `timeout` follows it [`WORKIQ_CALL_TIMEOUT_MS`]. */
  callTimeoutMs?: number;
  /** Where Microsoft Graph's metadata is kept; the user's cache directory [`WORKIQ_CACHE_DIR`]. */
  cacheDir?: string;
  /**
   * Write a line for each request to Graph, without its content, into this file; none by default. Give an absolute path:
   * a client chooses the server's working directory [`WORKIQ_AUDIT_FILE`].
   */
  auditFile?: string;
}

/**
 * The entry for our server in an MCP client's configuration. No secret is in it: where the credential is a secret, or the
 * right to ask a CI system for a token, it stays in this process, which answers the server's calls until it ends; the
 * entry then names the place where it does (`WORKIQ_BROKER`), and unsets what a client would pass on of it. In a process
 * that runs under `workiq-auth exec` the entry leads to the broker of that.
 *
 * @throws {AuthError} a secret was given as an option, and other settings are missing or wrong
 */
export function mcpServer(options?: McpServerOptions): McpServer;

/** How a check of the doctor ended. `skipped`: one that it depends on failed, or it does not apply. */
export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

/** A permission, and what comes with it. */
export interface PermissionReport {
  name: string;
  /** Its app role's id. */
  appRoleId: string | null;
  /** One of the seven of Work IQ, or one that turns ids into names. */
  kind: 'workIq' | 'helper';
  status: 'granted' | 'partly' | 'exchange' | 'missing';
  /** The permission that grants it, which may be a wider one; `exchange`: Exchange opens mailboxes without it. */
  by: string | null;
  /** The data that it opens. */
  unlocks: string;
  /** The tools that need it. */
  tools: string[];
}

/** One check of the doctor. */
export interface CheckReport {
  /** Stable: `settings`, `mode`, `credential`, `network.authority`, `token`, … */
  id: string;
  title: string;
  status: CheckStatus;
  tookMs: number;
  summary: string;
  facts: Record<string, unknown>;
  /** What a probe read: a user, team or site. */
  target?: string;
  /** The code of an error, as in docs/errors.md. */
  code?: string;
  /** The option or variable that each fact came from. */
  sources?: Record<string, string>;
  permissions?: PermissionReport[];
  /** What to do: words, commands to run, and addresses to open. */
  todo?: ({ text: string } | { command: string } | { url: string })[];
  link?: string;
}

/** What the doctor found; `docs/doctor.schema.json` has the same. */
export interface DiagnosisReport {
  schemaVersion: 1;
  /** Of this package. */
  version: string;
  /** The worst of the checks. */
  status: 'ok' | 'warning' | 'failed';
  /** As of the command: 0 all is well, 1 something failed, 3 not signed in or not permitted. */
  exitCode: 0 | 1 | 3;
  checks: CheckReport[];
  /** What was left out of it, where something was. */
  leftOut?: string;
}

/** Options of {@link diagnose}. */
export interface DiagnoseOptions
  extends Options,
    Pick<McpServerOptions, 'boundary' | 'callTimeoutMs' | 'auditFile'> {
  /** Users of whom a mail, a chat message and a contact are read; by default those of the boundary. */
  users?: string[];
  /** Teams of which a channel's message is read. */
  teams?: string[];
  /** Sites of which a file's name is read. */
  sites?: string[];
  /** Users of whose meetings a transcript is read, by object id. */
  meetingOrganizers?: string[];
}

/**
 * Looks at everything from settings to the data itself, as `workiq-auth doctor` does, and says what is wrong and what to
 * do. It signs in, and reads something small of each that is named. Secrets are never in the report; names and titles of
 * what was read are.
 *
 * @returns a report, whatever is wrong
 */
export function diagnose(options?: DiagnoseOptions): Promise<DiagnosisReport>;

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
  /**
   * What to do next, in a few lines; a command has one of its own. About a code of Entra's it ends with the address of
   * its explanation.
   */
  readonly hint?: string;
  /** Whether the same request may succeed later with nothing changed. */
  readonly retryable: boolean;
}
