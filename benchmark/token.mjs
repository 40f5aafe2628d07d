// What the benchmark's endpoints issue as access tokens.

import { randomBytes, randomUUID } from 'node:crypto';

/** How long one is good for. */
export const LIFETIME_S = 3599;

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const header = base64url({ typ: 'JWT', alg: 'RS256', x5t: 'benchmark', kid: 'benchmark' });

/**
 * A token of about the length that Graph's have, another for each request.
 *
 * @param {string} origin of Graph
 * @returns {string}
 */
export function mint(origin) {
  const now = Math.floor(Date.now() / 1000);
  const claims = base64url({
    aud: origin,
    iss: `${origin}/`,
    iat: now,
    nbf: now,
    exp: now + LIFETIME_S,
    app_displayname: 'benchmark',
    idtyp: 'app',
    oid: randomUUID(),
    roles: [
      'Mail.Read',
      'Calendars.Read',
      'Chat.Read.All',
      'ChannelMessage.Read.All',
      'Files.Read.All',
      'Sites.Read.All',
      'User.Read.All',
      'OnlineMeetings.Read.All',
      'OnlineMeetingTranscript.Read.All',
      'ExternalItem.Read.All',
    ],
    tid: randomUUID(),
    uti: randomBytes(16).toString('base64url'),
    ver: '1.0',
    wids: Array.from({ length: 3 }, () => randomUUID()),
  });
  return `${header}.${claims}.${randomBytes(256).toString('base64url')}`;
}
