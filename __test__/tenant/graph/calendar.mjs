/**
 * Events and the calendar view.
 */
import { randomUUID } from 'node:crypto';
import { exchangeId } from '../ids.mjs';
import { requireUser } from './directory.mjs';
import { badRequest, notFound } from './errors.mjs';
import { checkMatch, newEtag, preferences } from './mail.mjs';

const READ = { workload: 'outlook', roles: ['Calendars.Read', 'Calendars.ReadBasic', 'Calendars.ReadWrite'] };
const WRITE = { workload: 'outlook', roles: ['Calendars.ReadWrite'] };

const moment = (text) => Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);

export function addCalendar(router, { data }) {
  const calendar = (user) => {
    const owner = requireUser(data, user, 'outlook');
    return { owner, items: data.events.filter((event) => event.owner === owner.id) };
  };
  const event = (user, id) => {
    const found = calendar(user).items.find((item) => item.id === id);
    if (!found) throw notFound('outlook', id);
    return found;
  };
  const list = (items, { headers, page }, context) => {
    const { shape, headers: applied } = preferences(headers);
    return { headers: applied, ...page(items, { size: 10, max: 1000, keep: ['id'], context, shape }) };
  };

  router.add('GET', '/users/{user}/events', READ, (call) => {
    const { owner, items } = calendar(call.user);
    return list(items, call, `users('${owner.id}')/events`);
  });
  router.add('GET', '/users/{user}/calendar/events', READ, (call) =>
    list(calendar(call.user).items, call, 'events'),
  );
  router.add('GET', '/users/{user}/events/{event}', READ, ({ user, event: id, headers, one }) =>
    one(preferences(headers).shape(event(user, id)), ['id']),
  );

  const view = (call) => {
    const [start, end] = ['startDateTime', 'endDateTime'].map((name) => {
      const value = call.url.searchParams.get(name);
      if (!value || Number.isNaN(moment(value))) {
        throw badRequest(
          `This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.`,
          'ErrorInvalidParameter',
        );
      }
      return moment(value);
    });
    const { owner, items } = calendar(call.user);
    const inside = items
      .filter((item) => moment(item.start.dateTime) < end && moment(item.end.dateTime) > start)
      .sort((a, b) => moment(a.start.dateTime) - moment(b.start.dateTime));
    return list(inside, call, `users('${owner.id}')/calendarView`);
  };
  router.add('GET', '/users/{user}/calendarView', READ, view);
  router.add('GET', '/users/{user}/calendar/calendarView', READ, view);

  const AVAILABILITY = { free: '0', busy: '2' };
  router.add('POST', '/users/{user}/calendar/getSchedule', READ, ({ user, body }) => {
    requireUser(data, user, 'outlook');
    const { schedules, startTime, endTime, availabilityViewInterval = 30 } = body ?? {};
    if (!Array.isArray(schedules) || !startTime?.dateTime || !endTime?.dateTime) {
      throw badRequest('Schedules, StartTime and EndTime are required.', 'ErrorInvalidParameter');
    }
    const [start, end] = [startTime, endTime].map(({ dateTime }) => moment(dateTime));
    const value = schedules.map((scheduleId) => {
      const items = calendar(scheduleId).items.filter(
        (item) => moment(item.start.dateTime) < end && moment(item.end.dateTime) > start,
      );
      const slots = Math.ceil((end - start) / (availabilityViewInterval * 60_000));
      const busy = (slot) => {
        const at = start + slot * availabilityViewInterval * 60_000;
        return items.some((item) => moment(item.start.dateTime) <= at && moment(item.end.dateTime) > at);
      };
      return {
        scheduleId,
        availabilityView: Array.from({ length: slots }, (_, slot) =>
          busy(slot) ? AVAILABILITY.busy : AVAILABILITY.free,
        ).join(''),
        scheduleItems: items.map((item) => ({ status: 'busy', start: item.start, end: item.end })),
      };
    });
    return { status: 200, body: { value } };
  });
  router.add('POST', '/users/{user}/events', WRITE, ({ user, body, headers }) => {
    const { owner } = calendar(user);
    if (!body?.start?.dateTime || !body?.end?.dateTime) {
      throw badRequest('The start and end of an event are required.', 'ErrorPropertyValidationFailure');
    }
    const item = {
      '@odata.etag': newEtag(),
      subject: '',
      body: { contentType: 'html', content: '' },
      attendees: [],
      isOnlineMeeting: false,
      ...body,
      id: exchangeId(randomUUID()),
      iCalUId: randomUUID().replaceAll('-', '').toUpperCase(),
      organizer: { emailAddress: { name: owner.displayName, address: owner.mail } },
      owner: owner.id,
    };
    data.events.push(item);
    return { status: 201, body: preferences(headers).shape(item) };
  });
  router.add('PATCH', '/users/{user}/events/{event}', WRITE, ({ user, event: id, body, headers }) => {
    const item = event(user, id);
    checkMatch(headers, item);
    const { id: _, owner, ...changes } = body ?? {};
    Object.assign(item, changes, { '@odata.etag': newEtag() });
    return { status: 200, body: preferences(headers).shape(item) };
  });
  router.add('DELETE', '/users/{user}/events/{event}', WRITE, ({ user, event: id, headers }) => {
    const item = event(user, id);
    checkMatch(headers, item);
    data.events.splice(data.events.indexOf(item), 1);
    return { status: 204 };
  });
}
