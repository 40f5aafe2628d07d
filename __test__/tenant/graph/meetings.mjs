/**
 * Online meetings and their transcripts.
 */
import { toMetadata, toVtt } from '../contoso/vtt.mjs';
import { requireUser } from './directory.mjs';
import { badRequest, notFound, TRANSCRIPT_ATTRIBUTION } from './errors.mjs';

const MEETING = { workload: 'teams', roles: ['OnlineMeetings.Read.All', 'OnlineMeetings.ReadWrite.All'] };
const TRANSCRIPT = { workload: 'teams', roles: ['OnlineMeetingTranscript.Read.All'] };

export function addMeetings(router, { data, graphUrl }) {
  const meeting = ({ user, meeting: id }) => {
    const owner = requireUser(data, user, 'meetings');
    const found = data.meetings.find((one) => one.id === id && one.participantIds.includes(owner.id));
    if (!found) throw notFound('meetings', id);
    return found;
  };
  const header = ({ transcripts, participantIds, organizerId, ...rest }) => rest;
  const url = (one, transcript) =>
    `${graphUrl()}/v1.0/users/${one.organizerId}/onlineMeetings/${one.id}/transcripts/${transcript.id}/content`;
  const shape = (one) => (transcript) => ({
    id: transcript.id,
    meetingId: one.id,
    callId: transcript.callId,
    contentCorrelationId: transcript.contentCorrelationId,
    transcriptContentUrl: url(one, transcript),
    createdDateTime: transcript.createdDateTime,
    endDateTime: transcript.endDateTime,
    meetingOrganizer: {
      application: null,
      device: null,
      user: {
        '@odata.type': '#microsoft.graph.teamworkUserIdentity',
        id: one.organizerId,
        displayName: null,
        userIdentityType: 'aadUser',
        tenantId: data.organization.id,
      },
    },
  });
  const transcript = (call) => {
    const found = meeting(call).transcripts.find((one) => one.id === call.transcript);
    if (!found) throw notFound('meetings', call.transcript);
    return found;
  };

  router.add('GET', '/users/{user}/onlineMeetings', MEETING, (call) => {
    const filter = /^JoinWebUrl eq '([^']+)'$/i.exec(call.url.searchParams.get('$filter') ?? '');
    if (!filter)
      throw badRequest(
        'A filter on JoinWebUrl, joinMeetingIdSettings or VideoTeleconferenceId is required.',
        'InvalidArgument',
      );
    const owner = requireUser(data, call.user, 'meetings');
    const found = data.meetings.filter(
      (one) => one.joinWebUrl === filter[1] && one.participantIds.includes(owner.id),
    );
    return {
      body: { '@odata.context': `${graphUrl()}/v1.0/$metadata#onlineMeetings`, value: found.map(header) },
    };
  });
  router.add(
    'GET',
    '/users/{user}/onlineMeetings/getAllTranscripts()',
    TRANSCRIPT,
    ({ user, args, page }) => {
      const owner = requireUser(data, user, 'meetings');
      if (args.meetingOrganizerUserId === undefined)
        throw badRequest('The meetingOrganizerUserId parameter is required.', 'InvalidArgument');
      if (args.meetingOrganizerUserId.toLowerCase() !== owner.id) {
        throw badRequest(
          'The meetingOrganizerUserId must be the id of the user in the path.',
          'InvalidArgument',
        );
      }
      const from = args.startDateTime ? Date.parse(args.startDateTime) : Number.NEGATIVE_INFINITY;
      const to = args.endDateTime ? Date.parse(args.endDateTime) : Number.POSITIVE_INFINITY;
      if (Number.isNaN(from) || Number.isNaN(to))
        throw badRequest('Invalid date in the request.', 'InvalidArgument');
      const found = data.meetings
        .filter((one) => one.organizerId === owner.id)
        .flatMap((one) => one.transcripts.map(shape(one)))
        .filter((one) => Date.parse(one.createdDateTime) >= from && Date.parse(one.endDateTime) <= to)
        .sort((a, b) => a.createdDateTime.localeCompare(b.createdDateTime));
      return page(found, { size: 10, max: 100, context: 'Collection(callTranscript)' });
    },
  );
  router.add('GET', '/users/{user}/onlineMeetings/{meeting}', MEETING, (call) =>
    call.one(header(meeting(call))),
  );
  router.add('GET', '/users/{user}/onlineMeetings/{meeting}/transcripts', TRANSCRIPT, (call) => {
    const one = meeting(call);
    return call.page(one.transcripts.map(shape(one)), { context: 'transcripts' });
  });
  router.add('GET', '/users/{user}/onlineMeetings/{meeting}/transcripts/{transcript}', TRANSCRIPT, (call) =>
    call.one(shape(meeting(call))(transcript(call))),
  );
  router.add(
    'GET',
    '/users/{user}/onlineMeetings/{meeting}/transcripts/{transcript}/content',
    TRANSCRIPT,
    (call) => {
      const found = transcript(call);
      const accept = call.headers.accept ?? '';
      const format = call.url.searchParams.get('$format');
      if (accept.includes(TRANSCRIPT_ATTRIBUTION)) {
        return {
          headers: { 'Content-Type': TRANSCRIPT_ATTRIBUTION },
          body: toVtt(found.cues, { speakers: false }),
        };
      }
      if (format && format !== 'text/vtt') throw badRequest(`The format '${format}' is not supported.`);
      if (!format && accept && !/\*\/\*|text\/(vtt|\*)/.test(accept)) {
        throw badRequest(`The Accept header '${accept}' is not supported; ask for text/vtt.`);
      }
      return { headers: { 'Content-Type': 'text/vtt' }, body: toVtt(found.cues) };
    },
  );
  router.add(
    'GET',
    '/users/{user}/onlineMeetings/{meeting}/transcripts/{transcript}/metadataContent',
    TRANSCRIPT,
    (call) => {
      const found = transcript(call);
      return { headers: { 'Content-Type': 'text/vtt' }, body: toMetadata(found.cues, found.createdDateTime) };
    },
  );
}
