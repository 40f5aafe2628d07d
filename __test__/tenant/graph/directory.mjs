/**
 * Users and people.
 */
import { badRequest, GraphRefusal, notFound } from './errors.mjs';

const READ_USERS = [
  'User.ReadBasic.All',
  'User.Read.All',
  'User.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];

/** The user by id, UPN or mail address; undefined if there is none. */
export function findUser(data, key) {
  const wanted = key.toLowerCase();
  return data.users.find((user) =>
    [user.id, user.userPrincipalName, user.mail].some((one) => one.toLowerCase() === wanted),
  );
}

/** The user, or the workload's own 404. */
export function requireUser(data, key, workload = 'directory') {
  const user = findUser(data, key);
  if (user) return user;
  if (workload === 'outlook')
    throw new GraphRefusal(404, 'ErrorInvalidUser', `The requested user '${key}' is invalid.`);
  throw notFound(workload, key);
}

export function addDirectory(router, { data }) {
  const users = { workload: 'directory', roles: READ_USERS };

  router.add('GET', '/users', users, ({ page, url, headers }) => {
    const advanced = url.searchParams.has('$search') || url.searchParams.get('$count') === 'true';
    if (advanced && headers.consistencylevel?.toLowerCase() !== 'eventual') {
      throw badRequest(
        "Request with $search or $count query parameter only works with the header 'ConsistencyLevel: eventual'.",
        'Request_UnsupportedQuery',
      );
    }
    return page(data.users, { context: 'users' });
  });
  router.add('GET', '/users/$count', users, ({ headers }) => {
    if (headers.consistencylevel?.toLowerCase() !== 'eventual') {
      throw badRequest('$count is not currently supported.', 'Request_BadRequest');
    }
    return { headers: { 'Content-Type': 'text/plain' }, body: `${data.users.length}` };
  });
  router.add('GET', '/users/{user}', users, ({ user, one }) => one(requireUser(data, user)));
  router.add(
    'GET',
    '/users/{user}/people',
    { workload: 'outlook', roles: ['People.Read.All'] },
    ({ user, page }) => {
      const self = requireUser(data, user, 'outlook');
      const people = data.users
        .filter((other) => other !== self)
        .map((other, index) => ({
          id: other.id,
          displayName: other.displayName,
          givenName: other.givenName,
          surname: other.surname,
          jobTitle: other.jobTitle,
          companyName: 'Contoso',
          userPrincipalName: other.userPrincipalName,
          scoredEmailAddresses: [
            { address: other.mail, relevanceScore: 30 - index, selectionLikelihood: 'notSpecified' },
          ],
          personType: { class: 'Person', subclass: 'OrganizationUser' },
        }));
      return page(people, { size: 10, max: 1000, context: `users('${self.id}')/people`, keep: ['id'] });
    },
  );
  router.add(
    'GET',
    '/organization',
    { workload: 'directory', roles: ['Organization.Read.All', 'Directory.Read.All', 'User.Read.All'] },
    ({ page }) => page([data.organization], { context: 'organization' }),
  );
}
