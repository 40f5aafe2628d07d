/**
 * Chats, their members and messages.
 */

import { requireUser } from './directory.mjs';
import { badRequest, notFound } from './errors.mjs';

const LIST = { workload: 'teams', roles: ['Chat.ReadBasic.All', 'Chat.Read.All', 'Chat.ReadWrite.All'] };
const READ = { workload: 'teams', roles: ['Chat.Read.All', 'Chat.ReadWrite.All'] };
const MEMBERS = { workload: 'teams', roles: [...LIST.roles, 'ChatMember.Read.All'] };
const WRITE = { workload: 'teams', roles: ['Teamwork.Migrate.All'] };

const header = ({ members, messages, ...chat }) => chat;

/** A message as a caller posts it. */
export function postedMessage(body, id, now, more) {
  if (typeof body?.body?.content !== 'string') throw badRequest('Missing body content');
  const moment = new Date(now).toISOString();
  return {
    id,
    etag: id,
    messageType: 'message',
    createdDateTime: moment,
    lastModifiedDateTime: moment,
    deletedDateTime: null,
    importance: 'normal',
    attachments: [],
    mentions: [],
    reactions: [],
    ...more,
    ...body,
    body: { contentType: 'text', ...body.body },
  };
}

export function addChats(router, { data }) {
  const chat = (id) => {
    const found = data.chats.find((one) => one.id === id);
    if (!found) throw notFound('teams', id);
    return found;
  };
  const isMember = (userId) => (one) => one.members.some((member) => member.userId === userId);
  const list = (chats, { url, page }, context) => {
    const expand = (url.searchParams.get('$expand') ?? '').split(',');
    const shape = (one) =>
      expand.includes('members') ? { ...header(one), members: one.members } : header(one);
    return page(chats, { size: 20, max: 50, keep: ['id'], context, shape });
  };

  router.add('GET', '/users/{user}/chats', LIST, (call) => {
    const { id } = requireUser(data, call.user, 'teams');
    return list(data.chats.filter(isMember(id)), call, `users('${id}')/chats`);
  });
  router.add('GET', '/users/{user}/chats/getAllMessages()', READ, ({ user, page }) => {
    const { id } = requireUser(data, user, 'teams');
    const messages = data.chats.filter(isMember(id)).flatMap((one) => one.messages);
    return page(messages, { size: 20, max: 50, context: 'Collection(chatMessage)' });
  });
  router.add('GET', '/chats', LIST, (call) => list(data.chats, call, 'chats'));
  router.add('GET', '/chats/{chat}', LIST, ({ chat: id, url, one }) => {
    const found = chat(id);
    const expand = url.searchParams.get('$expand') === 'members';
    return one(expand ? { ...header(found), members: found.members } : header(found), ['id']);
  });
  router.add('GET', '/chats/{chat}/members', MEMBERS, ({ chat: id, page }) =>
    page(chat(id).members, { noTop: true, context: `chats('${id}')/members` }),
  );
  router.add('GET', '/chats/{chat}/messages', READ, ({ chat: id, page }) => {
    const newest = [...chat(id).messages].sort((a, b) => b.createdDateTime.localeCompare(a.createdDateTime));
    return page(newest, { size: 20, max: 50, context: `chats('${id}')/messages` });
  });
  router.add('GET', '/chats/{chat}/messages/{message}', READ, ({ chat: id, message, one }) => {
    const found = chat(id).messages.find((item) => item.id === message);
    if (!found) throw notFound('teams', message);
    return one(found);
  });
  router.add('POST', '/chats/{chat}/messages', WRITE, ({ chat: id, body, now }) => {
    const message = postedMessage(body, `${now}`, now, { chatId: id, channelIdentity: null });
    chat(id).messages.push(message);
    return { status: 201, body: message };
  });
}
