/**
 * Workload identity federation: a CI system's issuer, its token endpoints, and Entra's matching.
 */
import { randomUUID } from 'node:crypto';
import { compactVerify } from 'jose';
import { Refusal } from './aadsts.mjs';
import { checkTimes, decodeAssertion } from './assertion.mjs';
import { lazyKey, signJwt } from './jwt.mjs';

export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';
export const GITHUB_SUBJECT = 'repo:contoso/decisions:ref:refs/heads/main';
export const EXCHANGE_AUDIENCE = 'api://AzureADTokenExchange';
/** An audience of the tenant's own, for clients that refuse to send the public one to a private authority. */
export const CUSTOM_AUDIENCE = 'api://contoso-test-exchange';
export const PIPELINES_SUBJECT = 'sc://contoso/decisions/workiq';

const MAX_LIFETIME = 25 * 3600;

/** The credentials configured on the application where the caller gives none. */
export const defaultCredentials = (tenantId) => [
  { issuer: GITHUB_ISSUER, subject: GITHUB_SUBJECT, audiences: [EXCHANGE_AUDIENCE, CUSTOM_AUDIENCE] },
  {
    issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
    subject: PIPELINES_SUBJECT,
    audiences: [EXCHANGE_AUDIENCE, CUSTOM_AUDIENCE],
  },
];

/**
 * @param {{tenantId: string, clock: {now(): number}, skew: number, credentials?: object[]}} setup
 *   credentials: [{issuer, subject, audience | audiences}]
 */
export function createFederation({ tenantId, clock, skew, credentials = defaultCredentials(tenantId) }) {
  const key = lazyKey();
  const configured = credentials.map((one) => ({ ...one, audiences: one.audiences ?? [one.audience] }));
  const github = { requestToken: `ghrt.${randomUUID()}`, subject: GITHUB_SUBJECT };
  const pipelines = { accessToken: `ado.${randomUUID()}`, serviceConnectionId: randomUUID() };

  /** A token as the CI system would issue it. Negative `expiresIn` gives one that has expired. */
  function issueFederatedToken({
    iss = GITHUB_ISSUER,
    sub = GITHUB_SUBJECT,
    aud = EXCHANGE_AUDIENCE,
    expiresIn = 300,
    ...claims
  } = {}) {
    const now = Math.floor(clock.now() / 1000);
    const { privateKey, kid } = key();
    const from = expiresIn > 0 ? now : now + expiresIn - 300;
    const body = { jti: randomUUID(), iss, sub, aud, iat: from, nbf: from, exp: now + expiresIn, ...claims };
    return signJwt({ kid }, body, privateKey);
  }

  /** Refuses an assertion unless one configured credential matches it. */
  async function checkFederatedAssertion(assertion, clientId) {
    const { header, claims } = decodeAssertion(assertion);
    if (!/^[RP]S(256|384|512)$/.test(header.alg)) throw new Refusal(5002738, { alg: header.alg });
    if (configured.length === 0) throw new Refusal(70025, { clientId });
    const ofIssuer = configured.filter((one) => one.issuer === claims.iss);
    if (ofIssuer.length === 0) throw new Refusal(700211, { value: claims.iss });
    try {
      await compactVerify(assertion, key().publicKey, { algorithms: ['RS256', 'PS256'] });
    } catch {
      throw new Refusal(50027, { reason: 'The signature does not match a key of the issuer.' });
    }
    checkTimes(claims, { now: clock.now(), skew, required: ['exp'] });
    const start = claims.nbf ?? claims.iat;
    if (start !== undefined && claims.exp - start > MAX_LIFETIME) throw new Refusal(70023);
    const ofSubject = ofIssuer.filter((one) => one.subject === claims.sub);
    if (ofSubject.length === 0) {
      const sub = `${claims.sub}`;
      const near = ofIssuer.some((one) => one.subject.toLowerCase() === sub.toLowerCase());
      throw new Refusal(near ? 7002138 : 700213, { value: sub });
    }
    const audiences = [claims.aud].flat();
    if (!ofSubject.some((one) => one.audiences.some((audience) => audiences.includes(audience)))) {
      throw new Refusal(700212, { value: audiences.join(',') });
    }
  }

  /** GitHub's token endpoint. */
  function githubToken({ method, url, headers }) {
    if (method !== 'GET') return { status: 405, body: { message: 'Method Not Allowed' } };
    if (
      !/^bearer /i.test(headers.authorization ?? '') ||
      headers.authorization.slice(7) !== github.requestToken
    ) {
      return { status: 401, body: { message: 'Unauthorized' } };
    }
    if (url.searchParams.get('api-version') !== '2.0') {
      return { status: 400, body: { message: 'No api-version was given that this endpoint knows.' } };
    }
    const aud = url.searchParams.get('audience') ?? 'https://github.com/contoso';
    const value = issueFederatedToken({
      sub: github.subject,
      aud,
      repository: 'contoso/decisions',
      repository_owner: 'contoso',
      ref: 'refs/heads/main',
      ref_type: 'branch',
      event_name: 'push',
      workflow: 'decisions',
      job_workflow_ref: 'contoso/decisions/.github/workflows/decisions.yml@refs/heads/main',
      runner_environment: 'github-hosted',
      run_id: '18200000001',
    });
    return { status: 200, body: { count: value.length, value } };
  }

  /** Azure Pipelines' token endpoint. */
  function pipelinesToken({ method, url, headers }) {
    const trace = { 'x-vss-e2eid': randomUUID(), 'x-msedge-ref': 'Ref A: CONTOSO Ref B: TEST' };
    if (method !== 'POST') return { status: 405, headers: trace, body: { message: 'Method Not Allowed' } };
    if (headers.authorization !== `Bearer ${pipelines.accessToken}`) {
      // Without X-TFS-FedAuthRedirect: Suppress the service redirects to its sign-in page.
      return headers['x-tfs-fedauthredirect'] === 'Suppress'
        ? { status: 401, headers: trace, body: '' }
        : {
            status: 302,
            headers: { ...trace, location: 'https://spsprodeus.vssps.visualstudio.com/_signin' },
            body: '',
          };
    }
    if (url.searchParams.get('api-version') !== '7.1') {
      return {
        status: 400,
        headers: trace,
        body: { message: 'No api-version was supplied, or one that is not known.' },
      };
    }
    if (url.searchParams.get('serviceConnectionId') !== pipelines.serviceConnectionId) {
      return { status: 404, headers: trace, body: { message: 'The service connection does not exist.' } };
    }
    const aud = url.searchParams.get('audience') ?? EXCHANGE_AUDIENCE;
    const iss = `https://login.microsoftonline.com/${tenantId}/v2.0`;
    const oidcToken = issueFederatedToken({ iss, sub: PIPELINES_SUBJECT, aud, expiresIn: 600 });
    return { status: 200, headers: trace, body: { oidcToken } };
  }

  return { issueFederatedToken, checkFederatedAssertion, githubToken, pipelinesToken, github, pipelines };
}
