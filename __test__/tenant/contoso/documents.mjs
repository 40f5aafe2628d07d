/**
 * Sites, drives, files, and the items of a connector.
 */
import { driveId, driveItemId, guid } from '../ids.mjs';
import { nameOf, userId } from './people.mjs';

const HOST = 'contoso.sharepoint.com';
const siteId = (name) => `${HOST},${guid(`site/${name}`)},${guid(`web/${name}`)}`;

/** site, then folder and files: [name, type, author, day, text]. */
const LIBRARIES = {
  platform: {
    Decisions: [
      [
        '0021-public-api-rest.md',
        'text/markdown',
        'ada',
        '2026-11-04',
        '# 0021 Public API stays on REST\n\nNo GraphQL this year. Expand covers the requests of customers.\n',
      ],
      [
        '0022-order-events.md',
        'text/markdown',
        'ada',
        '2026-11-04',
        '# 0022 Order events\n\nManaged event hub. Superseded by 0024.\n',
      ],
      [
        '0024-outbox.md',
        'text/markdown',
        'ada',
        '2026-11-16',
        '# 0024 Transactional outbox\n\nSupersedes 0022. Polled every second, rows kept for seven days.\n',
      ],
    ],
    '': [
      [
        'Retention policy.txt',
        'text/plain',
        'hedy',
        '2026-11-18',
        'Raw request logs: 90 days. Audit logs: one year. The bank: 180 days.\n',
      ],
      ['Connector test.csv', 'text/csv', 'katherine', '2026-11-13', 'run,ordered\n1,yes\n2,yes\n3,no\n'],
    ],
  },
  root: { '': [['Welcome.txt', 'text/plain', 'grace', '2026-01-12', 'Welcome to Contoso.\n']] },
};

const identity = (alias) => ({
  user: { id: userId(alias), displayName: nameOf(alias), email: `${alias}@contoso.com` },
});

function items(site, drive) {
  const rootId = driveItemId(`${site}/root`);
  const webUrl = (path) =>
    `https://${HOST}${site === 'root' ? '' : `/sites/${site}`}/Shared%20Documents/${encodeURI(path)}`;
  const reference = (id, path) => ({
    driveType: 'documentLibrary',
    driveId: drive,
    siteId: siteId(site),
    id,
    path: `/drives/${drive}/root:${path}`,
  });
  const found = [
    { id: rootId, name: 'root', root: {}, size: 0, folder: { childCount: 0 }, webUrl: webUrl('') },
  ];
  for (const [folder, files] of Object.entries(LIBRARIES[site])) {
    const parent = folder ? driveItemId(`${site}/${folder}`) : rootId;
    if (folder) {
      found.push({
        id: parent,
        name: folder,
        size: 0,
        folder: { childCount: files.length },
        createdDateTime: '2026-01-12T09:00:00Z',
        lastModifiedDateTime: '2026-11-16T12:00:00Z',
        webUrl: webUrl(folder),
        parentReference: reference(rootId, ''),
      });
    }
    for (const [name, mimeType, alias, day, content] of files) {
      found.push({
        id: driveItemId(`${site}/${folder}/${name}`),
        name,
        eTag: `"{${guid(`etag/${site}/${name}`).toUpperCase()}},1"`,
        size: Buffer.byteLength(content),
        file: { mimeType },
        createdDateTime: `${day}T09:00:00Z`,
        lastModifiedDateTime: `${day}T12:00:00Z`,
        createdBy: identity(alias),
        lastModifiedBy: identity(alias),
        webUrl: webUrl(folder ? `${folder}/${name}` : name),
        parentReference: reference(parent, folder ? `/${folder}` : ''),
        content,
      });
    }
  }
  found[0].folder.childCount = found.filter((one) => one.parentReference?.id === rootId).length;
  return found;
}

/** Drives with all their items; `content` is for the storage origin. */
export const drives = () =>
  Object.keys(LIBRARIES).map((site) => {
    const id = driveId(`drive/${site}`);
    return {
      id,
      name: 'Documents',
      driveType: 'documentLibrary',
      createdDateTime: '2026-01-12T09:00:00Z',
      webUrl: `https://${HOST}${site === 'root' ? '' : `/sites/${site}`}/Shared%20Documents`,
      sharePointIds: { siteId: guid(`site/${site}`), webId: guid(`web/${site}`) },
      quota: { state: 'normal', total: 27_487_790_694_400, used: 1_048_576 },
      items: items(site, id),
    };
  });

/** Sites; the first is the root. */
export const sites = ({ dataLocationCode } = {}) =>
  [
    ['root', 'Contoso', `https://${HOST}`, 'The front page of Contoso'],
    [
      'platform',
      'Platform',
      `https://${HOST}/sites/platform`,
      'Decisions and documents of the platform team',
    ],
  ].map(([name, displayName, webUrl, description]) => ({
    id: siteId(name),
    name,
    displayName,
    description,
    createdDateTime: '2026-01-12T09:00:00Z',
    lastModifiedDateTime: '2026-11-18T12:00:00Z',
    webUrl,
    siteCollection: { hostname: HOST, ...(dataLocationCode && { dataLocationCode }) },
    ...(name === 'root' ? { root: {} } : {}),
    lists: [
      {
        id: guid(`list/${name}/documents`),
        name: 'Shared Documents',
        displayName: 'Documents',
        description: '',
        createdDateTime: '2026-01-12T09:00:00Z',
        lastModifiedDateTime: '2026-11-18T12:00:00Z',
        webUrl: `${webUrl}/Shared%20Documents`,
        list: { contentTypesEnabled: false, hidden: false, template: 'documentLibrary' },
      },
    ],
    drives: [driveId(`drive/${name}`)],
  }));

/** One connector, with tickets. */
export const connections = () => [
  {
    id: 'contosotickets',
    name: 'Contoso tickets',
    description: 'Tickets of the help desk',
    state: 'ready',
    items: [
      ['TICKET-101', 'Expand on orders is not documented', 'ada'],
      ['TICKET-102', 'Order of events is not kept', 'katherine'],
    ].map(([id, title, alias]) => ({
      id,
      acl: [{ type: 'everyone', value: 'everyone', accessType: 'grant' }],
      properties: { title, assignedTo: `${alias}@contoso.com`, status: 'open' },
      content: { type: 'text', value: `${title}. Reported by a customer.` },
    })),
  },
];
