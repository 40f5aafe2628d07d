/**
 * The official names that a tenant may answer to besides its loopback origins, so that a client with no setting of
 * its own reaches it through a proxy. Names of two clouds do not mix, as they do not with Microsoft.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** Each cloud's names of the authority and of Graph. */
const CLOUDS = [
  {
    authority: ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net'],
    graph: ['graph.microsoft.com'],
  },
  {
    authority: ['login.microsoftonline.us', 'login.usgovcloudapi.net'],
    graph: ['graph.microsoft.us', 'dod-graph.microsoft.us'],
  },
  {
    authority: ['login.partner.microsoftonline.cn', 'login.chinacloudapi.cn'],
    graph: ['microsoftgraph.chinacloudapi.cn'],
  },
  { authority: ['login.sovcloud-identity.fr'], graph: ['graph.svc.sovcloud.fr'] },
  { authority: ['login.sovcloud-identity.de'], graph: ['graph.svc.sovcloud.de'] },
];

const origin = (host) => `https://${host}`;
/** A Host header may name the port that goes without saying. */
const bare = (host) => host?.replace(/:443$/, '');

/**
 * @param {object} setup
 * @param {string[]} [setup.hosts] official names, each of an authority or of Graph
 * @param {() => string} setup.authorityUrl the loopback origins
 * @param {() => string} setup.graphUrl
 */
export function createNames({ hosts = [], authorityUrl, graphUrl }) {
  const cloudOf = (host) =>
    CLOUDS.find(({ authority, graph }) => authority.includes(host) || graph.includes(host));
  const unknown = hosts.find((host) => !cloudOf(host));
  if (unknown) throw new TypeError(`hosts: ${unknown} is no name of an authority or of Graph`);
  const isAuthority = (host) => cloudOf(host).authority.includes(host);
  const authorities = hosts.filter(isAuthority);
  const graphs = hosts.filter((host) => !isAuthority(host));
  const asked = new AsyncLocalStorage();

  return {
    hosts,
    /** What an assertion may be meant for: the token endpoint under each of its names. */
    tokenEndpoints: (tenant) =>
      [authorityUrl(), ...authorities.map(origin)].map((base) => `${base}/${tenant}/oauth2/v2.0/token`),
    /** What a token may be for, asked for at `host`: an official authority knows its own cloud's Graph only. */
    resources(header) {
      const host = bare(header);
      if (!authorities.includes(host)) return [graphUrl(), ...graphs.map(origin)];
      return graphs.filter((graph) => cloudOf(host).graph.includes(graph)).map(origin);
    },
    /** Runs a request to Graph under the name that it was sent to, and links in the answer bear that name. */
    asGraph: (header, run) =>
      asked.run(graphs.includes(bare(header)) ? origin(bare(header)) : graphUrl(), run),
    /** Graph's origin as the request at hand knows it; also the audience that its token must have. */
    graph: () => asked.getStore() ?? graphUrl(),
    /** Where a proxy finds each name. */
    map: () =>
      Object.fromEntries(
        hosts.map((host) => [`${host}:443`, new URL(isAuthority(host) ? authorityUrl() : graphUrl()).host]),
      ),
  };
}
