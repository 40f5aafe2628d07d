// The expressions of GitHub's workflows, as far as ours use them: look-ups, texts, comparisons, and how the job fares.
// What is not known here is an error, so that a test says what it does not check.
// docs.github.com/actions/reference/workflows-and-actions/expressions

const TOKEN = /\s*(?:(\|\||&&|[=!]=|[!().])|'((?:[^']|'')*)'|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w-]*))/y;

function tokens(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`no expression that this runner knows: ${text} (at ${at})`);
    const [, sign, string, number, name] = match;
    if (sign !== undefined) found.push({ sign });
    else if (string !== undefined) found.push({ value: string.replaceAll("''", "'") });
    else if (number !== undefined) found.push({ value: Number(number) });
    else found.push({ name });
  }
  return found;
}

const CONSTANTS = { true: true, false: false, null: null };

/**
 * How many names of a look-up have to be known. An output that no step has set is an empty text with GitHub too; a step
 * or an input that is not there is a slip of the pen.
 */
const KNOWN = { github: 1, runner: 1, inputs: 1, steps: 2, needs: 2 };

function lookUp(names, contexts, text) {
  let value = contexts;
  for (const [depth, name] of names.entries()) {
    const there = value !== null && typeof value === 'object' && Object.hasOwn(value, name);
    if (!there && depth <= (KNOWN[names[0]] ?? 0))
      throw new Error(`${names.slice(0, depth + 1).join('.')} is not known here: ${text}`);
    value = there ? value[name] : null;
  }
  return value ?? null;
}

/** As GitHub compares: texts without regard to case, different types as numbers. */
function equal(left, right) {
  if (typeof left === 'string' && typeof right === 'string')
    return left.toLowerCase() === right.toLowerCase();
  if (typeof left === typeof right) return left === right;
  return Number(left ?? 0) === Number(right ?? 0);
}

/** Reads and works out one expression; both sides of an operator are looked at, whatever the first one says. */
class Reader {
  constructor(text, contexts, status) {
    this.text = text;
    this.contexts = contexts;
    this.functions = status;
    this.rest = tokens(text);
  }

  take(sign) {
    if (this.rest[0]?.sign !== sign) return false;
    this.rest.shift();
    return true;
  }

  wrong() {
    return new Error(`no expression that this runner knows: ${this.text}`);
  }

  either() {
    let value = this.both();
    while (this.take('||')) {
      const right = this.both();
      value = value || right;
    }
    return value;
  }

  both() {
    let value = this.comparison();
    while (this.take('&&')) {
      const right = this.comparison();
      value = value && right;
    }
    return value;
  }

  comparison() {
    const left = this.negation();
    if (this.take('==')) return equal(left, this.negation());
    if (this.take('!=')) return !equal(left, this.negation());
    return left;
  }

  negation() {
    if (this.take('!')) return !this.negation();
    if (this.take('(')) {
      const value = this.either();
      if (!this.take(')')) throw this.wrong();
      return value;
    }
    return this.operand();
  }

  operand() {
    const token = this.rest.shift();
    if (token && 'value' in token) return token.value;
    if (token?.name === undefined) throw this.wrong();
    if (this.take('(')) return this.call(token.name);
    const names = [token.name];
    while (this.take('.')) {
      const next = this.rest.shift();
      if (next?.name === undefined) throw this.wrong();
      names.push(next.name);
    }
    if (names.length === 1 && Object.hasOwn(CONSTANTS, names[0])) return CONSTANTS[names[0]];
    return lookUp(names, this.contexts, this.text);
  }

  call(name) {
    if (!this.take(')') || !Object.hasOwn(this.functions, name)) throw this.wrong();
    return this.functions[name]();
  }

  whole() {
    const value = this.either();
    if (this.rest.length > 0) throw this.wrong();
    return value;
  }
}

/**
 * The value of an expression.
 *
 * @param {string} text without the braces
 * @param {object} contexts `github`, `inputs`, `steps`, …, by name
 * @param {Record<string, () => boolean>} [status] `always` and the like
 */
export const evaluate = (text, contexts, status = {}) => new Reader(text, contexts, status).whole();

/** A value as it stands in a text. */
export const asText = (value) => (value === null || value === undefined ? '' : `${value}`);

/**
 * A value of a workflow with its expressions worked out; one that is nothing else keeps its type.
 *
 * @param {unknown} value
 * @param {object} contexts
 */
export function resolve(value, contexts) {
  if (typeof value !== 'string') return value;
  const whole = /^\$\{\{((?:[^}]|\}(?!\}))*)\}\}$/.exec(value);
  if (whole) return evaluate(whole[1], contexts);
  return value.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, expression) => asText(evaluate(expression, contexts)));
}

/** The values of a mapping as texts, such as those of `env:` and `with:`. */
export const resolveAll = (mapping = {}, contexts = {}) =>
  Object.fromEntries(
    Object.entries(mapping ?? {}).map(([name, value]) => [name, asText(resolve(value, contexts))]),
  );

/** Whether a step or a job runs: after a failure only where its condition asks how the job fares. */
export function holds(condition, contexts, failed) {
  const asked = { always: false };
  const answer = (value) => () => {
    asked.always = true;
    return value;
  };
  const status = {
    always: answer(true),
    success: answer(!failed),
    failure: answer(failed),
    cancelled: answer(false),
  };
  const text = `${condition ?? 'success()'}`.trim().replace(/^\$\{\{(.*)\}\}$/s, '$1');
  const value = Boolean(evaluate(text, contexts, status));
  return asked.always ? value : value && !failed;
}
