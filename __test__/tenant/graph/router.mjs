/**
 * Paths to handlers. A path is a tree of segments, so that an unknown one can be named.
 */
import { GraphRefusal, noSegment } from './errors.mjs';

const PARAMETER = /^\{(.+)\}$/;
const CALL = /^([A-Za-z.]+)\((.*)\)$/;

const decode = (segment) => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

/** `name='a',other=2020-01-01` as an object. */
function callArguments(text) {
  const found = {};
  for (const [, name, quoted, bare] of text.matchAll(
    /\s*(\w+)\s*=\s*(?:'((?:[^']|'')*)'|([^,']*))\s*(?:,|$)/g,
  )) {
    found[name] = quoted === undefined ? bare.trim() : quoted.replaceAll("''", "'");
  }
  return found;
}

/** Keys in brackets are keys in a segment: `users('ada')` is `users/ada`. */
function segmentsOf(path) {
  const segments = [];
  for (const raw of path.split('/')) {
    if (raw === '') continue;
    const segment = decode(raw);
    const key = /^(\w+)\('([^']*)'\)$/.exec(segment);
    if (key) segments.push(key[1], key[2]);
    else segments.push(segment);
  }
  return segments;
}

/**
 * @returns a router: `add(method, pattern, setup, handler)` and `find(method, path)`.
 *   A pattern has `{name}` for a parameter and `name()` for a function, whose arguments go to `args`.
 */
export function createRouter() {
  const root = { children: new Map(), handlers: new Map() };

  function add(method, pattern, setup, handler) {
    let node = root;
    const names = [];
    for (const part of pattern.split('/').filter(Boolean)) {
      const parameter = PARAMETER.exec(part);
      if (parameter) names.push(parameter[1]);
      const key = parameter ? '{}' : part.toLowerCase();
      if (!node.children.has(key)) node.children.set(key, { children: new Map(), handlers: new Map() });
      node = node.children.get(key);
    }
    node.handlers.set(method, { ...setup, names, handler, pattern });
  }

  function find(method, path) {
    let node = root;
    const values = [];
    let args = {};
    const segments = segmentsOf(path);
    for (const segment of segments) {
      const call = CALL.exec(segment);
      const plain = segment.toLowerCase().replace(/^microsoft\.graph\./, '');
      const name = call ? `${call[1].toLowerCase().replace(/^microsoft\.graph\./, '')}()` : plain;
      let next = node.children.get(name);
      if (next && call) args = callArguments(call[2]);
      if (!next) next = node.children.get(`${plain}()`);
      if (!next) {
        next = node.children.get('{}');
        if (!next) throw noSegment(segment);
        values.push(segment);
      }
      node = next;
    }
    if (node.handlers.size === 0) throw noSegment(segments.at(-1) ?? '');
    const route = node.handlers.get(method);
    if (!route) {
      throw new GraphRefusal(
        405,
        'Request_BadRequest',
        'Specified HTTP method is not allowed for the request target.',
      );
    }
    const parameters = Object.fromEntries(route.names.map((name, index) => [name, values[index]]));
    return { route, parameters, args };
  }

  return { add, find };
}
