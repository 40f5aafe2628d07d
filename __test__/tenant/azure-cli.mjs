/**
 * An `az` that is signed in to the tenant: an executable to put first on PATH. It reports to the tenant what it was
 * asked, and says and does what the tenant answers.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guid } from './ids.mjs';

const PROGRAM = fileURLToPath(new URL('az.mjs', import.meta.url));
const PATH = '/az';
/** Application id of the real program, to which a person's tokens belong. */
const AZ_ITSELF = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';
const KNOWN = ['--output', '-o', '--scope', '--resource', '--tenant', '-t', '--subscription', '--query'];

const SIGNED_OUT = "ERROR: Please run 'az login' to setup account.\n";

/** Local time as az writes it: `2026-11-24 15:04:05.000000`. */
function localText(milliseconds) {
  const date = new Date(milliseconds);
  const two = (number) => `${number}`.padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${day} ${time}.000000`;
}

/** The options of `account get-access-token`, or what is wrong with the arguments. */
function readArguments(args) {
  const [group, command, ...rest] = args;
  if (group !== 'account' || command !== 'get-access-token')
    return { wrong: `unknown command: ${args.join(' ')}` };
  const options = {};
  for (let index = 0; index < rest.length; index += 2) {
    const [name, ...joined] = rest[index].split('=');
    if (!KNOWN.includes(name)) return { wrong: `unrecognized arguments: ${rest[index]}` };
    options[name] = joined.length > 0 ? joined.join('=') : rest[index + 1];
    if (joined.length > 0) index -= 1;
    if (options[name] === undefined) return { wrong: `argument ${name}: expected one argument` };
  }
  return {
    format: options['--output'] ?? options['-o'] ?? 'json',
    resource: options['--resource'] ?? options['--scope']?.replace(/\/\.default$/, ''),
    tenant: options['--tenant'] ?? options['-t'],
  };
}

/**
 * @param {object} tenant what the program knows: see index.mjs
 * @param {() => string} url where the program reports to
 */
export function createAzureCli(
  { dir, tenantId, domains, clientId, tokens, clock, options, roles, names },
  url,
) {
  /** @type {{args: string[], ended: Promise<void>}[]} */
  const calls = [];
  const waiting = [];
  let behaviour = 'app-only';
  let folder;

  const failed = (code, stderr) => ({ body: { code, stdout: '', stderr } });

  async function token(asked) {
    if (asked.tenant && ![tenantId, ...domains].includes(asked.tenant.toLowerCase())) {
      return failed(1, `ERROR: AADSTS90002: Tenant '${asked.tenant}' not found.\n`);
    }
    const audience = asked.resource ?? 'https://management.core.windows.net/';
    if (!names.resources().includes(audience)) {
      return failed(1, `ERROR: AADSTS500011: The resource principal named ${audience} was not found.\n`);
    }
    const user = { scp: 'User.Read Directory.AccessAsUser.All', upn: 'ada@contoso.com', oid: guid('ada') };
    const accessToken = await tokens.mint(
      behaviour === 'delegated'
        ? { clientId: AZ_ITSELF, audience, roles: [], delegated: user }
        : { clientId, audience, roles: roles() },
    );
    const expires = Math.floor(clock.now() / 1000) + options.tokenLifetime;
    const answer = {
      accessToken,
      expiresOn: localText(expires * 1000),
      expires_on: expires,
      subscription: guid('subscription'),
      tenant: tenantId,
      tokenType: 'Bearer',
    };
    return { body: { code: 0, stdout: `${JSON.stringify(answer, null, 2)}\n`, stderr: '' } };
  }

  async function handle(request) {
    if (request.method !== 'POST' || request.path !== PATH) return { status: 404 };
    const call = { args: JSON.parse(request.body), ended: request.closed };
    calls.push(call);
    for (const resolve of waiting.splice(0)) resolve(call);
    const asked = readArguments(call.args);
    if (asked.wrong) return failed(2, `ERROR: ${asked.wrong}\n`);
    if (asked.format !== 'json') return failed(2, 'ERROR: this az writes JSON only\n');
    if (behaviour === 'hang') return { hang: true };
    if (behaviour === 'signed-out') return failed(1, SIGNED_OUT);
    return token(asked);
  }

  /** Writes the executable when it is first needed. */
  function install() {
    if (folder) return folder;
    folder = join(dir, 'az');
    mkdirSync(folder);
    const command = `"${process.execPath}" "${PROGRAM}" "${url()}${PATH}"`;
    writeFileSync(join(folder, 'az'), `#!/bin/sh\nexec ${command} "$@"\n`);
    chmodSync(join(folder, 'az'), 0o755);
    if (process.platform === 'win32') writeFileSync(join(folder, 'az.cmd'), `@${command} %*\r\n`);
    return folder;
  }

  return {
    handle,
    endpoint: PATH,
    /** PATH with the folder of the executable first. */
    path: () => [install(), process.env.PATH].filter(Boolean).join(delimiter),
    face: {
      calls,
      /** What it does from now on: `app-only`, `delegated`, `signed-out` or `hang`. */
      answer(wanted) {
        if (!['app-only', 'delegated', 'signed-out', 'hang'].includes(wanted)) {
          throw new TypeError(`azureCli.answer: not ${wanted}`);
        }
        behaviour = wanted;
      },
      /** The next call, when it comes; its `ended` is when it was answered or killed. */
      next: () => new Promise((resolve) => waiting.push(resolve)),
    },
  };
}
