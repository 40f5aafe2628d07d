/**
 * Microsoft Graph v1.0: the token is verified, the role required, then the workload asked.
 */
import { claimsChallengeAnswer, faultAnswer } from '../faults.mjs';
import { spoil } from '../wire.mjs';
import { addApplications } from './applications.mjs';
import { runBatch } from './batch.mjs';
import { addCalendar } from './calendar.mjs';
import { addChats } from './chats.mjs';
import { addDirectory } from './directory.mjs';
import { badRequest, GraphRefusal, graphError, missingRole, noSegment } from './errors.mjs';
import { addExternal } from './external.mjs';
import { addMail } from './mail.mjs';
import { addMeetings } from './meetings.mjs';
import { addMetadata } from './metadata.mjs';
import { page, select } from './query.mjs';
import { createRouter } from './router.mjs';
import { addSearch } from './search.mjs';
import { addSites } from './sites.mjs';
import { addTeams } from './teams.mjs';

const READS = new Set(['GET', 'HEAD']);

function readJson(body, headers) {
  if (body === '' || body === undefined) return undefined;
  if (!/json/i.test(headers['content-type'] ?? '')) {
    throw new GraphRefusal(415, 'RequestBodyRead', 'A Content-Type of application/json is expected.');
  }
  try {
    return JSON.parse(body);
  } catch {
    throw badRequest(
      'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
    );
  }
}

/**
 * @param {object} tenant what Graph knows: data, tokens, clock, options, URLs: see index.mjs
 */
export function createGraph(tenant) {
  const { tokens, clock } = tenant;
  const router = createRouter();
  for (const add of [
    addMetadata,
    addDirectory,
    addApplications,
    addMail,
    addCalendar,
    addChats,
    addTeams,
    addMeetings,
    addSites,
    addSearch,
    addExternal,
  ]) {
    add(router, tenant);
  }

  const contextOf = (request, token) => ({
    graph: true,
    // A request without a good token has no claims to be challenged for.
    carries: (claims) => token?.refused !== undefined || tokens.carries(token?.requested, claims),
    now: clock.now(),
    requestId: request.id,
    clientRequestId: request.headers['client-request-id'],
    facts: {},
  });

  const common = (context) => ({
    'request-id': context.requestId,
    'client-request-id': context.clientRequestId ?? context.requestId,
    'x-ms-ags-diagnostic':
      '{"ServerInfo":{"DataCenter":"West Europe","Slice":"E","Ring":"5","ScaleUnit":"000","RoleInstance":"TEST"}}',
    'odata-version': '4.0',
  });

  async function authenticate(request, context) {
    const match = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '');
    const refuse = (message) => ({
      refused: graphError(401, 'InvalidAuthenticationToken', message, context, {
        'WWW-Authenticate':
          'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", ' +
          'client_id="00000003-0000-0000-c000-000000000000"',
      }),
    });
    if (!match) return refuse('Access token is empty.');
    const token = await tokens.verify(match[1], tenant.graphUrl());
    if (token.refused) return refuse(token.refused);
    if (token.revoked) {
      const claims = JSON.stringify({
        access_token: { nbf: { essential: true, value: `${Math.floor(clock.now() / 1000)}` } },
      });
      return { refused: claimsChallengeAnswer(claims, context) };
    }
    return token;
  }

  /** A request whose token is good: to its route. */
  async function dispatch(request, claims, context) {
    const url = new URL(request.path, tenant.graphUrl());
    const version = /^\/(v1\.0|beta)(\/.*)?$/.exec(url.pathname);
    if (!version) throw noSegment(url.pathname.split('/')[1] ?? '');
    const path = version[2] ?? '/';
    const roles = claims?.roles ?? [];
    if (path === '/$batch') return runBatch(request, url, batchItem(claims, context));
    if (/^\/me(\/|$)/i.test(path))
      throw badRequest('/me request is only valid with delegated authentication flow.');
    const { route, parameters, args } = router.find(request.method === 'HEAD' ? 'GET' : request.method, path);
    if (route.roles && !route.roles.some((role) => roles.includes(role))) {
      throw missingRole(route.workload, route.roles, roles);
    }
    const call = {
      ...parameters,
      args,
      url,
      headers: request.headers,
      body: READS.has(request.method) ? undefined : readJson(request.body, request.headers),
      roles,
      now: context.now,
      page: (items, limits) => page(items, url, limits),
      one: (item, keep) => ({ body: select(item, url, keep) }),
    };
    return route.handler(call);
  }

  const guarded = async (request, claims, context) => {
    try {
      return await dispatch(request, claims, context);
    } catch (error) {
      if (!(error instanceof GraphRefusal)) throw error;
      return graphError(error.status, error.code, error.message, context, error.headers, error.more);
    }
  };

  /** Items of a batch meet the same faults and roles; what breaks connections is for whole requests. */
  const batchItem = (claims, outer) => async (item) => {
    const context = { ...outer, clientRequestId: item.headers['client-request-id'] };
    const rule = tenant.takeFault(['graph'], { ...item, carries: outer.carries });
    const fault = rule && faultAnswer(rule, context);
    const answer = fault && !fault.reset && !fault.hang ? fault : await guarded(item, claims, context);
    return { ...answer, headers: { ...common(context), ...answer.headers } };
  };

  /** A request to the Graph origin, under whichever of its names. */
  const handle = (request) => tenant.names.asGraph(request.headers.host, () => serve(request));

  async function serve(request) {
    const token = await authenticate(request, contextOf(request));
    const context = contextOf(request, token);
    const rule = tenant.takeFault(['graph'], { ...request, carries: context.carries });
    const finish = (answer) => spoil(rule, { ...answer, headers: { ...common(context), ...answer.headers } });
    if (rule?.delayMs) await tenant.delay(rule.delayMs);
    const fault = rule && faultAnswer(rule, context);
    if (fault) return finish(fault);
    // The metadata document is public, as the real one is.
    if (token.refused && !/^\/v1\.0\/\$metadata(\?|$)/.test(request.path)) return finish(token.refused);
    return finish(await guarded(request, token.claims, context));
  }

  return { handle };
}
