/**
 * JSON batching: up to twenty requests in one.
 */
import { badRequest, GraphRefusal } from './errors.mjs';

const LIMIT = 20;
const lower = (headers = {}) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

function readItems(request) {
  if (request.method !== 'POST')
    throw new GraphRefusal(405, 'Request_BadRequest', 'Only POST is allowed for $batch.');
  let requests;
  try {
    ({ requests } = JSON.parse(request.body));
  } catch {
    throw badRequest('Write request body is not valid JSON.');
  }
  if (!Array.isArray(requests) || requests.length === 0)
    throw badRequest("The 'requests' array is missing or empty.");
  if (requests.length > LIMIT) {
    throw badRequest(`Number of batch request steps exceeds the maximum value of ${LIMIT}.`);
  }
  const ids = new Set();
  for (const { id, method, url } of requests) {
    if (typeof id !== 'string' || typeof method !== 'string' || typeof url !== 'string') {
      throw badRequest('Each batch request needs id, method and url.');
    }
    if (ids.has(id)) throw badRequest(`Batch request id '${id}' is not unique.`);
    ids.add(id);
  }
  return requests;
}

const encodeBody = (body) => (Buffer.isBuffer(body) ? body.toString('base64') : body);

/**
 * @param {object} request
 * @param {URL} url of the batch: its items are of the same version
 * @param {(item: object) => Promise<object>} run
 */
export async function runBatch(request, url, run) {
  const items = readItems(request);
  const version = url.pathname.split('/')[1];
  const statuses = new Map();
  const responses = [];
  for (const { id, method, url: path, headers, body, dependsOn = [] } of items) {
    const failed = dependsOn.some((other) => (statuses.get(other) ?? 424) >= 400);
    const answer = failed
      ? {
          status: 424,
          body: {
            error: { code: 'FailedDependency', message: 'A request that this one depends on failed.' },
          },
        }
      : await run({
          method: method.toUpperCase(),
          path: `/${version}/${path.replace(/^\//, '')}`,
          headers: {
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...lower(headers),
          },
          body: body === undefined ? '' : JSON.stringify(body),
        });
    const status = answer.status ?? 200;
    statuses.set(id, status);
    responses.push({ id, status, headers: answer.headers ?? {}, body: encodeBody(answer.body) });
  }
  return { status: 200, body: { responses } };
}
