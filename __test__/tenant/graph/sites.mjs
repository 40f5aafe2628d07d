/**
 * Sites, lists, drives and files. File content is served elsewhere, by pre-signed URL.
 */
import { notFound } from './errors.mjs';
import { searchItems } from './query.mjs';

const SITES = { workload: 'sites', roles: ['Sites.Read.All', 'Sites.ReadWrite.All'] };
const FILES = { workload: 'sites', roles: ['Files.Read.All', 'Files.ReadWrite.All', ...SITES.roles] };
const WRITE = { workload: 'sites', roles: ['Files.ReadWrite.All', 'Sites.ReadWrite.All'] };

export function addSites(router, { data, presign }) {
  const find = (items, id) => {
    const found = items.find((one) => one.id === id);
    if (!found) throw notFound('sites', id);
    return found;
  };
  const site = (id) => {
    const root = id === 'root' || id === 'contoso.sharepoint.com';
    const path = /^contoso\.sharepoint\.com:(\/.*?):?$/.exec(id);
    if (path) {
      const found = data.sites.find((one) => new URL(one.webUrl).pathname === path[1]);
      if (!found) throw notFound('sites', id);
      return found;
    }
    return root ? data.sites[0] : find(data.sites, id);
  };
  const header = ({ lists, drives, ...rest }) => rest;
  const drive = (id) => find(data.drives, id);
  // `sharePointIds` comes only where it is selected.
  const driveHeader = ({ items, sharePointIds, ...rest }) => rest;
  const children = (one, parent) => one.items.filter((item) => item.parentReference?.id === parent.id);
  const shape = ({ content, ...item }) => ({
    ...item,
    ...(item.file ? { '@microsoft.graph.downloadUrl': presign(item) } : {}),
  });
  const rootOf = (one) => one.items.find((item) => item.root);
  const item = (call) => {
    const one = drive(call.drive);
    return { one, found: call.item === 'root' ? rootOf(one) : find(one.items, call.item) };
  };

  router.add('GET', '/sites', SITES, ({ url, page }) => {
    const search = url.searchParams.get('search');
    const found =
      search && search !== '*' ? searchItems(data.sites.map(header), search) : data.sites.map(header);
    return page(found, { context: 'sites' });
  });
  router.add('GET', '/sites/getAllSites()', SITES, ({ page }) =>
    page(data.sites.map(header), { context: 'sites' }),
  );
  router.add('GET', '/sites/{site}', SITES, (call) => call.one(header(site(call.site))));
  // `/sites/{host}:/sites/{name}`, the address by path.
  router.add('GET', '/sites/{host}/sites/{name}', SITES, (call) =>
    call.one(header(site(`${call.host.replace(/:$/, '')}:/sites/${call.name.replace(/:$/, '')}`))),
  );
  router.add('GET', '/sites/{site}/lists', SITES, (call) =>
    call.page(site(call.site).lists, { context: 'lists' }),
  );
  router.add('GET', '/sites/{site}/lists/{list}', SITES, (call) =>
    call.one(find(site(call.site).lists, call.list)),
  );
  router.add('GET', '/sites/{site}/drives', FILES, (call) => {
    const { drives } = site(call.site);
    return call.page(data.drives.filter((one) => drives.includes(one.id)).map(driveHeader), {
      context: 'drives',
    });
  });
  router.add('GET', '/sites/{site}/drive', FILES, (call) =>
    call.one(driveHeader(drive(site(call.site).drives[0]))),
  );
  router.add('GET', '/sites/{site}/drive/root/children', FILES, (call) => {
    const one = drive(site(call.site).drives[0]);
    return call.page(children(one, rootOf(one)).map(shape), { size: 200, context: 'children' });
  });
  router.add('GET', '/drives/{drive}', FILES, (call) => {
    const { sharePointIds } = drive(call.drive);
    const selected = /\bsharePointIds\b/i.test(call.url.searchParams.get('$select') ?? '');
    return call.one({ ...driveHeader(drive(call.drive)), ...(selected && { sharePointIds }) });
  });
  router.add('GET', '/drives/{drive}/root', FILES, (call) => call.one(shape(rootOf(drive(call.drive)))));
  router.add('GET', '/drives/{drive}/root/children', FILES, (call) => {
    const one = drive(call.drive);
    return call.page(children(one, rootOf(one)).map(shape), { size: 200, context: 'children' });
  });
  router.add('GET', '/drives/{drive}/root/search()', FILES, (call) => {
    const files = drive(call.drive).items.filter((one) => one.file);
    return call.page(searchItems(files, call.args.q ?? '').map(shape), { size: 200, context: 'search' });
  });
  router.add('GET', '/drives/{drive}/items/{item}', FILES, (call) => call.one(shape(item(call).found)));
  router.add('GET', '/drives/{drive}/items/{item}/children', FILES, (call) => {
    const { one, found } = item(call);
    return call.page(children(one, found).map(shape), { size: 200, context: 'children' });
  });
  router.add('GET', '/drives/{drive}/items/{item}/content', FILES, (call) => {
    const { found } = item(call);
    if (!found.file) throw notFound('sites', call.item);
    return { status: 302, headers: { Location: presign(found, call.url.searchParams.get('format')) } };
  });
  router.add('DELETE', '/drives/{drive}/items/{item}', WRITE, (call) => {
    const { one, found } = item(call);
    one.items.splice(one.items.indexOf(found), 1);
    return { status: 204 };
  });
}
