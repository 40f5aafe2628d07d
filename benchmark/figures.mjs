// The figures by name, in the order of the table, and the arithmetic on what was measured.

/** The columns. */
export const candidates = {
  idle: 'Node alone',
  bare: 'bare `node:https`',
  msal: '`@azure/msal-node`',
  identity: '`@azure/identity`',
  ours: '`workiq-auth`',
};

/** A figure's id, what it says, and the digits that mean something. */
export const figures = [
  ['import', 'Import, ms', 1],
  ['startSecret', 'Process start to first token, secret, ms', 1],
  ['startSecretInside', '– the same by the process’s own clock, ms', 1],
  ['startCertificate', 'Process start to first token, certificate, ms', 1],
  ['startCertificateInside', '– the same by the process’s own clock, ms', 1],
  ['rss', 'Resident memory after the first token, MB', 1],
  ['cached', 'Cached call, µs', 2],
  ['cachedOthers', 'Cached call among 1,000 other tokens, µs', 2],
  ['concurrentRequests', '1,000 calls at once, nothing cached: requests', 0],
  ['concurrentConnections', '– TLS connections', 0],
  ['concurrentWall', '– ms until the last has its token', 0],
  ['concurrentRss', '– resident memory, MB', 0],
  ['refusedRequests', '1,000 calls at once, wrong secret: requests', 0],
  ['refusedConnections', '– TLS connections', 0],
  ['refusedWall', '– ms until the last is refused', 0],
  ['refusedRss', '– resident memory, MB', 0],
  ['refreshLatency', 'Token due for renewal, endpoint takes 1 s: ms that a call takes', 1],
  ['refreshCrowdLatency', '– ms that the slowest of 100 calls at once takes', 1],
  ['refreshRequests', '– requests for these 100', 0],
  ['downFailed', 'Token due for renewal, endpoint down: calls of 100 that fail', 0],
  ['downLatency', '– ms that the slowest takes', 1],
  ['sizeMb', 'Installed, MB', 1],
  ['sizeFiles', '– files', 0],
  ['sizePackages', '– packages', 0],
];

/**
 * The middle of `values`.
 *
 * @param {number[]} values
 * @returns {number}
 */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * A number with `digits` behind the point.
 *
 * @param {number} value
 * @param {number} digits
 * @returns {string}
 */
export function rounded(value, digits) {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/**
 * Median and range, as the table shows them; the range is left out where there is none.
 *
 * @param {number[] | undefined} values
 * @param {number} digits
 * @returns {string}
 */
export function summary(values, digits) {
  if (!values) return '–';
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map((value) =>
    rounded(value, digits),
  );
  return least === most ? middle : `${middle} (${least}–${most})`;
}
