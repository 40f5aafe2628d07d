/**
 * POST /search/query, which asks an application for its region.
 */
import { GraphRefusal } from './errors.mjs';
import { searchItems } from './query.mjs';

const ROLES = {
  workload: 'sites',
  roles: ['Files.Read.All', 'Files.ReadWrite.All', 'Sites.Read.All', 'Sites.ReadWrite.All'],
};
const TYPES = ['site', 'list', 'listItem', 'drive', 'driveItem'];

const invalid = (message) =>
  new GraphRefusal(400, 'BadRequest', message, {
    target: '',
    details: [{ code: 'BadRequest', message, target: '', details: [] }],
  });

export function addSearch(router, { data, options }) {
  /** The words of a query, and the sites that its KQL is restricted to; undefined where it is to none. */
  const restricted = (text) => {
    const webs = [...text.matchAll(/\(SiteId:(\S+) AND WebId:([\da-f-]+)[^)]*\)/g)].map(([, ...ids]) => ids);
    if (webs.length === 0) return { words: text };
    return { words: /^\((.*)\) AND \(\(SiteId:/.exec(text)?.[1] ?? '', webs };
  };

  const hits = (type, query) => {
    const { words: text, webs } = restricted(query);
    const within = (one) =>
      !webs ||
      webs.some(
        ([site, web]) =>
          one.sharePointIds?.webId === web ||
          (one.parentReference?.siteId ?? one.id).endsWith(`,${site},${web}`),
      );
    const files = data.drives.flatMap((drive) => drive.items.filter((item) => item.file));
    const pools = {
      site: data.sites,
      list: data.sites.flatMap((site) => site.lists),
      listItem: files,
      drive: data.drives,
      driveItem: files,
    };
    return searchItems(pools[type].filter(within), text === '*' ? '' : text).map(
      ({ content, lists, drives, items, ...resource }) => ({
        resource: { '@odata.type': `#microsoft.graph.${type}`, ...resource },
        summary: `${content ?? resource.description ?? ''}`.replace(/\s+/g, ' ').slice(0, 160),
      }),
    );
  };

  router.add('POST', '/search/query', ROLES, ({ body }) => {
    if (!Array.isArray(body?.requests) || body.requests.length === 0)
      throw invalid('SearchRequest Invalid (Requests are required.)');
    const value = body.requests.map((request) => {
      const types = request.entityTypes ?? [];
      const foreign = types.find((type) => !TYPES.includes(type));
      if (foreign || types.length === 0) {
        throw invalid(
          `SearchRequest Invalid (Application permission is only supported for the following entity types: ${TYPES.join(', ')}.)`,
        );
      }
      if (!request.region)
        throw invalid('SearchRequest Invalid (Region is required when request with application permission.)');
      if (request.region !== options.region)
        throw invalid(`Requested region not found. Only valid regions are ${options.region}.`);
      const { from = 0, size = 25 } = request;
      if (size > 500) throw invalid('SearchRequest Invalid (Page size exceeds 500.)');
      const found = types.flatMap((type) => hits(type, request.query?.queryString ?? ''));
      return {
        searchTerms: `${request.query?.queryString ?? ''}`.split(/\s+/).filter(Boolean),
        hitsContainers: [
          {
            hits: found
              .slice(from, from + size)
              .map((hit, index) => ({ hitId: hit.resource.id, rank: from + index + 1, ...hit })),
            total: found.length,
            moreResultsAvailable: found.length > from + size,
          },
        ],
      };
    });
    return {
      body: {
        '@odata.context':
          'https://graph.microsoft.com/v1.0/$metadata#Collection(microsoft.graph.searchResponse)',
        value,
      },
    };
  });
}
