/**
 * Managed identity as App Service, Functions and Container Apps offer it: plain HTTP on the machine itself.
 */
import { randomUUID } from 'node:crypto';
import { guid } from './ids.mjs';

const PATH = '/msi/token';
const VERSION = '2019-08-01';

/**
 * @param {object} tenant what the endpoint knows: see index.mjs
 */
export function createManagedIdentity({ clientId, tokens, clock, options, roles, names }) {
  const header = randomUUID().toUpperCase().replaceAll('-', '');
  /** The host's own identity; the application's id stands for one that a user assigned to it. */
  const systemAssigned = guid('system-assigned identity');
  const refuse = (statusCode, message) => ({
    status: statusCode,
    body: { statusCode, message, correlationId: randomUUID() },
  });

  /** The identity that the parameters choose, or undefined if the host has no such one. */
  function identityFor(parameters) {
    const chosen = ['client_id', 'object_id', 'principal_id', 'mi_res_id'].filter((name) =>
      parameters.has(name),
    );
    if (chosen.length === 0) return systemAssigned;
    if (chosen.length > 1 || chosen[0] !== 'client_id') return undefined;
    return [clientId, systemAssigned].find((id) => id === parameters.get('client_id').toLowerCase());
  }

  async function handle(request) {
    const url = new URL(request.path, 'http://localhost');
    if (url.pathname !== PATH) return refuse(404, 'There is nothing here.');
    if (request.method !== 'GET') return refuse(405, 'Only GET is known here.');
    if (request.headers['x-identity-header'] !== header) {
      return refuse(401, 'The header X-IDENTITY-HEADER is missing or not the one of this host.');
    }
    const version = url.searchParams.get('api-version');
    if (version !== VERSION) return refuse(400, `The api-version ${version} is not known.`);
    const resource = url.searchParams.get('resource');
    if (!resource) return refuse(400, 'The parameter resource is missing.');
    const identity = identityFor(url.searchParams);
    if (!identity) return refuse(400, 'This host has no identity of that id.');
    if (!names.resources().includes(resource)) {
      return refuse(
        400,
        `AADSTS500011: The resource principal named ${resource} was not found in the tenant.`,
      );
    }
    const token = await tokens.mint({ clientId: identity, audience: resource, roles: roles() });
    const expires = Math.floor(clock.now() / 1000) + options.tokenLifetime;
    return {
      body: {
        access_token: token,
        client_id: identity,
        expires_on: `${expires}`,
        not_before: `${expires - options.tokenLifetime}`,
        resource,
        token_type: 'Bearer',
      },
    };
  }

  return { handle, path: PATH, header, systemAssigned };
}
