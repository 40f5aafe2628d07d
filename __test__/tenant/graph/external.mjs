/**
 * Items of Copilot connectors: read one by one, no list.
 */
import { notFound } from './errors.mjs';

export function addExternal(router, { data }) {
  const connection = (id) => {
    const found = data.connections.find((one) => one.id === id);
    if (!found) throw notFound('external', id);
    return found;
  };
  const header = ({ items, ...rest }) => rest;
  const list = {
    workload: 'teams',
    roles: ['ExternalConnection.Read.All', 'ExternalConnection.ReadWrite.All'],
  };
  const read = { workload: 'teams', roles: ['ExternalItem.Read.All', 'ExternalItem.ReadWrite.All'] };

  router.add('GET', '/external/connections', list, ({ page }) => page(data.connections.map(header)));
  router.add('GET', '/external/connections/{connection}', list, (call) =>
    call.one(header(connection(call.connection))),
  );
  router.add('GET', '/external/connections/{connection}/items/{item}', read, (call) => {
    const found = connection(call.connection).items.find((one) => one.id === call.item);
    if (!found) throw notFound('external', call.item);
    return call.one(found);
  });
}
