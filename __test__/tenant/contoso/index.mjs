/**
 * Contoso: everything there is to read, fresh for each tenant so that writes stay its own.
 */
import { connections, drives, sites } from './documents.mjs';
import { mailFolders, messages } from './mail.mjs';
import { events, meetings } from './meetings.mjs';
import { users } from './people.mjs';
import { chats, teams } from './teams.mjs';

/** @param {{tenantId: string, dataLocationCode?: string}} setup */
export const createContoso = ({ tenantId, dataLocationCode }) => ({
  organization: {
    id: tenantId,
    displayName: 'Contoso',
    countryLetterCode: 'CH',
    verifiedDomains: [
      { name: 'contoso.com', isDefault: true, isInitial: false, type: 'Managed' },
      { name: 'contoso.onmicrosoft.com', isDefault: false, isInitial: true, type: 'Managed' },
    ],
  },
  users: users(),
  mailFolders: mailFolders(),
  messages: messages(),
  events: events(tenantId),
  teams: teams(tenantId),
  chats: chats(tenantId),
  meetings: meetings(tenantId),
  sites: sites({ dataLocationCode }),
  drives: drives(),
  connections: connections(),
  /** What `sendMail` was given. */
  sent: [],
});
