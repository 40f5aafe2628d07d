/**
 * Who works at Contoso.
 */
import { guid } from '../ids.mjs';

const PEOPLE = [
  ['ada', 'Ada', 'Lovelace', 'Principal Architect', 'Platform'],
  ['grace', 'Grace', 'Hopper', 'Engineering Manager', 'Platform'],
  ['alan', 'Alan', 'Turing', 'Security Engineer', 'Security'],
  ['katherine', 'Katherine', 'Johnson', 'Data Engineer', 'Data'],
  ['edsger', 'Edsger', 'Dijkstra', 'Staff Engineer', 'Platform'],
  ['barbara', 'Barbara', 'Liskov', 'Product Manager', 'Product'],
  ['linus', 'Linus', 'Pauling', 'Site Reliability Engineer', 'Operations'],
  ['hedy', 'Hedy', 'Lamarr', 'Privacy Counsel', 'Legal'],
];

/** Users as Graph shows them by default. */
export const users = () =>
  PEOPLE.map(([alias, givenName, surname, jobTitle, department]) => ({
    id: guid(`user/${alias}`),
    businessPhones: [],
    displayName: `${givenName} ${surname}`,
    givenName,
    jobTitle,
    department,
    mail: `${alias}@contoso.com`,
    mobilePhone: null,
    officeLocation: 'Zurich/3',
    preferredLanguage: 'en-US',
    surname,
    userPrincipalName: `${alias}@contoso.com`,
  }));

/** The id of a user by alias: `userId('ada')`. */
export const userId = (alias) => guid(`user/${alias}`);

/** The display name behind an alias. */
export const nameOf = (alias) => {
  const [, givenName, surname] = PEOPLE.find(([one]) => one === alias);
  return `${givenName} ${surname}`;
};

/** A recipient of a mail. */
export const recipient = (alias) => ({
  emailAddress: { name: nameOf(alias), address: `${alias}@contoso.com` },
});

/** Who wrote a Teams message. */
export const author = (alias, tenantId) => ({
  application: null,
  device: null,
  user: {
    '@odata.type': '#microsoft.graph.teamworkUserIdentity',
    id: userId(alias),
    displayName: nameOf(alias),
    userIdentityType: 'aadUser',
    tenantId,
  },
});
