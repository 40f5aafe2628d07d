/**
 * Graph's errors, each workload in its own words.
 */

/** Asks for a transcript without the names of the speakers. */
export const TRANSCRIPT_ATTRIBUTION = 'application/vnd.microsoft.graph.transcript+text';

const seconds = (now) => new Date(now).toISOString().slice(0, 19);

/**
 * @param {number} status
 * @param {string} code
 * @param {string} message
 * @param {{now: number, requestId: string, clientRequestId?: string}} context
 * @param {Record<string, string>} [headers]
 * @param {object} [more] further members of the error object; `innerError` is merged
 */
export function graphError(status, code, message, context, headers = {}, more = {}) {
  const { innerError, ...rest } = more;
  return {
    status,
    headers,
    body: {
      error: {
        code,
        message,
        ...rest,
        innerError: {
          ...innerError,
          date: seconds(context.now),
          'request-id': context.requestId,
          'client-request-id': context.clientRequestId ?? context.requestId,
        },
      },
    },
  };
}

/** Thrown by handlers; becomes a `graphError`. */
export class GraphRefusal extends Error {
  constructor(status, code, message, { headers, ...more } = {}) {
    super(message);
    Object.assign(this, { status, code, headers, more });
  }
}

const NOT_FOUND = {
  directory: [
    'Request_ResourceNotFound',
    (what) =>
      `Resource '${what}' does not exist or one of its queried reference-property objects are not present.`,
  ],
  outlook: ['ErrorItemNotFound', () => 'The specified object was not found in the store.'],
  teams: ['NotFound', (what) => `No resource found with id '${what}'.`],
  meetings: ['ResourceNotFound', () => 'The requested resource was not found.'],
  sites: ['itemNotFound', () => 'The resource could not be found.'],
  external: ['ResourceNotFound', () => 'The requested item was not found.'],
};

/** 404 in the words of a workload. */
export function notFound(workload, what) {
  const [code, text] = NOT_FOUND[workload];
  return new GraphRefusal(404, code, text(what));
}

/** 400. */
export const badRequest = (message, code = 'BadRequest') => new GraphRefusal(400, code, message);

/** 403 for a missing role, in the words of a workload. */
export function missingRole(workload, wanted, roles) {
  if (workload === 'directory') {
    return new GraphRefusal(
      403,
      'Authorization_RequestDenied',
      'Insufficient privileges to complete the operation.',
    );
  }
  if (workload === 'outlook') {
    return new GraphRefusal(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.');
  }
  if (workload === 'sites') {
    return roles.length === 0
      ? new GraphRefusal(
          401,
          'generalException',
          'Either scp or roles claim need to be present in the token.',
        )
      : new GraphRefusal(403, 'accessDenied', 'Access denied');
  }
  const list = (names) => `'${names.join(', ')}'`;
  return new GraphRefusal(
    403,
    'Forbidden',
    `Missing role permissions on the request. API requires one of ${list(wanted)}. Roles on the request ${list(roles)}.`,
  );
}

/** Refusals to be had by `fail({graphError: name})`: [status, code, message, inner code]. */
const REFUSALS = {
  GraphAccessToTranscriptsDisabled: [
    403,
    'Forbidden',
    'Access to meeting transcripts through Microsoft Graph is disabled for this tenant.',
    'GraphAccessToTranscriptsDisabled',
  ],
  SpeakerAttributionNotAllowed: [
    403,
    'Forbidden',
    'Speaker attribution in meeting transcripts is not allowed for this tenant.',
    'SpeakerAttributionNotAllowed',
  ],
  NoApplicationAccessPolicy: [403, 'Forbidden', 'No application access policy found for this app.'],
  NotAllowedOnUser: [
    403,
    'Forbidden',
    'Application is not allowed to perform operations on the user, neither is allowed access through RSC permission evaluation.',
  ],
  MissingRole: [
    403,
    'Forbidden',
    "Missing role permissions on the request. API requires one of 'OnlineMeetingTranscript.Read.All, OnlineMeetingTranscript.Read.Chat'. Roles on the request 'User.Read.All'.",
  ],
  ProtectedApi: [
    403,
    'Forbidden',
    'Invoked API requires Protected API access in application-only context when not using Resource Specific Consent. Visit https://docs.microsoft.com/en-us/graph/teams-protected-apis for more details.',
  ],
  AuthorizationRequestDenied: [
    403,
    'Authorization_RequestDenied',
    'Insufficient privileges to complete the operation.',
  ],
  ErrorAccessDenied: [403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.'],
  ODataDisabled: [403, 'ErrorAccessDenied', 'Access to OData is disabled.'],
  AppOnlyAccessPolicy: [
    403,
    'ErrorAccessDenied',
    'Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.',
  ],
  AccessDenied: [403, 'accessDenied', 'Access denied'],
  NoScpOrRoles: [401, 'generalException', 'Either scp or roles claim need to be present in the token.'],
  PaymentRequired: [402, 'PaymentRequired', 'The API requires a licence or payment for this application.'],
  // Permissions named in the words of Search, of the audit logs, of Defender, and as JSON in the text.
  SearchPermissions: [
    403,
    'Forbidden',
    'Access to ListItem in Graph API requires the following permissions: Sites.Read.All or Sites.ReadWrite.All. However, the application only has the following permissions granted: User.Read.All',
  ],
  AuditLogPermission: [
    403,
    'Authentication_MSGraphPermissionMissing',
    'The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All to call this API.',
  ],
  ApplicationRoles: [
    403,
    'Forbidden',
    'Missing application roles. API required roles: SecurityIncident.Read.All, application roles: User.Read.All.',
  ],
  PermissionScopeNotGranted: [
    403,
    'UnknownError',
    '{"errorCode":"PermissionScopeNotGranted","message":"Authorization failed due to missing permission scope Group.Read.All.","instanceAnnotations":[]}',
  ],
  ResourceConsent: [
    403,
    'Forbidden',
    "Missing role permissions on the request. API requires one of 'ChannelMessage.Read.Group'. Roles on the request ''.",
  ],
  NoPermissionsInAccessToken: [
    401,
    'NoPermissionsInAccessToken',
    'The token contains no permissions, or permissions can not be understood.',
  ],
  IdentityNotFound: [
    403,
    'Authorization_IdentityNotFound',
    'The identity of the calling application could not be established.',
  ],
  InvalidAuthenticationToken: [
    401,
    'InvalidAuthenticationToken',
    'Lifetime validation failed, the token is expired.',
  ],
  MeOnly: [400, 'BadRequest', '/me request is only valid with delegated authentication flow.'],
  NotInAppOnly: [412, 'PreconditionFailed', 'Requested API is not supported in application-only context'],
  OneNoteAppOnly: [
    401,
    '40001',
    'The request does not contain a valid authentication token. Detailed error information: this API will no longer support app-only tokens starting from March 31st 2025.',
  ],
  ConditionalAccess: [403, 'accessDenied', 'Access has been blocked by Conditional Access policies.'],
  LocationCondition: [
    401,
    'InvalidAuthenticationToken',
    'Continuous access evaluation resulted in challenge with result: InteractionRequired and code: LocationConditionEvaluationSatisfied',
  ],
  NetworkLocation: [
    403,
    'accessDenied',
    "Due to organizational policies, you can't access these resources from this network location.",
  ],
  MailboxNotEnabled: [
    404,
    'MailboxNotEnabledForRESTAPI',
    'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
  ],
  MySiteNotFound: [404, 'ResourceNotFound', "User's mysite not found."],
  NoSpoLicence: [400, 'BadRequest', 'Tenant does not have a SPO license.'],
  PremiumLicence: [
    403,
    'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
    "Neither tenant is B2C or tenant doesn't have premium license",
  ],
};

/** The answer for a named refusal; an unknown name becomes the code of a 403. */
export function refusalBody(name, context) {
  const [status, code, message, inner] = REFUSALS[name] ?? [403, name, 'The request was refused.'];
  return graphError(status, code, message, context, {}, inner ? { innerError: { code: inner } } : {});
}

/** 400, as Graph answers where a path goes beyond what it knows. */
export const noSegment = (segment) => badRequest(`Resource not found for the segment '${segment}'.`);
