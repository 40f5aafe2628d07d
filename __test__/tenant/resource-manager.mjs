/**
 * Azure Resource Manager, as far as `az login` asks it: the tenant has no subscriptions.
 */

/** The answer, or undefined for a path that is not Resource Manager's. */
export function resourceManager({ method, url, headers }) {
  if (method !== 'GET' || url.pathname !== '/subscriptions') return undefined;
  if (!/^Bearer \S+$/.test(headers.authorization ?? '')) return { status: 401, body: '' };
  return { body: { value: [], count: { type: 'Total', value: 0 } } };
}
