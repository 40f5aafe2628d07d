/**
 * Entra's errors: code to OAuth error, HTTP status and text.
 */
import { randomUUID } from 'node:crypto';

const WRONG_TENANT =
  'This can happen if the application has not been installed by the administrator of the tenant or consented ' +
  'to by any user in the tenant. You may have sent your authentication request to the wrong tenant.';
const CERTIFICATES =
  'Review the documentation at https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .';
const FEDERATION =
  'Please note that the matching is done using a case-sensitive comparison. Check your federated identity ' +
  'credential Subject, Audience and Issuer against the presented assertion. ' +
  'https://learn.microsoft.com/entra/workload-id/workload-identity-federation';

const request = (text) => ['invalid_request', 400, text];
const client = (text) => ['invalid_client', 401, text];

/** Code to [OAuth error, status, text or function that makes it from the case's facts]. */
const ERRORS = {
  50000: ['server_error', 500, 'There was an error issuing a token or an issue with our sign-in service.'],
  50001: [
    'invalid_resource',
    400,
    (f) => `The resource principal named ${f.resource} was not found in the tenant.`,
  ],
  50012: client('Authentication failed. Certificate chain validation failed.'),
  50027: [
    'invalid_client',
    401,
    (f) => `JWT token is invalid or malformed.${f.reason ? ` ${f.reason}` : ''}`,
  ],
  50196: [
    'invalid_grant',
    400,
    'The server terminated an operation because it encountered a client request loop. Please contact your app vendor.',
  ],
  53003: [
    'invalid_grant',
    400,
    'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.',
  ],
  65001: [
    'invalid_grant',
    400,
    (f) =>
      `The user or administrator has not consented to use the application with ID '${f.clientId}'. Send an interactive authorization request for this user and resource.`,
  ],
  70001: [
    'unauthorized_client',
    400,
    (f) => `Application with identifier '${f.clientId}' is disabled or not installed.`,
  ],
  70003: [
    'unsupported_grant_type',
    400,
    (f) => `The app requested an unsupported grant type '${f.grantType}'.`,
  ],
  70011: [
    'invalid_scope',
    400,
    (f) =>
      "The provided request must include a 'scope' input parameter. The provided value for the input parameter " +
      `'scope' is not valid. The scope ${f.scope ?? ''} is not valid.`,
  ],
  70021: client('No matching federated identity record found for presented assertion.'),
  70023: client('External OIDC token lifetime is longer than the maximum allowed lifetime 1.01:00:00.'),
  70025: client(
    (f) => `The client '${f.clientId}'(workiq-ci) has no configured federated identity credentials.`,
  ),
  90002: request(
    (f) =>
      `Tenant '${f.tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the ` +
      'correct cloud. Check with your subscription administrator, this may happen if there are no active ' +
      'subscriptions for the tenant.',
  ),
  90033: ['temporarily_unavailable', 503, 'A transient error has occurred. Please try again.'],
  90055: ['temporarily_unavailable', 503, 'The server is terminating the request due to too many requests.'],
  100007: request(
    'AAD Regional ONLY supports auth either for MSIs OR for requests from MSAL using SN+I for 1P apps or 3P apps ' +
      'in Microsoft infrastructure tenants.',
  ),
  500011: [
    'invalid_resource',
    400,
    (f) =>
      `The resource principal named ${f.resource} was not found in the tenant named Contoso. ${WRONG_TENANT}`,
  ],
  501051: [
    'invalid_grant',
    400,
    (f) => `Application '${f.clientId}'(workiq-ci) is not assigned to a role for the application.`,
  ],
  530032: ['invalid_grant', 400, 'User blocked due to risk on home tenant.'],
  530035: ['access_denied', 400, 'Access has been blocked by security defaults.'],
  700016: [
    'unauthorized_client',
    400,
    (f) =>
      `Application with identifier '${f.clientId}' was not found in the directory 'Contoso'. ${WRONG_TENANT}`,
  ],
  700021: client(
    (f) =>
      `Client assertion application identifier doesn't match 'client_id' parameter. ${f.reason ?? CERTIFICATES}`,
  ),
  700023: client(`Client assertion audience claim does not match Realm issuer. ${CERTIFICATES}`),
  700024: client(
    (f) =>
      `Client assertion is not within its valid time range. Current time: ${f.now}, assertion valid from ` +
      `${f.from}, expiry time of assertion ${f.until}. ${CERTIFICATES}`,
  ),
  700025: client("Client is public so neither 'client_assertion' nor 'client_secret' should be presented."),
  700027: client(
    (f) =>
      `${f.lead ?? 'The certificate with identifier used to sign the client assertion is not registered on application.'} ` +
      `[Reason - ${f.reason}, Thumbprint of key used by client: '${f.thumbprint}'${f.found ?? ''}, Please visit the ` +
      'Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id ' +
      `'${f.clientId}'. Review the documentation at https://docs.microsoft.com/en-us/graph/deployments to determine ` +
      'the corresponding service endpoint and https://docs.microsoft.com/en-us/graph/api/application-get to build ' +
      `a query request URL, such as 'https://graph.microsoft.com/beta/applications/${f.clientId}'].`,
  ),
  700030: client('Invalid certificate - subject name in certificate is not authorized.'),
  700211: client(
    (f) =>
      `No matching federated identity record found for presented assertion issuer '${f.value}'. ${FEDERATION}`,
  ),
  700212: client(
    (f) =>
      `No matching federated identity record found for presented assertion audience '${f.value}'. ${FEDERATION}`,
  ),
  700213: client(
    (f) =>
      `No matching federated identity record found for presented assertion subject '${f.value}'. ${FEDERATION}`,
  ),
  700222: client('AAD-issued tokens may not be used for federated identity flows.'),
  700223: client('The tenant does not allow federated identity credentials for this application.'),
  700238: client('The tenant does not allow federated identity credentials of this issuer.'),
  900023: request(
    (f) =>
      `Specified tenant identifier '${f.tenant}' is neither a valid DNS name, nor a valid external domain.`,
  ),
  900144: request((f) => `The request body must contain the following parameter: '${f.parameter}'.`),
  900561: ['invalid_request', 405, 'The endpoint only accepts POST requests. Received a GET request.'],
  1002012: [
    'invalid_scope',
    400,
    (f) =>
      `The provided value for scope ${f.scope} is not valid. Client credential flows must have a scope value with ` +
      '/.default suffixed to the resource identifier (application ID URI).',
  ],
  5002723: client(
    'Invalid JWT token. No certificate SHA-1 thumbprint, certificate SHA-256 thumbprint, nor keyId specified in token header.',
  ),
  5002738: client(
    (f) =>
      `Invalid JWT token. '${f.alg}' is not a supported signature algorithm. Supported signing algorithms are: ` +
      "'RS256, RS384, RS512, PS256, PS384, PS512'.",
  ),
  7000112: ['unauthorized_client', 400, (f) => `Application '${f.clientId}'(workiq-ci) is disabled.`],
  7000215: client(
    (f) =>
      'Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not ' +
      `the client secret ID, for a secret added to app '${f.clientId}'.`,
  ),
  7000216: request(
    "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
  ),
  7000218: client(
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
  ),
  7000222: client(
    (f) =>
      `The provided client secret keys for app '${f.clientId}' are expired. Visit the Azure portal to create new ` +
      'keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added ' +
      'security: https://aka.ms/certCreds.',
  ),
  7002138: client(
    (f) =>
      'No matching federated identity record found for presented assertion subject ' +
      `'${f.value}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. ${FEDERATION}`,
  ),
  9001023: request(
    'The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.',
  ),
};

/** A date as Entra's texts write it in a body: `2026-11-02 08:15:00Z`. */
export const stamp = (milliseconds) =>
  `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')}Z`;

/**
 * The answer for a code, byte for byte in Entra's shape.
 *
 * @param {number} code
 * @param {object} facts what the text needs: clientId, tenant, scope, …
 * @param {{now: number, requestId: string, correlationId?: string, crlf?: boolean}} context
 * @param {object} [more] further members of the body: suberror, claims
 */
export function entraError(code, facts, context, more = {}) {
  const [error, status, text] = ERRORS[code] ?? ['invalid_request', 400, 'The request was refused.'];
  const correlationId = context.correlationId ?? randomUUID();
  const timestamp = stamp(context.now);
  const gap = context.crlf ? '\r\n' : ' ';
  const lines = [
    `AADSTS${code}: ${typeof text === 'function' ? text(facts) : text}`,
    `Trace ID: ${context.requestId}`,
    `Correlation ID: ${correlationId}`,
    `Timestamp: ${timestamp}`,
  ];
  return {
    status,
    body: {
      error,
      error_description: lines.join(gap),
      error_codes: [code],
      timestamp,
      trace_id: context.requestId,
      correlation_id: correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
      ...more,
    },
  };
}

/** Thrown by the checks of the token endpoint. */
export class Refusal extends Error {
  constructor(code, facts = {}) {
    super(`AADSTS${code}`);
    this.code = code;
    this.facts = facts;
  }
}
