'use strict';

// @azure/msal-node as its documentation has it for a confidential client.

const { readFileSync } = require('node:fs');

/** What MSAL carries built in for login.microsoftonline.com: with it no host needs a look-up first. */
function authorityMetadata({ authorityHost, tenantId }) {
  const authority = `${authorityHost}/${tenantId}`;
  return JSON.stringify({
    issuer: `${authority}/v2.0`,
    authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
    token_endpoint: `${authority}/oauth2/v2.0/token`,
    end_session_endpoint: `${authority}/oauth2/v2.0/logout`,
    jwks_uri: `${authority}/discovery/v2.0/keys`,
  });
}

function proof({ clientSecret, certificatePath, thumbprintSha256 }) {
  if (clientSecret) return { clientSecret };
  return { clientCertificate: { thumbprintSha256, privateKey: readFileSync(certificatePath, 'utf8') } };
}

exports.load = () => require('@azure/msal-node');

exports.tokenOf = (result) => result.accessToken;

exports.create = ({ ConfidentialClientApplication }, setup) => {
  const client = new ConfidentialClientApplication({
    auth: {
      clientId: setup.clientId,
      authority: `${setup.authorityHost}/${setup.tenantId}`,
      knownAuthorities: [new URL(setup.authorityHost).host],
      authorityMetadata: authorityMetadata(setup),
      ...proof(setup),
    },
  });
  return (scope) => client.acquireTokenByClientCredential({ scopes: [scope] });
};
