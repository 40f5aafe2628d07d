/**
 * Sets of application permissions to give the test application.
 */

/** The seven that Work IQ's tools ask for: what the application has unless told otherwise. */
export const SEVEN_ROLES = [
  'Sites.Read.All',
  'Mail.Read',
  'People.Read.All',
  'OnlineMeetingTranscript.Read.All',
  'Chat.Read.All',
  'ChannelMessage.Read.All',
  'ExternalItem.Read.All',
];

/** Everything that can be read here. */
export const READ_ROLES = [
  ...SEVEN_ROLES,
  'User.Read.All',
  'Calendars.Read',
  'Team.ReadBasic.All',
  'Channel.ReadBasic.All',
  'OnlineMeetings.Read.All',
  'ExternalConnection.Read.All',
  'Organization.Read.All',
];

/** Everything, writes included. */
export const ALL_ROLES = [
  ...READ_ROLES,
  'Mail.ReadWrite',
  'Mail.Send',
  'Calendars.ReadWrite',
  'Files.ReadWrite.All',
  'Teamwork.Migrate.All',
];

const NAMED = { seven: SEVEN_ROLES, read: READ_ROLES, all: ALL_ROLES };

/** Roles from a list or from the name of one: `seven`, `read`, `all`. */
export const resolveRoles = (roles = 'seven') => [...(NAMED[roles] ?? roles)];
