/**
 * What can befall an answer on its way: members changed, bytes spoilt, sent too slowly, cut short, far too long.
 *
 * A rule of faults.mjs that says one of these spoils its own answer or, where it has none, the good one.
 */

/** Members of JSON bodies put in or, where `undefined`, taken out. */
function withMembers(body, members) {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) {
    throw new TypeError('fail: members changes JSON, and this answer is not JSON');
  }
  const changed = { ...body, ...members };
  return Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
}

/** The bytes of a body. */
export function payloadOf(body) {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(body === undefined || typeof body === 'string' ? (body ?? '') : JSON.stringify(body));
}

/** Bytes that no UTF-8 text has, put into the first string that is a value: the rest stays as it was. */
function notUtf8(body) {
  const text = payloadOf(body).toString('latin1');
  const at = text.search(/: ?"/);
  const cut = at < 0 ? text.length : text.indexOf('"', at) + 1;
  return Buffer.from(`${text.slice(0, cut)}\xff\xfe${text.slice(cut)}`, 'latin1');
}

/** Spaces before the body up to `size` bytes: still JSON, only too much of it. */
function oversize(body, size) {
  const payload = payloadOf(body);
  return Buffer.concat([Buffer.alloc(Math.max(0, size - payload.length), ' '), payload]);
}

const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' };

/**
 * @param {{members?: object, invalidUtf8?: boolean, oversize?: number, trickle?: boolean, truncated?: boolean}} [rule]
 * @param {import('./origin.mjs').Answer} answer
 * @returns {import('./origin.mjs').Answer}
 */
export function spoil(rule, answer) {
  if (!rule || answer.reset || answer.hang) return answer;
  let { body, headers } = answer;
  if (rule.members) body = withMembers(body, rule.members);
  if (rule.invalidUtf8 || rule.oversize) {
    const isJson = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body);
    if (isJson) headers = { ...JSON_TYPE, ...headers };
    if (rule.invalidUtf8) body = notUtf8(body);
    if (rule.oversize) body = oversize(body, rule.oversize);
  }
  return { ...answer, body, headers, trickle: rule.trickle, truncated: rule.truncated };
}

/** Writes a payload a byte at a time, each in a packet of its own, and ends. */
export function trickle(response, payload) {
  response.socket?.setNoDelay(true);
  let sent = 0;
  const next = () => {
    if (response.destroyed) return;
    if (sent === payload.length) response.end();
    else response.write(payload.subarray(sent, ++sent), () => setImmediate(next));
  };
  next();
}

/** Writes half of a payload, of which the Content-Length has promised the whole, and breaks off. */
export function breakOff(response, payload) {
  response.write(payload.subarray(0, Math.floor(payload.length / 2)), () => response.destroy());
}
