/**
 * How the tests ask for tokens and start programs.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export const tokenUrl = (tenant, name = tenant.tenantId) => `${tenant.authority}/${name}/oauth2/v2.0/token`;
export const form = (tenant, more) => ({
  client_id: tenant.clientId,
  scope: `${tenant.graph}/.default`,
  grant_type: 'client_credentials',
  client_secret: tenant.clientSecret,
  ...more,
});
export const ask = (tenant, more, { name, headers } = {}) => {
  const fields = Object.entries(form(tenant, more)).filter(([, value]) => value !== undefined);
  return tenant.request(tokenUrl(tenant, name), { form: Object.fromEntries(fields), headers });
};
export const asserted = (client_assertion, more) => ({
  client_secret: undefined,
  client_assertion_type: JWT_BEARER,
  client_assertion,
  ...more,
});

/** A good assertion, spoilt as wished; `undefined` takes a member away. */
export async function assertion(
  tenant,
  { header = {}, claims = {}, key = tenant.identity().key, alg = 'PS256' } = {},
) {
  const identity = tenant.identity();
  const now = Math.floor(Date.now() / 1000);
  const print = alg === 'RS256' ? { x5t: identity.x5t } : { 'x5t#S256': identity.x5tS256 };
  const body = {
    aud: tokenUrl(tenant),
    iss: tenant.clientId,
    sub: tenant.clientId,
    jti: crypto.randomUUID(),
    iat: now,
    nbf: now,
    exp: now + 300,
    ...claims,
  };
  const protectedHeader = { alg, typ: 'JWT', ...print, ...header };
  const keyObject = typeof key === 'string' ? createPrivateKey(key) : key;
  return new SignJWT(body).setProtectedHeader(protectedHeader).sign(keyObject);
}

export const refused = (answer, code, error, status) => {
  assert.equal(answer.json?.error_codes?.[0], code, answer.text);
  assert.equal(answer.json.error, error);
  assert.equal(answer.status, status);
  assert.match(answer.json.error_description, new RegExp(`^AADSTS${code}: `));
};

/** Runs a program with the tenant's CA; resolves to what it printed as JSON. */
export function child(tenant, script, env = {}) {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: new URL('../../..', import.meta.url),
      env: { ...process.env, ...tenant.env('secret'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) running[name].on('data', (chunk) => (out[name] += chunk));
    running.on('error', reject);
    running.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out.stdout));
      else reject(new Error(`exit ${code}: ${out.stderr}`));
    });
  });
}
