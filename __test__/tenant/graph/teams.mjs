/**
 * Teams, channels, threads.
 */
import { postedMessage } from './chats.mjs';
import { requireUser } from './directory.mjs';
import { notFound } from './errors.mjs';

const DIRECTORY = ['Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'];
const TEAM = {
  workload: 'teams',
  roles: ['Team.ReadBasic.All', 'TeamSettings.Read.All', 'TeamSettings.ReadWrite.All', ...DIRECTORY],
};
const TEAMS = { workload: 'teams', roles: TEAM.roles.slice(0, 3) };
const CHANNEL = {
  workload: 'teams',
  roles: ['Channel.ReadBasic.All', 'ChannelSettings.Read.All', 'ChannelSettings.ReadWrite.All', ...DIRECTORY],
};
const READ = {
  workload: 'teams',
  roles: ['ChannelMessage.Read.All', 'Group.Read.All', 'Group.ReadWrite.All'],
};
const WRITE = { workload: 'teams', roles: ['Teamwork.Migrate.All'] };

export function addTeams(router, { data }) {
  const find = (items, id) => {
    const found = items.find((one) => one.id === id);
    if (!found) throw notFound('teams', id);
    return found;
  };
  const team = (id) => find(data.teams, id);
  const channel = ({ team: teamId, channel: id }) => find(team(teamId).channels, id);
  const thread = (call) => find(channel(call).messages, call.message);
  const teamHeader = ({ channels, members, ...rest }) => rest;
  const channelHeader = ({ messages, ...rest }) => rest;
  const root = ({ replies, ...rest }) => rest;
  const limits = { size: 20, max: 50 };

  router.add('GET', '/teams', TEAMS, ({ page }) => page(data.teams.map(teamHeader), { context: 'teams' }));
  router.add('GET', '/users/{user}/joinedTeams', TEAMS, ({ user, page }) => {
    const { id } = requireUser(data, user, 'teams');
    const joined = data.teams.filter((one) => one.members.includes(id)).map(teamHeader);
    return page(joined, { noTop: true, context: 'teams' });
  });
  router.add('GET', '/teams/{team}', TEAM, ({ team: id, one }) => one(teamHeader(team(id))));
  router.add('GET', '/teams/{team}/channels', CHANNEL, ({ team: id, page }) =>
    page(team(id).channels.map(channelHeader), { noTop: true, context: `teams('${id}')/channels` }),
  );
  router.add('GET', '/teams/{team}/channels/getAllMessages()', READ, ({ team: id, page }) =>
    page(
      team(id).channels.flatMap((one) =>
        one.messages.flatMap((message) => [root(message), ...message.replies]),
      ),
      { ...limits, context: 'Collection(chatMessage)' },
    ),
  );
  router.add('GET', '/teams/{team}/channels/{channel}', CHANNEL, (call) =>
    call.one(channelHeader(channel(call))),
  );

  const messages = (call) => {
    const expand = call.url.searchParams.get('$expand') === 'replies';
    const newest = [...channel(call).messages].sort((a, b) =>
      b.createdDateTime.localeCompare(a.createdDateTime),
    );
    return call.page(newest, { ...limits, context: 'messages', shape: expand ? undefined : root });
  };
  router.add('GET', '/teams/{team}/channels/{channel}/messages', READ, messages);
  router.add('GET', '/teams/{team}/channels/{channel}/messages/delta()', READ, (call) => {
    const answer = messages(call);
    if (!answer.body['@odata.nextLink']) {
      const link = new URL(call.url);
      link.searchParams.set('$deltatoken', 'latest');
      answer.body['@odata.deltaLink'] = link.href.replaceAll('%24', '$');
    }
    return answer;
  });
  router.add('GET', '/teams/{team}/channels/{channel}/messages/{message}', READ, (call) =>
    call.one(root(thread(call))),
  );
  router.add('GET', '/teams/{team}/channels/{channel}/messages/{message}/replies', READ, (call) =>
    call.page(thread(call).replies, { ...limits, context: 'replies' }),
  );
  router.add('GET', '/teams/{team}/channels/{channel}/messages/{message}/replies/{reply}', READ, (call) =>
    call.one(find(thread(call).replies, call.reply)),
  );

  const identity = (call) => ({
    channelIdentity: { teamId: call.team, channelId: call.channel },
    chatId: null,
  });
  router.add('POST', '/teams/{team}/channels/{channel}/messages', WRITE, (call) => {
    const message = postedMessage(call.body, `${call.now}`, call.now, { ...identity(call), replyToId: null });
    channel(call).messages.push({ ...message, replies: [] });
    return { status: 201, body: message };
  });
  router.add('POST', '/teams/{team}/channels/{channel}/messages/{message}/replies', WRITE, (call) => {
    const parent = thread(call);
    const reply = postedMessage(call.body, `${call.now}`, call.now, {
      ...identity(call),
      replyToId: parent.id,
    });
    parent.replies.push(reply);
    return { status: 201, body: reply };
  });
}
