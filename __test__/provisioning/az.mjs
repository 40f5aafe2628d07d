// The real Azure CLI, from PyPI, signed in to the test tenant as to a cloud of its own.

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '2.91.0';
const script = fileURLToPath(new URL('../../scripts/provision.sh', import.meta.url));

/** Where it is kept between runs, outside the repository. */
const cache = path.join(
  process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'),
  'workiq-auth-tests',
  `azure-cli-${VERSION}`,
);

/**
 * Installs the Azure CLI if it is not there.
 *
 * @returns {{bin?: string, skip?: string}} the folder with `az`, or why there is none
 */
export function azureCli() {
  if (process.platform === 'win32') return { skip: 'provision.sh needs bash' };
  const bin = path.join(cache, 'bin');
  const done = path.join(bin, 'az');
  try {
    // pip writes `az` last, when all that it needs is there.
    if (!existsSync(done)) {
      mkdirSync(path.dirname(cache), { recursive: true });
      const quiet = { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10 * 60_000 };
      execFileSync('python3', ['-m', 'venv', cache], quiet);
      execFileSync(path.join(bin, 'pip'), ['install', '--quiet', `azure-cli==${VERSION}`], quiet);
    }
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return { bin };
  } catch (error) {
    return {
      skip: `the Azure CLI cannot be had here: ${`${error.stderr ?? error.message}`.trim().slice(-300)}`,
    };
  }
}

/** Runs a program to its end. */
function run(file, args, options) {
  return new Promise((resolve) => {
    execFile(file, args, { encoding: 'utf8', ...options }, (error, out, err) => {
      resolve({ code: error ? (error.code ?? 1) : 0, out, err });
    });
  });
}

/**
 * An Azure CLI with a configuration of its own, which knows no cloud but the tenant.
 *
 * @param {object} tenant see tenant/index.mjs; its application must be allowed to change applications
 * @param {string} bin
 */
export async function signIn(tenant, bin) {
  const folder = mkdtempSync(path.join(tmpdir(), 'provisioning-'));
  const env = {
    PATH: `${bin}${path.delimiter}${process.env.PATH}`,
    HOME: folder,
    AZURE_CONFIG_DIR: path.join(folder, 'azure'),
    AZURE_CORE_COLLECT_TELEMETRY: 'no',
    AZURE_CORE_INSTANCE_DISCOVERY: 'false',
    AZURE_CORE_NO_COLOR: 'yes',
    REQUESTS_CA_BUNDLE: tenant.caPath,
  };
  const az = async (...args) => {
    const done = await run(path.join(bin, 'az'), args, { env, cwd: folder });
    if (done.code !== 0) throw new Error(`az ${args[0]} ${args[1]}: ${done.err}`);
    return done.out;
  };
  await az(
    ...['cloud', 'register', '--name', 'Contoso', '--skip-endpoint-discovery'],
    ...['--endpoint-active-directory', tenant.authority],
    ...['--endpoint-active-directory-resource-id', tenant.graph],
    ...['--endpoint-resource-manager', tenant.authority],
    ...['--endpoint-microsoft-graph-resource-id', tenant.graph],
    ...['--endpoint-active-directory-graph-resource-id', tenant.graph],
    ...['--endpoint-management', tenant.authority],
  );
  await az('cloud', 'set', '--name', 'Contoso');
  await az(
    ...['login', '--service-principal', '--allow-no-subscriptions', '--tenant', tenant.tenantId],
    ...['--username', tenant.clientId, '--password', tenant.clientSecret],
  );
  return {
    folder,
    az,
    /** Runs provision.sh; gives {code, out, err}. */
    provision: (...args) => run('bash', [script, ...args], { env, cwd: folder }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
