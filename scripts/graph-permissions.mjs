// Writes src/graph/permissions/table.txt and roles.txt from Microsoft's own map of Graph's permissions:
// github.com/microsoftgraph/microsoft-graph-devx-content, permissions/new (MIT). Run after a new copy of that data:
//
//   node scripts/graph-permissions.mjs [folder with permissions.json and provisioningInfo.json]
//
// Only paths that one of the permissions below opens are taken, and what the program cannot use is left out: /me (there
// is none in app-only), permissions of delegated tokens, and paths that need two permissions at once.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root } from './ensure.mjs';

/** Work IQ's seven, what helps them, and what agents ask for beyond. */
const NAMED = `
  Sites.Read.All Mail.Read People.Read.All OnlineMeetingTranscript.Read.All Chat.Read.All ChannelMessage.Read.All
  ExternalItem.Read.All

  User.ReadBasic.All User.Read.All Team.ReadBasic.All Channel.ReadBasic.All OnlineMeetings.Read.All
  ExternalConnection.Read.All Chat.ReadBasic.All Files.Read.All Calendars.Read Application.Read.All
  OnlineMeetingAiInsight.Read.All AiEnterpriseInteraction.Read.All

  Mail.ReadBasic.All Mail.ReadWrite Mail.Send Calendars.ReadBasic.All Calendars.ReadWrite Contacts.Read
  Contacts.ReadWrite MailboxSettings.Read MailboxSettings.ReadWrite Files.ReadWrite.All Sites.ReadWrite.All
  Sites.Selected Chat.ReadWrite.All Chat.Create ChatMember.Read.All ChannelMember.Read.All TeamMember.Read.All
  TeamSettings.Read.All OnlineMeetings.ReadWrite.All OnlineMeetingRecording.Read.All OnlineMeetingArtifact.Read.All
  CallTranscripts.Read.All Tasks.Read.All Tasks.ReadWrite.All Group.Read.All Group.ReadWrite.All GroupMember.Read.All
  Directory.Read.All Organization.Read.All Place.Read.All Presence.Read.All Presence.ReadWrite.All Reports.Read.All
  AuditLog.Read.All Schedule.Read.All VirtualEvent.Read.All
`
  .trim()
  .split(/\s+/);

const ORDER = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const folder = process.argv[2] ?? path.join(root, '../shared/graph');
const read = (name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
const { permissions } = read('permissions.json');
const { permissionDeployments } = read('provisioningInfo.json');

/** path, then method, to {accepted, least, several} */
const paths = new Map();
for (const [name, { pathSets }] of Object.entries(permissions)) {
  for (const set of pathSets) {
    if (!set.schemeKeys.includes('Application')) continue;
    for (const [template, facts] of Object.entries(set.paths)) {
      const at = paths.get(template) ?? paths.set(template, new Map()).get(template);
      for (const method of set.methods) {
        const entry =
          at.get(method) ??
          at.set(method, { accepted: new Set(), least: new Set(), several: false }).get(method);
        entry.accepted.add(name);
        const least = /least=([^;]*)/.exec(facts)?.[1].split(',') ?? [];
        if (least.includes('Application')) entry.least.add(name);
        entry.several ||= facts.includes('AlsoRequires');
      }
    }
  }
}

/** heading to paths */
const groups = new Map();
const used = new Set(NAMED);
for (const [template, methods] of paths) {
  // Folders that are open ended, and drive paths that lack their closing colon, can be matched by nobody.
  if (/^\/me(\/|$)|\.\.\.|[?]|root:\/[^:]*\/[^:]*$/.test(template)) continue;
  const headings = new Map();
  for (const [method, { accepted, least, several }] of methods) {
    if (several || !NAMED.some((name) => accepted.has(name))) continue;
    for (const name of accepted) used.add(name);
    const rest = [...accepted].filter((name) => !least.has(name)).sort();
    const heading = [...[...least].sort().map((name) => `*${name}`), ...rest].join(' ');
    headings.set(heading, [...(headings.get(heading) ?? []), method]);
  }
  for (const [heading, of] of headings) {
    const key = `${of.sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b)).join(',')} ${heading}`;
    groups.set(key, [...(groups.get(key) ?? []), template]);
  }
}

const source = `# Facts from Microsoft's own map (github.com/microsoftgraph/microsoft-graph-devx-content, permissions/new, MIT).
# Written by scripts/graph-permissions.mjs; do not edit.`;
const table = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(
  path.join(root, 'src/graph/permissions/table.txt'),
  `${source}
# A heading is methods, then the application permissions of which any one suffices, the least with an asterisk.
# Below it are the paths that it holds for.

${table
  .map(
    ([heading, list]) =>
      `${heading}\n${list
        .sort()
        .map((p) => `  ${p}\n`)
        .join('')}`,
  )
  .join('\n')}`,
);

const roles = [];
for (const name of [...used].sort()) {
  const ids = (permissionDeployments[name] ?? [])
    .filter((one) => one.scheme === 'Application' && one.environment.split(';').includes('public'))
    .map((one) => one.id);
  // A few names of the map are known to no deployment: a dash.
  roles.push(`${name} ${ids[0] ?? '-'}\n`);
}
writeFileSync(
  path.join(root, 'src/graph/permissions/roles.txt'),
  `${source}
# Application permissions of Microsoft Graph and the ids of their app roles.

${roles.join('')}`,
);
const count = table.reduce((sum, [, list]) => sum + list.length, 0);
console.log(`${count} rows under ${table.length} headings, ${roles.length} permissions`);
