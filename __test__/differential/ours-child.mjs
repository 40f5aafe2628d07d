/**
 * The scenarios with this package.
 */
import { createCredential } from 'workiq-auth';
import { drive } from './driver.mjs';

function credentialOf({ secret, credential, certificate, assertions }) {
  switch (credential) {
    case undefined:
      return { clientSecret: secret };
    case 'callback':
      return { clientAssertion: async () => assertions.shift() };
    case 'throwing callback':
      return {
        clientAssertion: async () => {
          throw new Error('the vault is closed');
        },
      };
    default:
      return {
        clientCertificate: certificate.key + certificate.pem,
        ...(credential === 'chain' ? { sendCertificateChain: true } : {}),
        ...(credential === 'rs256' ? { assertionAlg: 'RS256' } : {}),
      };
  }
}

function connect(plan) {
  const credential = createCredential({
    mode: 'app-only',
    tenantId: plan.tenant,
    clientId: plan.clientId,
    authorityHost: plan.authority,
    graphEndpoint: plan.graph,
    timeoutMs: plan.timeoutMs,
    ...credentialOf(plan),
  });
  return async ({ claims, resource = plan.resource }) =>
    (await credential.getToken(plan.scopes ?? [`${resource}/.default`], { claims })).token;
}

drive('ours', connect, ({ name, code, aadsts, status, suberror, claims }) => ({
  name,
  code: code ?? name,
  aadsts,
  status,
  suberror,
  claims,
}));
