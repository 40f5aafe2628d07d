/**
 * The scenarios with @azure/msal-node, used as its documentation shows.
 */
import { ConfidentialClientApplication, LogLevel } from '@azure/msal-node';
import { drive } from './driver.mjs';

/** What it would ask the authority for first; given here, the token endpoint is all that is asked. */
const metadata = (authority, tenant) => {
  const base = `${authority}/${tenant}`;
  return JSON.stringify({
    token_endpoint: `${base}/oauth2/v2.0/token`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    issuer: `${base}/v2.0`,
  });
};

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
    default: {
      const { key: privateKey, sha1, sha256, pem } = certificate;
      const print = credential === 'rs256' ? { thumbprint: sha1 } : { thumbprintSha256: sha256 };
      return { clientCertificate: { privateKey, ...print, ...(credential === 'chain' ? { x5c: pem } : {}) } };
    }
  }
}

function connect(plan) {
  const { authority, tenant, clientId } = plan;
  const client = new ConfidentialClientApplication({
    auth: {
      clientId,
      authority: `${authority}/${tenant}`,
      knownAuthorities: [new URL(authority).host],
      authorityMetadata: metadata(authority, tenant),
      ...(plan.cae ? { clientCapabilities: ['cp1'] } : {}),
      ...credentialOf(plan),
    },
    system: { loggerOptions: { logLevel: LogLevel.Error, loggerCallback: () => {} } },
  });
  return async ({ claims, resource = plan.resource }) => {
    const scopes = plan.scopes ?? [`${resource}/.default`];
    const result = await client.acquireTokenByClientCredential({ scopes, claims });
    return result?.accessToken ?? null;
  };
}

drive('msal', connect, (error) => ({
  name: error.name,
  code: error.errorCode ?? error.name,
  aadsts: error.errorNo,
  status: error.status,
  suberror: error.subError,
  claims: error.claims,
}));
