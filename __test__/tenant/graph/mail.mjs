/**
 * Messages, folders, attachments; drafts and sending where the token allows it.
 */
import { randomUUID } from 'node:crypto';
import { exchangeId } from '../ids.mjs';
import { requireUser } from './directory.mjs';
import { badRequest, GraphRefusal, notFound } from './errors.mjs';

const READ = { workload: 'outlook', roles: ['Mail.Read', 'Mail.ReadBasic.All', 'Mail.ReadWrite'] };
const READ_FULL = { workload: 'outlook', roles: ['Mail.Read', 'Mail.ReadWrite'] };
const WRITE = { workload: 'outlook', roles: ['Mail.ReadWrite'] };
const SEND = { workload: 'outlook', roles: ['Mail.Send'] };

const WELL_KNOWN = { inbox: 'Inbox', drafts: 'Drafts', sentitems: 'Sent Items', archive: 'Archive' };

const asText = (html) =>
  html
    .replace(/<br\s*\/?>|<\/p>/gi, '\r\n')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');

/** Outlook's preferences: plain text bodies and immutable ids. */
export function preferences(headers) {
  const prefer = headers.prefer ?? '';
  const text = /outlook\.body-content-type="text"/i.test(prefer);
  const immutable = /IdType="ImmutableId"/i.test(prefer);
  const applied = [text && 'outlook.body-content-type="text"', immutable && 'IdType="ImmutableId"'].filter(
    Boolean,
  );
  return {
    headers: applied.length ? { 'Preference-Applied': applied.join(', ') } : {},
    shape: ({ owner, folder, attachments, ...item }) =>
      text && item.body?.contentType === 'html'
        ? { ...item, body: { contentType: 'text', content: asText(item.body.content) } }
        : item,
  };
}

/** Refuses a write whose `If-Match` is not the item's. */
export function checkMatch(headers, item) {
  const wanted = headers['if-match'];
  if (wanted && wanted !== '*' && wanted !== item['@odata.etag']) {
    throw new GraphRefusal(
      412,
      'ErrorIrresolvableConflict',
      'The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.',
    );
  }
}

/** A new version of an item. */
export const newEtag = () => `W/"CQAAABYAAAB${randomUUID().replaceAll('-', '').slice(0, 20)}"`;

export function addMail(router, { data }) {
  const mailbox = (user) => {
    const owner = requireUser(data, user, 'outlook');
    return { owner, items: data.messages.filter((message) => message.owner === owner.id) };
  };
  const folderOf = (owner, key) => {
    const folders = data.mailFolders.filter((folder) => folder.owner === owner.id);
    const folder = folders.find((one) => one.id === key || one.displayName === WELL_KNOWN[key.toLowerCase()]);
    if (!folder)
      throw new GraphRefusal(
        404,
        'ErrorItemNotFound',
        'The specified folder could not be found in the store.',
      );
    return folder;
  };
  const message = (user, id) => {
    const found = mailbox(user).items.find((item) => item.id === id);
    if (!found) throw notFound('outlook', id);
    return found;
  };
  const visible = ({ owner, ...folder }) => ({
    ...folder,
    totalItemCount: data.messages.filter((item) => item.folder === folder.id).length,
  });
  const list = (items, { url, headers, page }, context) => {
    const { shape, headers: applied } = preferences(headers);
    const byDate = [...items].sort((a, b) => b.receivedDateTime.localeCompare(a.receivedDateTime));
    const expand = url.searchParams.get('$expand') === 'attachments';
    const full = (item) => (expand ? { ...shape(item), attachments: item.attachments } : shape(item));
    return { headers: applied, ...page(byDate, { size: 10, max: 1000, keep: ['id'], context, shape: full }) };
  };

  router.add('GET', '/users/{user}/messages', READ, (call) => {
    const { owner, items } = mailbox(call.user);
    return list(items, call, `users('${owner.id}')/messages`);
  });
  router.add('GET', '/users/{user}/messages/{message}', READ, ({ user, message: id, headers, one, url }) => {
    const found = message(user, id);
    const { shape, headers: applied } = preferences(headers);
    const expand = url.searchParams.get('$expand') === 'attachments';
    return {
      headers: applied,
      ...one(expand ? { ...shape(found), attachments: found.attachments } : shape(found), ['id']),
    };
  });
  router.add(
    'GET',
    '/users/{user}/messages/{message}/attachments',
    READ_FULL,
    ({ user, message: id, page }) =>
      page(message(user, id).attachments, { keep: ['id'], context: 'attachments' }),
  );
  const attachment = (user, id, key) => {
    const found = message(user, id).attachments.find((one) => one.id === key);
    if (!found) throw notFound('outlook', key);
    return found;
  };
  router.add('GET', '/users/{user}/messages/{message}/attachments/{attachment}', READ_FULL, (call) =>
    call.one(attachment(call.user, call.message, call.attachment), ['id']),
  );
  router.add('GET', '/users/{user}/messages/{message}/attachments/{attachment}/$value', READ_FULL, (call) => {
    const found = attachment(call.user, call.message, call.attachment);
    return {
      headers: { 'Content-Type': found.contentType },
      body: Buffer.from(found.contentBytes, 'base64'),
    };
  });
  router.add('GET', '/users/{user}/mailFolders', READ, ({ user, page }) => {
    const { owner } = mailbox(user);
    const folders = data.mailFolders.filter((folder) => folder.owner === owner.id).map(visible);
    return page(folders, { size: 10, keep: ['id'], context: `users('${owner.id}')/mailFolders` });
  });
  router.add('GET', '/users/{user}/mailFolders/{folder}', READ, ({ user, folder, one }) =>
    one(visible(folderOf(mailbox(user).owner, folder)), ['id']),
  );
  router.add('GET', '/users/{user}/mailFolders/{folder}/messages', READ, (call) => {
    const { owner, items } = mailbox(call.user);
    const folder = folderOf(owner, call.folder);
    return list(
      items.filter((item) => item.folder === folder.id),
      call,
      'messages',
    );
  });

  router.add('POST', '/users/{user}/messages', WRITE, ({ user, body, now, headers }) => {
    const { owner } = mailbox(user);
    if (!body || typeof body !== 'object')
      throw badRequest('The request body is missing.', 'ErrorInvalidRequest');
    const moment = new Date(now).toISOString();
    const item = {
      '@odata.etag': newEtag(),
      id: exchangeId(randomUUID()),
      createdDateTime: moment,
      lastModifiedDateTime: moment,
      receivedDateTime: moment,
      sentDateTime: moment,
      hasAttachments: false,
      conversationId: exchangeId(randomUUID()),
      subject: '',
      bodyPreview: `${body.body?.content ?? ''}`.slice(0, 255),
      body: { contentType: 'text', content: '' },
      from: { emailAddress: { name: owner.displayName, address: owner.mail } },
      toRecipients: [],
      ccRecipients: [],
      isDraft: true,
      isRead: true,
      ...body,
      owner: owner.id,
      folder: folderOf(owner, 'drafts').id,
      attachments: [],
    };
    data.messages.push(item);
    return { status: 201, body: preferences(headers).shape(item) };
  });
  router.add(
    'PATCH',
    '/users/{user}/messages/{message}',
    WRITE,
    ({ user, message: id, body, headers, now }) => {
      const item = message(user, id);
      checkMatch(headers, item);
      const { id: _, owner, folder, attachments, ...changes } = body ?? {};
      Object.assign(item, changes, {
        '@odata.etag': newEtag(),
        lastModifiedDateTime: new Date(now).toISOString(),
      });
      return { status: 200, body: preferences(headers).shape(item) };
    },
  );
  router.add('DELETE', '/users/{user}/messages/{message}', WRITE, ({ user, message: id, headers }) => {
    const item = message(user, id);
    checkMatch(headers, item);
    data.messages.splice(data.messages.indexOf(item), 1);
    return { status: 204 };
  });
  router.add('POST', '/users/{user}/sendMail', SEND, ({ user, body, now }) => {
    const { owner } = mailbox(user);
    if (!Array.isArray(body?.message?.toRecipients) || body.message.toRecipients.length === 0) {
      throw badRequest('At least one recipient is not valid.', 'ErrorInvalidRecipients');
    }
    data.sent.push({ from: owner.userPrincipalName, at: new Date(now).toISOString(), ...body });
    return { status: 202 };
  });
  router.add('POST', '/users/{user}/messages/{message}/send', SEND, ({ user, message: id, now }) => {
    const item = message(user, id);
    item.isDraft = false;
    item.folder = folderOf(requireUser(data, user, 'outlook'), 'sentitems').id;
    data.sent.push({ from: user, at: new Date(now).toISOString(), message: item });
    return { status: 202 };
  });
}
