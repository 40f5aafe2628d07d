/**
 * Meetings: their calendar events, chats and transcripts hang together by the thread.
 */
import { exchangeId, guid, meetingId, meetingThread, transcriptId } from '../ids.mjs';
import { nameOf, recipient, userId } from './people.mjs';
import { API_REVIEW, QUEUE_REVISIT, RELEASE, RETENTION } from './transcripts.mjs';
import { speak } from './vtt.mjs';

const MEETINGS = [
  [
    'api-review',
    'Architecture review: public API',
    'ada',
    '2026-11-02T09:00:00Z',
    ['grace', 'edsger', 'barbara', 'alan', 'linus', 'katherine'],
    API_REVIEW,
  ],
  [
    'retention',
    'Log retention policy',
    'grace',
    '2026-11-05T13:30:00Z',
    ['hedy', 'katherine', 'alan'],
    RETENTION,
  ],
  [
    'queue',
    'Order events: revisit',
    'ada',
    '2026-11-16T10:00:00Z',
    ['grace', 'edsger', 'katherine', 'linus', 'barbara'],
    QUEUE_REVISIT,
  ],
  [
    'release',
    'Release review: version 4',
    'barbara',
    '2026-11-19T15:00:00Z',
    ['grace', 'ada', 'alan', 'linus', 'edsger'],
    RELEASE,
  ],
];

const HOUR = 3_600_000;

const joinUrl = (thread, tenantId, organizer) =>
  `https://teams.microsoft.com/l/meetup-join/${encodeURIComponent(thread)}/0?context=${encodeURIComponent(
    JSON.stringify({ Tid: tenantId, Oid: organizer }),
  )}`;

/** The meetings, with what belongs to them. */
export function meetings(tenantId) {
  return MEETINGS.map(([key, subject, organizer, start, others, script]) => {
    const organizerId = userId(organizer);
    const thread = meetingThread(`meeting/${key}`);
    const end = new Date(Date.parse(start) + HOUR).toISOString();
    const identity = (alias) => ({
      upn: `${alias}@contoso.com`,
      role: alias === organizer ? 'presenter' : 'attendee',
      identity: { user: { id: userId(alias), displayName: nameOf(alias), tenantId } },
    });
    return {
      key,
      id: meetingId(organizerId, thread),
      subject,
      startDateTime: start,
      endDateTime: end,
      creationDateTime: new Date(Date.parse(start) - 72 * HOUR).toISOString(),
      joinWebUrl: joinUrl(thread, tenantId, organizerId),
      chatInfo: { threadId: thread, messageId: '0', replyChainMessageId: null },
      participants: { organizer: identity(organizer), attendees: others.map(identity) },
      allowTranscription: true,
      recordAutomatically: false,
      organizerId,
      participantIds: [organizer, ...others].map(userId),
      transcripts: [
        {
          id: transcriptId(`transcript/${key}`),
          callId: guid(`call/${key}`),
          contentCorrelationId: guid(`correlation/${key}`),
          createdDateTime: new Date(Date.parse(start) + 62_000).toISOString(),
          endDateTime: new Date(Date.parse(end) - 95_000).toISOString(),
          cues: speak(script),
        },
      ],
    };
  });
}

const graphTime = (text) => ({ dateTime: `${text.slice(0, 19)}.0000000`, timeZone: 'UTC' });

/** Each participant's own copy of each meeting, and a few things more. */
export function events(tenantId) {
  const found = meetings(tenantId).flatMap((meeting) => {
    const aliases = [meeting.participants.organizer, ...meeting.participants.attendees].map(
      (one) => one.upn.split('@')[0],
    );
    const [organizer, ...others] = aliases;
    return aliases.map((alias) => ({
      '@odata.etag': `W/"${guid(`etag/${meeting.key}/${alias}`).slice(0, 22)}=="`,
      id: exchangeId(`event/${meeting.key}/${alias}`),
      createdDateTime: meeting.creationDateTime,
      lastModifiedDateTime: meeting.creationDateTime,
      iCalUId: exchangeId(`ical/${meeting.key}`),
      subject: meeting.subject,
      bodyPreview: `Agenda: ${meeting.subject}`,
      body: { contentType: 'html', content: `<html><body><p>Agenda: ${meeting.subject}</p></body></html>` },
      start: graphTime(meeting.startDateTime),
      end: graphTime(meeting.endDateTime),
      location: { displayName: 'Microsoft Teams Meeting', locationType: 'default' },
      isAllDay: false,
      isCancelled: false,
      isOrganizer: alias === organizer,
      isOnlineMeeting: true,
      onlineMeetingProvider: 'teamsForBusiness',
      onlineMeeting: { joinUrl: meeting.joinWebUrl },
      organizer: recipient(organizer),
      attendees: others.map((other) => ({
        type: 'required',
        status: { response: 'accepted' },
        ...recipient(other),
      })),
      webLink: 'https://outlook.office365.com/owa/?itemid=test',
      owner: userId(alias),
    }));
  });
  const focus = ['2026-11-03', '2026-11-10', '2026-11-17', '2026-11-24'].map((day) => ({
    '@odata.etag': `W/"${guid(`etag/focus/${day}`).slice(0, 22)}=="`,
    id: exchangeId(`event/focus/${day}`),
    createdDateTime: '2026-10-01T08:00:00Z',
    lastModifiedDateTime: '2026-10-01T08:00:00Z',
    subject: 'Focus time',
    bodyPreview: '',
    body: { contentType: 'html', content: '' },
    start: graphTime(`${day}T08:00:00`),
    end: graphTime(`${day}T10:00:00`),
    isAllDay: false,
    isCancelled: false,
    isOrganizer: true,
    isOnlineMeeting: false,
    organizer: recipient('ada'),
    attendees: [],
    owner: userId('ada'),
  }));
  return [...found, ...focus];
}
