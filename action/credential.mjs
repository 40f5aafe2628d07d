// The credential: masked before anything else, and told to nobody but the process that holds it.

import { flag, input, mask, secretInput } from './runner.mjs';

/** Variables of the job that the process is given as they are: the network, the run, and settings that bound nothing. */
const HANDED_ON = [
  'PATH',
  'HOME',
  'USERPROFILE',
  'SystemRoot',
  'TEMP',
  'TMP',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'HTTPS_PROXY',
  'https_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GITHUB_RUN_ID',
  'GITHUB_RUN_ATTEMPT',
  'GITHUB_REPOSITORY',
  'WORKIQ_LOG',
  'WORKIQ_USER',
  'WORKIQ_RESPONSE_BYTES',
  'WORKIQ_BLOB_BYTES',
  'WORKIQ_CALL_TIMEOUT_MS',
  'WORKIQ_ASSERTION_ALG',
  'WORKIQ_CLIENT_SEND_CERTIFICATE_CHAIN',
  'WORKIQ_AUTHORITY_HOST',
  'WORKIQ_GRAPH_ENDPOINT',
  'WORKIQ_FEDERATED_AUDIENCE',
  'WORKIQ_CACHE_DIR',
];

const OIDC = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'];

const CREDENTIALS = {
  oidc() {
    const missing = OIDC.find((name) => !process.env[name]);
    if (missing) {
      throw new Error(
        'credential: oidc needs `permissions: id-token: write` in the job. GitHub gives none to pull requests from ' +
          'forks, nor to Dependabot.',
      );
    }
    return {
      WORKIQ_CREDENTIAL: 'github',
      ...Object.fromEntries(OIDC.map((name) => [name, process.env[name]])),
    };
  },
  certificate: () => ({
    WORKIQ_CREDENTIAL: 'certificate',
    WORKIQ_CLIENT_CERTIFICATE: needed('certificate'),
    WORKIQ_CLIENT_CERTIFICATE_PASSWORD: secretInput('certificate-password'),
  }),
  secret: () => ({ WORKIQ_CREDENTIAL: 'secret', WORKIQ_CLIENT_SECRET: needed('client-secret') }),
};

function needed(name) {
  const value = secretInput(name);
  if (value) return value;
  throw new Error(`${name} is empty: is the secret set in the repository, and is it there for this event?`);
}

/** Masks all that is secret among the inputs. */
export function maskSecrets() {
  for (const name of ['client-secret', 'certificate', 'certificate-password']) {
    const secret = secretInput(name);
    if (secret) mask(secret);
  }
}

/** What later steps are told as well. */
export function publicSettings() {
  const settings = {
    WORKIQ_AUTH_MODE: 'app-only',
    WORKIQ_TENANT_ID: input('tenant-id'),
    WORKIQ_CLIENT_ID: input('client-id'),
    WORKIQ_CLOUD: input('cloud'),
  };
  for (const name of ['tenant-id', 'client-id']) if (!input(name)) throw new Error(`${name} is empty`);
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value));
}

/** The whole environment of the process that holds the credential. */
export function ownEnvironment({ boundary, audit }) {
  const kind = input('credential') || 'oidc';
  if (!Object.hasOwn(CREDENTIALS, kind)) {
    throw new Error(`credential: "${kind}" is none of ${Object.keys(CREDENTIALS).join(', ')}`);
  }
  const handedOn = HANDED_ON.filter((name) => process.env[name]).map((name) => [name, process.env[name]]);
  const writes = input('allow-writes');
  return {
    ...Object.fromEntries(handedOn),
    ...publicSettings(),
    ...CREDENTIALS[kind](),
    ...(boundary && { WORKIQ_BOUNDARY: boundary }),
    ...(audit && { WORKIQ_AUDIT_FILE: audit }),
    ...(writes && { WORKIQ_ALLOW_WRITES: writes }),
  };
}

/** Whether all may be read that permissions allow. */
export const unbounded = () => flag('allow-unbounded');
