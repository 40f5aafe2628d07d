/**
 * The team Platform with its channels, and the chats.
 */
import { guid, hex } from '../ids.mjs';
import { meetings } from './meetings.mjs';
import { author, nameOf, userId } from './people.mjs';

const EVERYBODY = ['ada', 'grace', 'alan', 'katherine', 'edsger', 'barbara', 'linus', 'hedy'];
const channelId = (name) => `19:${hex(`channel/${name}`)}@thread.tacv2`;

/** Channel, then threads: each the lines of one conversation, `alias: words`, the first at the given time. */
const CHANNELS = {
  General: [
    [
      '2026-11-01T08:00:00Z',
      'grace: Welcome to Platform. Decisions are recorded in contoso/decisions.',
      'ada: And every record names its meeting.',
    ],
    [
      '2026-11-19T16:10:00Z',
      'barbara: Version 4 goes live on the third of December.',
      'linus: Provided the retest is clean.',
      'edsger: Columns stay until the end of January.',
    ],
  ],
  Architecture: [
    [
      '2026-11-02T10:15:00Z',
      'ada: Decision: REST stays, no GraphQL this year. Record 0021 follows.',
      'edsger: Thanks. I add the numbers for expand.',
      'alan: Saves us six weeks of review.',
    ],
    [
      '2026-11-16T11:00:00Z',
      'edsger: The event hub is out, we take a transactional outbox.',
      'katherine: Test results are in the documents.',
      'ada: 0022 is superseded by 0024.',
    ],
    [
      '2026-11-18T09:00:00Z',
      'ada: Proposal, not decided: one schema registry for all services.',
      'linus: Let us talk about it next week.',
    ],
  ],
  Operations: [
    [
      '2026-11-06T07:30:00Z',
      'linus: Header versioning still sees 3,100 calls a day.',
      'edsger: Fewer than I feared.',
    ],
    ['2026-11-17T07:50:00Z', 'linus: Trial subscription of the event hub is closed.'],
  ],
};

const CHATS = [
  [
    'platform-leads',
    'group',
    'Platform leads',
    ['ada', 'grace', 'edsger'],
    '2026-11-09T12:00:00Z',
    [
      'grace: Can we settle code freeze today?',
      'edsger: Freeze from the 27th until the 3rd.',
      'ada: Agreed.',
      'grace: Then it is decided: code freeze from 27 November to 3 December.',
    ],
  ],
  [
    'ada-grace',
    'oneOnOne',
    null,
    ['ada', 'grace'],
    '2026-11-10T09:00:00Z',
    ['grace: Lunch?', 'ada: In ten minutes.'],
  ],
  [
    'incident',
    'group',
    'Incident 311',
    ['alan', 'linus', 'katherine'],
    '2026-11-17T09:00:00Z',
    [
      'alan: Token in a log line, gateway, since build 1411.',
      'linus: Rotated and redacted.',
      'katherine: Old lines are purged.',
    ],
  ],
];

const message = (key, alias, text, time, tenantId, more) => {
  const id = `${Date.parse(time)}`;
  return {
    id,
    etag: id,
    messageType: 'message',
    replyToId: null,
    createdDateTime: time,
    lastModifiedDateTime: time,
    lastEditedDateTime: null,
    deletedDateTime: null,
    subject: null,
    summary: null,
    importance: 'normal',
    locale: 'en-us',
    webUrl: `https://teams.microsoft.com/l/message/${encodeURIComponent(key)}/${id}`,
    from: author(alias, tenantId),
    body: { contentType: 'text', content: text },
    attachments: [],
    mentions: [],
    reactions: [],
    ...more,
  };
};

const split = (line) => /^(\w+): (.*)$/.exec(line).slice(1);
const later = (time, minutes) => new Date(Date.parse(time) + minutes * 60_000 + minutes * 137).toISOString();

/** Teams, their channels and threads. */
export function teams(tenantId) {
  const id = guid('team/platform');
  const channels = Object.entries(CHANNELS).map(([displayName, threads]) => {
    const channel = channelId(displayName);
    const where = { chatId: null, channelIdentity: { teamId: id, channelId: channel } };
    return {
      id: channel,
      createdDateTime: '2026-01-12T09:00:00Z',
      displayName,
      description: `${displayName} of Platform`,
      membershipType: 'standard',
      isArchived: false,
      tenantId,
      webUrl: `https://teams.microsoft.com/l/channel/${encodeURIComponent(channel)}/${displayName}`,
      messages: threads.map(([time, first, ...replies]) => {
        const top = message(channel, ...split(first), time, tenantId, where);
        const answer = (line, index) =>
          message(channel, ...split(line), later(time, 4 * (index + 1)), tenantId, {
            ...where,
            replyToId: top.id,
          });
        return { ...top, replies: replies.map(answer) };
      }),
    };
  });
  return [
    {
      id,
      createdDateTime: '2026-01-12T09:00:00Z',
      displayName: 'Platform',
      description: 'The platform team of Contoso',
      visibility: 'private',
      isArchived: false,
      tenantId,
      webUrl: `https://teams.microsoft.com/l/team/${encodeURIComponent(channels[0].id)}/conversations`,
      members: EVERYBODY.map(userId),
      channels,
    },
  ];
}

const member = (chat, tenantId) => (alias) => ({
  '@odata.type': '#microsoft.graph.aadUserConversationMember',
  id: Buffer.from(`${chat}##${alias}`).toString('base64'),
  roles: ['owner'],
  displayName: nameOf(alias),
  visibleHistoryStartDateTime: '0001-01-01T00:00:00Z',
  userId: userId(alias),
  email: `${alias}@contoso.com`,
  tenantId,
});

/** Chats: three of people's own, and one for each meeting. */
export function chats(tenantId) {
  const own = CHATS.map(([key, chatType, topic, aliases, time, lines]) => {
    const id =
      chatType === 'oneOnOne'
        ? `19:${aliases.map(userId).sort().join('_')}@unq.gbl.spaces`
        : `19:${hex(`chat/${key}`)}@thread.v2`;
    const messages = lines.map((line, index) =>
      message(id, ...split(line), later(time, index * 2), tenantId, { chatId: id, channelIdentity: null }),
    );
    return chat(id, { topic, chatType, time, aliases, messages, onlineMeetingInfo: null }, tenantId);
  });
  const ofMeetings = meetings(tenantId).map((meeting) => {
    const id = meeting.chatInfo.threadId;
    const aliases = [meeting.participants.organizer, ...meeting.participants.attendees].map(
      (one) => one.upn.split('@')[0],
    );
    const onlineMeetingInfo = {
      calendarEventId: null,
      joinWebUrl: meeting.joinWebUrl,
      organizer: { id: meeting.organizerId, displayName: null, userIdentityType: 'aadUser' },
    };
    return chat(
      id,
      {
        topic: meeting.subject,
        chatType: 'meeting',
        time: meeting.startDateTime,
        aliases,
        messages: [],
        onlineMeetingInfo,
      },
      tenantId,
    );
  });
  return [...own, ...ofMeetings];
}

function chat(id, { topic, chatType, time, aliases, messages, onlineMeetingInfo }, tenantId) {
  return {
    id,
    topic,
    createdDateTime: time,
    lastUpdatedDateTime: messages.at(-1)?.createdDateTime ?? time,
    chatType,
    webUrl: `https://teams.microsoft.com/l/chat/${encodeURIComponent(id)}/0?tenantId=${tenantId}`,
    tenantId,
    onlineMeetingInfo,
    viewpoint: null,
    members: aliases.map(member(id, tenantId)),
    messages,
  };
}
