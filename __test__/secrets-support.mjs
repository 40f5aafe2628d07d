// Looking for secrets in what a program said, in every form in which one could show; and driving a program to say much.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { plain, run } from './support.mjs';

const CHILD = fileURLToPath(new URL('children/secrets.mjs', import.meta.url));

/** How many of those that were found are told: a key has many lines. */
const TOLD = 5;

/** Shorter ones would be found by chance. */
const SHORTEST = 8;

/**
 * What is the same in base64 of every text that has the secret in it: it may stand at any of three places in a group
 * of three bytes, and its neighbours reach into its first and last characters.
 */
function base64Of(bytes) {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    return text.slice([0, 2, 3][before], (before + bytes.length) % 3 === 0 ? undefined : -1);
  });
}

/** Every form of a secret that is looked for, by its name. */
export function formsOf(secret) {
  const bytes = Buffer.from(secret);
  const [whole, second, third] = base64Of(bytes);
  const base64 = { base64: whole, 'base64, one byte in': second, 'base64, two bytes in': third };
  const base64url = Object.entries(base64).map(([name, text]) => [
    name.replace('base64', 'base64url'),
    text.replaceAll('+', '-').replaceAll('/', '_'),
  ]);
  return {
    raw: secret,
    'percent-encoded': encodeURIComponent(secret),
    'form-encoded': new URLSearchParams([['', secret]]).toString().slice(1),
    'escaped for JSON': JSON.stringify(secret).slice(1, -1),
    hexadecimal: bytes.toString('hex'),
    'a list of bytes': [...bytes].join(', '),
    ...base64,
    ...Object.fromEntries(base64url),
  };
}

/** The parts of a JWT that must not show: the whole, and the signature by itself. */
function withSignatures(secrets) {
  const all = Object.entries(secrets);
  const jwts = all.filter(([, value]) => /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(value));
  return [...all, ...jwts.map(([name, value]) => [`the signature of ${name}`, value.split('.')[2]])];
}

/**
 * Which of `secrets` (by name) are in `text`, and in which form. What is found is named and not repeated, so that a
 * test that fails shows none either.
 */
export function findSecrets(text, secrets) {
  const found = [];
  for (const [name, secret] of withSignatures(secrets)) {
    if (secret.length < SHORTEST) throw new RangeError(`${name} is too short to be looked for`);
    for (const [form, shown] of Object.entries(formsOf(secret))) {
      if (text.includes(shown)) {
        found.push(`${name}, ${form}`);
        break;
      }
    }
  }
  // Whatever it is: a JWT has no business in what people read.
  for (const [jwt] of text.matchAll(/eyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}/g)) {
    found.push(`a JWT of ${jwt.length} characters`);
  }
  return found.slice(0, TOLD);
}

/** The lines of a private key, as secrets. */
export const keyLines = (pem) =>
  Object.fromEntries(
    /-----BEGIN [A-Z ]*PRIVATE KEY-----\r?\n([\s\S]*?)-----END/
      .exec(pem)[1]
      .split(/\r?\n/)
      .filter((line) => line.length >= 32)
      .map((line, index) => [`line ${index + 1} of the private key`, line]),
  );

/** `workiq-auth token` with everything logged. Where it prints a token, that is its product and not looked at. */
export async function byCommand(env, args = ['token']) {
  const { code, out, err } = await run(args, { WORKIQ_LOG: 'trace', ...env });
  const token = code === 0 && args[0] === 'token' ? { 'the access token': out.trim() } : {};
  return { ok: code === 0, err, said: token['the access token'] ? err : out + err, secrets: token };
}

/**
 * The same through the API, in a process of its own: all that it printed about the credential, the error and itself.
 *
 * @param {object} env
 * @param {object} [options] of `createCredential`; a text in `clientAssertion` becomes a function that gives it
 */
export function byApi(env, options = {}) {
  const given = { ...plain, WORKIQ_LOG: 'trace', ...env };
  for (const name of Object.keys(given)) if (given[name] === undefined) delete given[name];
  const child = fork(CHILD, { env: given, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let said = '';
  let code;
  const secrets = {};
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  child.on('message', (message) => {
    if (message.ready) child.send({ options });
    code = message.code ?? code;
    for (const [index, token] of (message.tokens ?? []).entries()) secrets[`access token ${index}`] = token;
  });
  return new Promise((resolve) =>
    child.once('close', (exit) => resolve({ ok: exit === 0, code, err: said, said, secrets })),
  );
}
