/**
 * OData's query options, as far as the tenant's data gives them sense.
 */
import { badRequest } from './errors.mjs';

const at = (item, path) => path.split('/').reduce((value, name) => value?.[name], item);
const TERM =
  /^\s*(?:(startswith|contains|endswith)\(\s*([\w/]+)\s*,\s*'((?:[^']|'')*)'\s*\)|([\w/]+)\s+(eq|ne|gt|ge|lt|le)\s+(?:'((?:[^']|'')*)'|([^\s')]+)))\s*$/i;

const comparable = (value) => {
  if (typeof value !== 'string') return value;
  const time = /^\d{4}-\d\d-\d\d(T|$)/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? value.toLowerCase() : time;
};

const literal = (quoted, bare) => {
  if (quoted !== undefined) return quoted.replaceAll("''", "'");
  if (bare === 'true' || bare === 'false') return bare === 'true';
  if (bare === 'null') return null;
  return /^-?\d+(\.\d+)?$/.test(bare) ? Number(bare) : bare;
};

const OPERATORS = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
};

const FUNCTIONS = {
  startswith: (value, text) => value.startsWith(text),
  endswith: (value, text) => value.endsWith(text),
  contains: (value, text) => value.includes(text),
};

/** A predicate for `$filter`: comparisons and string functions joined by `and`. */
export function compileFilter(filter) {
  const terms = filter.split(/\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)/i).map((term) => {
    const match = TERM.exec(term.replace(/^\((.*)\)$/, '$1'));
    if (!match) throw badRequest(`Invalid filter clause: ${term}`);
    const [, fn, fnField, fnText, field, operator, quoted, bare] = match;
    if (fn) {
      const wanted = fnText.replaceAll("''", "'").toLowerCase();
      return (item) => FUNCTIONS[fn.toLowerCase()](`${at(item, fnField) ?? ''}`.toLowerCase(), wanted);
    }
    const wanted = comparable(literal(quoted, bare));
    return (item) => OPERATORS[operator.toLowerCase()](comparable(at(item, field) ?? null), wanted);
  });
  return (item) => terms.every((term) => term(item));
}

function order(items, text) {
  const [path, direction = 'asc'] = text.split(',')[0].trim().split(/\s+/);
  const sign = direction.toLowerCase() === 'desc' ? -1 : 1;
  return [...items].sort((a, b) => {
    const [x, y] = [comparable(at(a, path) ?? ''), comparable(at(b, path) ?? '')];
    return x < y ? -sign : x > y ? sign : 0;
  });
}

/** The members that `$select` names; annotations stay. */
export function select(item, url, keep = []) {
  const wanted = url.searchParams.get('$select');
  if (!wanted) return item;
  const names = new Set([...keep, ...wanted.split(',').map((name) => name.trim().split('/')[0])]);
  return Object.fromEntries(
    Object.entries(item).filter(([name]) => names.has(name) || name.startsWith('@odata.')),
  );
}

const cursor = {
  write: (offset) => Buffer.from(`contoso:${offset}`).toString('base64url'),
  read(text) {
    const match = /^contoso:(\d+)$/.exec(Buffer.from(text, 'base64url').toString());
    if (!match) throw badRequest('Badly formed token.', 'Request_BadRequest');
    return Number(match[1]);
  },
};

function number(url, name) {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw badRequest(`Invalid value '${text}' for ${name} query option found.`);
  return Number(text);
}

const plain = (text) => text.replace(/^"|"$/g, '').replace(/^\w+:/, '').toLowerCase();

/** Everything that `$search` or `search` finds, by the plainest of means. */
export const searchItems = (items, text) => {
  const wanted = plain(text.trim());
  return items.filter((item) => JSON.stringify(item).toLowerCase().includes(wanted));
};

/**
 * A collection's answer: filtered, ordered, cut into pages.
 *
 * @param {object[]} items
 * @param {URL} url of the request, on the public origin
 * @param {{size?: number, max?: number, keep?: string[], noTop?: boolean, context?: string,
 *   shape?: (item: object) => object}} [limits]
 */
export function page(items, url, limits = {}) {
  const {
    size = 100,
    max = 999,
    keep = [],
    noTop = false,
    context = 'collection',
    shape = (item) => item,
  } = limits;
  const top = number(url, '$top');
  if (top !== undefined && noTop) throw badRequest("Query option 'Top' is not allowed.");
  if (top !== undefined && (top === 0 || top > max)) {
    throw badRequest(`Invalid page size specified: '${top}'. Must be between 1 and ${max} inclusive.`);
  }
  let found = items;
  const filter = url.searchParams.get('$filter');
  if (filter) found = found.filter(compileFilter(filter));
  const search = url.searchParams.get('$search');
  if (search) found = searchItems(found, search);
  const orderBy = url.searchParams.get('$orderby');
  if (orderBy) found = order(found, orderBy);
  const token = url.searchParams.get('$skiptoken');
  const start = token === null ? (number(url, '$skip') ?? 0) : cursor.read(token);
  const end = start + (top ?? size);
  const body = { '@odata.context': `${url.origin}/v1.0/$metadata#${context}` };
  if (url.searchParams.get('$count') === 'true') body['@odata.count'] = found.length;
  body.value = found.slice(start, end).map((item) => select(shape(item), url, keep));
  if (end < found.length) {
    const next = new URL(url);
    next.searchParams.delete('$skip');
    next.searchParams.set('$skiptoken', cursor.write(end));
    body['@odata.nextLink'] = next.href.replaceAll('%24', '$');
  }
  return { body };
}
