/**
 * The service document and the CSDL of what the tenant serves, written from a compact model.
 */
import { createHash } from 'node:crypto';

/**
 * Type: base, `name:Type` properties, `name>Type` navigation. `*` after a type makes it a collection, `!` not nullable;
 * after a navigation `-` says that what it leads to lives elsewhere.
 */
const ENTITIES = {
  entity: ['', 'id:String!'],
  directoryObject: ['entity', 'deletedDateTime:DateTimeOffset'],
  outlookItem: [
    'entity',
    'changeKey:String createdDateTime:DateTimeOffset lastModifiedDateTime:DateTimeOffset categories:String*',
  ],
  user: [
    'directoryObject',
    'displayName:String givenName:String surname:String jobTitle:String department:String mail:String ' +
      'userPrincipalName:String officeLocation:String mobilePhone:String businessPhones:String* preferredLanguage:String',
    'messages>message* mailFolders>mailFolder* events>event* calendar>calendar calendarView>event*- people>person*- ' +
      'chats>chat* joinedTeams>team*- onlineMeetings>onlineMeeting* drive>drive manager>directoryObject-',
  ],
  person: [
    'entity',
    'displayName:String givenName:String surname:String jobTitle:String companyName:String userPrincipalName:String',
  ],
  organization: ['directoryObject', 'displayName:String countryLetterCode:String'],
  message: [
    'outlookItem',
    'subject:String body:itemBody bodyPreview:String from:recipient sender:recipient toRecipients:recipient* ' +
      'ccRecipients:recipient* receivedDateTime:DateTimeOffset sentDateTime:DateTimeOffset hasAttachments:Boolean ' +
      'isRead:Boolean isDraft:Boolean importance:importance conversationId:String internetMessageId:String webLink:String',
    'attachments>attachment*',
  ],
  attachment: [
    'entity',
    'name:String contentType:String size:Int32! isInline:Boolean! lastModifiedDateTime:DateTimeOffset',
  ],
  fileAttachment: ['attachment', 'contentBytes:Binary contentId:String'],
  mailFolder: [
    'entity',
    'displayName:String parentFolderId:String childFolderCount:Int32 unreadItemCount:Int32 totalItemCount:Int32 isHidden:Boolean',
    'messages>message* childFolders>mailFolder*',
  ],
  calendar: ['entity', 'name:String', 'events>event* calendarView>event*-'],
  event: [
    'outlookItem',
    'subject:String body:itemBody bodyPreview:String start:dateTimeTimeZone end:dateTimeTimeZone location:location ' +
      'attendees:attendee* organizer:recipient isAllDay:Boolean isCancelled:Boolean isOrganizer:Boolean ' +
      'isOnlineMeeting:Boolean onlineMeeting:onlineMeetingInfo iCalUId:String webLink:String',
    'attachments>attachment* instances>event*-',
  ],
  chat: [
    'entity',
    'topic:String chatType:chatType! createdDateTime:DateTimeOffset lastUpdatedDateTime:DateTimeOffset webUrl:String ' +
      'tenantId:String onlineMeetingInfo:teamworkOnlineMeetingInfo',
    'messages>chatMessage* members>conversationMember*',
  ],
  conversationMember: [
    'entity',
    'displayName:String roles:String* visibleHistoryStartDateTime:DateTimeOffset',
  ],
  aadUserConversationMember: ['conversationMember', 'userId:String email:String tenantId:String'],
  chatMessage: [
    'entity',
    'body:itemBody! from:identitySet subject:String summary:String chatId:String replyToId:String etag:String ' +
      'createdDateTime:DateTimeOffset lastModifiedDateTime:DateTimeOffset deletedDateTime:DateTimeOffset ' +
      'importance:importance webUrl:String channelIdentity:channelIdentity',
    'replies>chatMessage*',
  ],
  team: [
    'entity',
    'displayName:String description:String isArchived:Boolean webUrl:String tenantId:String createdDateTime:DateTimeOffset',
    'channels>channel*',
  ],
  channel: [
    'entity',
    'displayName:String! description:String membershipType:String webUrl:String isArchived:Boolean createdDateTime:DateTimeOffset tenantId:String',
    'messages>chatMessage*',
  ],
  onlineMeeting: [
    'entity',
    'subject:String joinWebUrl:String startDateTime:DateTimeOffset endDateTime:DateTimeOffset ' +
      'creationDateTime:DateTimeOffset chatInfo:chatInfo allowTranscription:Boolean recordAutomatically:Boolean',
    'transcripts>callTranscript*',
  ],
  callTranscript: [
    'entity',
    'callId:String content:Stream contentCorrelationId:String createdDateTime:DateTimeOffset endDateTime:DateTimeOffset ' +
      'meetingId:String meetingOrganizer:identitySet metadataContent:Stream transcriptContentUrl:String',
  ],
  baseItem: [
    'entity',
    'name:String description:String webUrl:String eTag:String createdDateTime:DateTimeOffset! ' +
      'lastModifiedDateTime:DateTimeOffset! createdBy:identitySet lastModifiedBy:identitySet parentReference:itemReference',
  ],
  site: [
    'baseItem',
    'displayName:String siteCollection:siteCollection',
    'lists>list* drives>drive* drive>drive sites>site*',
  ],
  list: ['baseItem', 'displayName:String', 'items>listItem* drive>drive'],
  listItem: ['baseItem', '', 'driveItem>driveItem'],
  drive: ['baseItem', 'driveType:String', 'items>driveItem* root>driveItem'],
  driveItem: ['baseItem', 'size:Int64 file:file folder:folder content:Stream', 'children>driveItem*'],
  searchEntity: ['entity', ''],
  external: ['', '', 'connections>externalConnection*'],
  externalConnection: ['entity', 'name:String description:String', 'items>externalItem*'],
  externalItem: ['entity', 'content:externalItemContent'],
};

const COMPLEX = {
  itemBody: 'contentType:bodyType content:String',
  emailAddress: 'name:String address:String',
  recipient: 'emailAddress:emailAddress',
  attendee: 'emailAddress:emailAddress type:String',
  dateTimeTimeZone: 'dateTime:String! timeZone:String',
  location: 'displayName:String',
  onlineMeetingInfo: 'joinUrl:String conferenceId:String',
  teamworkOnlineMeetingInfo: 'calendarEventId:String joinWebUrl:String',
  channelIdentity: 'teamId:String channelId:String',
  chatInfo: 'threadId:String messageId:String',
  identity: 'id:String displayName:String',
  identitySet: 'application:identity device:identity user:identity',
  itemReference: 'driveId:String driveType:String id:String path:String',
  siteCollection: 'hostname:String dataLocationCode:String',
  file: 'mimeType:String',
  folder: 'childCount:Int32',
  externalItemContent: 'type:String value:String',
  uploadSession: 'expirationDateTime:DateTimeOffset nextExpectedRanges:String* uploadUrl:String',
  searchQuery: 'queryString:String!',
  searchRequest:
    'entityTypes:entityType* query:searchQuery from:Int32! size:Int32! fields:String* region:String',
  searchHit: 'hitId:String rank:Int32 summary:String',
  searchHitsContainer: 'hits:searchHit* total:Int32 moreResultsAvailable:Boolean',
  scheduleInformation: 'scheduleId:String availabilityView:String',
  searchResponse: 'searchTerms:String* hitsContainers:searchHitsContainer*',
};

const ENUMS = {
  bodyType: ['text', 'html'],
  importance: ['low', 'normal', 'high'],
  chatType: ['oneOnOne', 'group', 'meeting', 'unknownFutureValue'],
  entityType: [
    'event',
    'message',
    'driveItem',
    'externalItem',
    'site',
    'list',
    'listItem',
    'drive',
    'chatMessage',
    'person',
  ],
};

const ACTIONS = [
  ['Action', 'sendMail', 'bindingParameter:user Message:message! SaveToSentItems:Boolean', ''],
  ['Action', 'send', 'bindingParameter:message', ''],
  ['Action', 'reply', 'bindingParameter:message Message:message Comment:String', ''],
  [
    'Action',
    'forward',
    'bindingParameter:message ToRecipients:recipient* Message:message Comment:String',
    '',
  ],
  ['Action', 'move', 'bindingParameter:message DestinationId:String!', 'message'],
  ['Action', 'accept', 'bindingParameter:event SendResponse:Boolean Comment:String', ''],
  ['Action', 'cancel', 'bindingParameter:event Comment:String', ''],
  [
    'Action',
    'getSchedule',
    'bindingParameter:calendar Schedules:String* EndTime:dateTimeTimeZone StartTime:dateTimeTimeZone ' +
      'AvailabilityViewInterval:Int32',
    'scheduleInformation*',
  ],
  ['Action', 'createUploadSession', 'bindingParameter:driveItem', 'uploadSession'],
  ['Action', 'query', 'bindingParameter:searchEntity requests:searchRequest*!', 'searchResponse*'],
  [
    'Function',
    'getAllTranscripts',
    'bindingParameter:onlineMeeting* meetingOrganizerUserId:String startDateTime:DateTimeOffset endDateTime:DateTimeOffset',
    'callTranscript*',
  ],
  ['Function', 'getAllMessages', 'bindingParameter:chat*', 'chatMessage*'],
  ['Function', 'getAllMessages', 'bindingParameter:channel*', 'chatMessage*'],
  ['Function', 'delta', 'bindingParameter:chatMessage*', 'chatMessage*'],
  ['Function', 'delta', 'bindingParameter:user*', 'user*'],
  ['Function', 'delta', 'bindingParameter:message*', 'message*'],
  ['Function', 'delta', 'bindingParameter:event*', 'event*'],
  ['Function', 'delta', 'bindingParameter:driveItem', 'driveItem*'],
  ['Function', 'getAllSites', 'bindingParameter:site*', 'site*'],
  ['Function', 'search', 'bindingParameter:drive q:String', 'driveItem*'],
  ['Function', 'search', 'bindingParameter:driveItem q:String', 'driveItem*'],
];

const ABSTRACT = new Set(['entity', 'outlookItem', 'attachment', 'conversationMember', 'baseItem']);

/** Set by the service alone. */
const COMPUTED = ['outlookItem/createdDateTime', 'outlookItem/lastModifiedDateTime', 'chat/createdDateTime'];

const SETS = {
  users: 'user',
  directoryObjects: 'directoryObject',
  organization: 'organization',
  chats: 'chat',
  teams: 'team',
  sites: 'site',
  drives: 'drive',
};
const SINGLETONS = { me: 'user', search: 'searchEntity', external: 'external' };

const PRIMITIVES = new Set(['String', 'Boolean', 'Int32', 'Int64', 'DateTimeOffset', 'Binary', 'Stream']);

function typeName(text) {
  const name = text.replace(/[*!-]/g, '');
  const full = PRIMITIVES.has(name) ? `Edm.${name}` : `graph.${name}`;
  return text.includes('*') ? `Collection(${full})` : full;
}

const words = (text = '') => text.split(' ').filter(Boolean);
const nullable = (type) => (type.includes('!') ? ' Nullable="false"' : '');

const property = (text) => {
  const [name, type] = text.split(':');
  return `<Property Name="${name}" Type="${typeName(type)}"${nullable(type)} />`;
};

const navigation = (text) => {
  const [name, type] = text.split('>');
  const contains = type.endsWith('-') ? '' : ' ContainsTarget="true"';
  return `<NavigationProperty Name="${name}" Type="${typeName(type)}"${contains} />`;
};

function entity([name, [base, properties, navigations]]) {
  const key = name === 'entity' ? '<Key><PropertyRef Name="id" /></Key>' : '';
  const inner = [key, ...words(properties).map(property), ...words(navigations).map(navigation)].join('');
  const stream = name === 'fileAttachment' ? ' HasStream="true"' : '';
  const abstract = ABSTRACT.has(name) ? ' Abstract="true"' : '';
  const head = `Name="${name}"${base ? ` BaseType="graph.${base}"` : ''}${abstract}${stream}`;
  return `<EntityType ${head}>${inner}</EntityType>`;
}

function operation([kind, name, parameters, returns]) {
  const inner = words(parameters).map((text) => {
    const [parameter, type] = text.split(':');
    return `<Parameter Name="${parameter}" Type="${typeName(type)}"${nullable(type)} />`;
  });
  if (returns) inner.push(`<ReturnType Type="${typeName(returns)}" />`);
  return `<${kind} Name="${name}" IsBound="true">${inner.join('')}</${kind}>`;
}

/** The whole document. */
export function csdl() {
  const enums = Object.entries(ENUMS).map(
    ([name, members]) =>
      `<EnumType Name="${name}">${members.map((member, value) => `<Member Name="${member}" Value="${value}" />`).join('')}</EnumType>`,
  );
  const complex = Object.entries(COMPLEX).map(
    ([name, properties]) =>
      `<ComplexType Name="${name}">${words(properties).map(property).join('')}</ComplexType>`,
  );
  const sets = Object.entries(SETS).map(
    ([name, type]) => `<EntitySet Name="${name}" EntityType="microsoft.graph.${type}" />`,
  );
  const singletons = Object.entries(SINGLETONS).map(
    ([name, type]) => `<Singleton Name="${name}" Type="microsoft.graph.${type}" />`,
  );
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>',
    '<Schema Namespace="microsoft.graph" Alias="graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">',
    ...enums,
    ...Object.entries(ENTITIES).map(entity),
    ...complex,
    ...ACTIONS.map(operation),
    '<EntityContainer Name="GraphService">',
    ...sets,
    ...singletons,
    '</EntityContainer>',
    ...COMPUTED.map(
      (target) =>
        `<Annotations Target="microsoft.graph.${target}"><Annotation Term="Org.OData.Core.V1.Computed" Bool="true" /></Annotations>`,
    ),
    '</Schema></edmx:DataServices></edmx:Edmx>',
    '',
  ].join('\n');
}

export function addMetadata(router, { graphUrl }) {
  router.add('GET', '/', {}, () => ({
    body: {
      '@odata.context': `${graphUrl()}/v1.0/$metadata`,
      value: [
        ...Object.keys(SETS).map((name) => ({ name, kind: 'EntitySet', url: name })),
        ...Object.keys(SINGLETONS).map((name) => ({ name, kind: 'Singleton', url: name })),
      ],
    },
  }));
  const text = csdl();
  const etag = `W/"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"`;
  router.add('GET', '/$metadata', {}, ({ headers }) =>
    headers['if-none-match'] === etag
      ? { status: 304, headers: { ETag: etag } }
      : { headers: { 'Content-Type': 'application/xml', ETag: etag }, body: text },
  );
}
