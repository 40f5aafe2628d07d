/**
 * The environment by which a client finds the tenant.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

function tokenFile(tenant) {
  const path = join(tenant.dir, 'federated-token.jwt');
  writeFileSync(path, tenant.issueFederatedToken({ aud: tenant.federatedAudience, expiresIn: 3600 }), {
    mode: 0o600,
  });
  return path;
}

const CREDENTIALS = {
  secret: (tenant) => ({ WORKIQ_CLIENT_SECRET: tenant.clientSecret }),
  certificate: (tenant) => ({ WORKIQ_CLIENT_CERTIFICATE_PATH: tenant.certificates.pem }),
  github: (tenant) => ({ ...tenant.githubEnv, WORKIQ_FEDERATED_AUDIENCE: tenant.federatedAudience }),
  pipelines: (tenant) => ({ ...tenant.pipelinesEnv, WORKIQ_FEDERATED_AUDIENCE: tenant.federatedAudience }),
  'token-file': (tenant) => ({
    WORKIQ_FEDERATED_TOKEN_FILE: tokenFile(tenant),
    WORKIQ_FEDERATED_AUDIENCE: tenant.federatedAudience,
  }),
  'managed-identity': (tenant) => ({
    WORKIQ_CREDENTIAL: 'managed-identity',
    IDENTITY_ENDPOINT: tenant.managedIdentity.endpoint,
    IDENTITY_HEADER: tenant.managedIdentity.header,
  }),
  'azure-cli': (_, azPath) => ({ WORKIQ_CREDENTIAL: 'azure-cli', PATH: azPath() }),
};

/**
 * @param {object} tenant
 * @param {'secret' | 'certificate' | 'github' | 'pipelines' | 'token-file' | 'managed-identity' | 'azure-cli'} kind
 * @param {() => string} azPath PATH with the tenant's `az` first
 * @returns {Record<string, string>}
 */
export function environment(tenant, kind, azPath) {
  if (!Object.hasOwn(CREDENTIALS, kind)) {
    throw new TypeError(`env: ${kind} is none of ${Object.keys(CREDENTIALS).join(', ')}`);
  }
  return {
    WORKIQ_AUTH_MODE: 'app-only',
    WORKIQ_TENANT_ID: tenant.tenantId,
    WORKIQ_CLIENT_ID: tenant.clientId,
    ...CREDENTIALS[kind](tenant, azPath),
    WORKIQ_AUTHORITY_HOST: tenant.authority,
    WORKIQ_GRAPH_ENDPOINT: tenant.graph,
    NODE_EXTRA_CA_CERTS: tenant.caPath,
    WORKIQ_CACHE_DIR: join(tenant.dir, 'cache'),
  };
}
