/**
 * App registrations, service principals and what they are granted: what provisioning reads and writes.
 */
import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { guid } from '../ids.mjs';
import { badRequest, GraphRefusal, notFound } from './errors.mjs';

const GRAPH_APP = '00000003-0000-0000-c000-000000000000';
const READ = [
  'Application.Read.All',
  'Application.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];
const WRITE = ['Application.ReadWrite.All', 'Directory.ReadWrite.All'];
const GRANT = ['AppRoleAssignment.ReadWrite.All'];

/** Ids of the app roles that Graph's service principal has. */
const appRoles = () =>
  readFileSync(new URL('../../../src/graph/permissions/roles.txt', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([name, id]) => name && !name.startsWith('#') && id !== '-')
    .map(([value, id]) => ({ id, value, allowedMemberTypes: ['Application'], isEnabled: true }));

const conflict = (what) =>
  new GraphRefusal(
    409,
    'Request_MultipleObjectsWithSameKeyValue',
    `Another object with the same value for property ${what} already exists.`,
  );

/**
 * What Entra makes of a key that is written. One that is there already is written again without its key, as it was
 * shown, and keeps it.
 */
function storedKey(entry, present) {
  const known = present.find(({ keyId }) => keyId === entry.keyId);
  if (known && !entry.key) return known;
  if (!entry.key) throw badRequest('A key credential needs a key.', 'Request_BadRequest');
  const der = Buffer.from(entry.key, 'base64');
  const { validFromDate, validToDate } = new X509Certificate(der);
  return {
    keyId: entry.keyId ?? randomUUID(),
    type: entry.type,
    usage: entry.usage,
    displayName: entry.displayName ?? null,
    startDateTime: entry.startDateTime ?? validFromDate.toISOString(),
    endDateTime: entry.endDateTime ?? validToDate.toISOString(),
    customKeyIdentifier: createHash('sha1').update(der).digest('base64'),
    key: der.toString('base64'),
  };
}

const emptyApplication = () => ({
  id: randomUUID(),
  appId: randomUUID(),
  signInAudience: 'AzureADMyOrg',
  identifierUris: [],
  requiredResourceAccess: [],
  keyCredentials: [],
  passwordCredentials: [],
  federatedIdentityCredentials: [],
  web: { redirectUris: [], implicitGrantSettings: {} },
});

export function addApplications(router, { data }) {
  data.applications ??= [];
  data.servicePrincipals ??= [
    {
      id: guid('microsoft graph'),
      appId: GRAPH_APP,
      displayName: 'Microsoft Graph',
      servicePrincipalType: 'Application',
      appRoles: appRoles(),
      appRoleAssignments: [],
    },
  ];
  const read = { workload: 'directory', roles: READ };
  const write = { workload: 'directory', roles: WRITE };
  const grant = { workload: 'directory', roles: GRANT };

  const find = (list, id) => {
    const found = list.find((one) => one.id === id);
    if (!found) throw notFound('directory', id);
    return found;
  };
  const application = (id) => find(data.applications, id);
  const principal = (id) => find(data.servicePrincipals, id);
  // Relationships are not part of an object.
  const withKeys = ({ federatedIdentityCredentials, ...rest }) => rest;
  // The certificates themselves are shown of one application only, and only where $select names them.
  const shownApplication = (one) => ({
    ...withKeys(one),
    keyCredentials: one.keyCredentials.map((credential) => ({ ...credential, key: null })),
  });
  const shownPrincipal = ({ appRoleAssignments, ...rest }) => rest;

  function patch(target, body) {
    const { keyCredentials, passwordCredentials, ...rest } = body;
    if (passwordCredentials) throw badRequest('Passwords are added by addPassword.', 'Request_BadRequest');
    Object.assign(target, rest);
    if (keyCredentials) {
      target.keyCredentials = keyCredentials.map((entry) => storedKey(entry, target.keyCredentials));
    }
    return target;
  }

  router.add('GET', '/applications', read, ({ page }) =>
    page(data.applications, { context: 'applications', shape: shownApplication }),
  );
  router.add('POST', '/applications', write, ({ body }) => {
    if (!body?.displayName) throw badRequest('displayName is required.', 'Request_BadRequest');
    const added = patch(emptyApplication(), body);
    data.applications.push(added);
    return { status: 201, body: shownApplication(added) };
  });
  router.add('GET', '/applications/{app}', read, ({ app, url, one }) => {
    const keys = /\bkeyCredentials\b/.test(url.searchParams.get('$select') ?? '');
    return one((keys ? withKeys : shownApplication)(application(app)));
  });
  router.add('PATCH', '/applications/{app}', write, ({ app, body }) => {
    patch(application(app), body);
    return { status: 204, body: '' };
  });
  router.add('POST', '/applications/{app}/addPassword', write, ({ app, body }) => {
    const secretText = `8Q~${createHash('sha256').update(randomUUID()).digest('base64url')}`.slice(0, 40);
    const { displayName, endDateTime, startDateTime } = body.passwordCredential;
    const entry = {
      keyId: randomUUID(),
      displayName,
      hint: secretText.slice(0, 3),
      startDateTime: startDateTime ?? new Date().toISOString(),
      endDateTime,
    };
    application(app).passwordCredentials.push({ ...entry, secretText: null });
    return { body: { ...entry, secretText } };
  });

  const federated = '/applications/{app}/federatedIdentityCredentials';
  router.add('GET', federated, read, ({ app, page }) => page(application(app).federatedIdentityCredentials));
  router.add('POST', federated, write, ({ app, body }) => {
    const present = application(app).federatedIdentityCredentials;
    for (const field of ['name', 'issuer', 'subject', 'audiences']) {
      if (!body?.[field]?.length) throw badRequest(`${field} is required.`, 'Request_BadRequest');
    }
    if (body.audiences.length !== 1) throw badRequest('One audience is allowed.', 'Request_BadRequest');
    if (present.length === 20) throw badRequest('No more than 20 are allowed.', 'Request_BadRequest');
    if (present.some(({ name }) => name === body.name)) throw conflict('name');
    if (present.some(({ issuer, subject }) => issuer === body.issuer && subject === body.subject)) {
      throw conflict('issuer and subject');
    }
    const added = { id: randomUUID(), description: null, ...body };
    present.push(added);
    return { status: 201, body: added };
  });

  router.add('GET', '/servicePrincipals', read, ({ page }) =>
    page(data.servicePrincipals, { context: 'servicePrincipals', shape: shownPrincipal }),
  );
  router.add('POST', '/servicePrincipals', write, ({ body }) => {
    const of = data.applications.find(({ appId }) => appId === body?.appId);
    if (!of) throw badRequest(`The appId '${body?.appId}' does not reference a valid application object.`);
    if (data.servicePrincipals.some(({ appId }) => appId === of.appId)) throw conflict('appId');
    const added = {
      id: randomUUID(),
      appId: of.appId,
      displayName: of.displayName,
      servicePrincipalType: 'Application',
      appRoles: [],
      appRoleAssignments: [],
    };
    data.servicePrincipals.push(added);
    return { status: 201, body: shownPrincipal(added) };
  });
  router.add('GET', '/servicePrincipals/{principal}', read, ({ principal: id, one }) =>
    one(shownPrincipal(principal(id))),
  );

  const assignments = '/servicePrincipals/{principal}/appRoleAssignments';
  router.add('GET', assignments, read, ({ principal: id, page }) => page(principal(id).appRoleAssignments));
  router.add('POST', assignments, grant, ({ principal: id, body }) => {
    const self = principal(id);
    const resource = principal(body.resourceId);
    if (body.principalId !== self.id) throw badRequest('principalId is another one.', 'Request_BadRequest');
    if (!resource.appRoles.some((role) => role.id === body.appRoleId)) {
      throw badRequest('Permission being assigned was not found on application', 'Request_BadRequest');
    }
    if (self.appRoleAssignments.some(({ appRoleId }) => appRoleId === body.appRoleId)) {
      throw badRequest('Permission being assigned already exists on the object', 'InvalidUpdate');
    }
    const added = { id: randomUUID(), principalType: 'ServicePrincipal', ...body };
    self.appRoleAssignments.push(added);
    return { status: 201, body: added };
  });
}
