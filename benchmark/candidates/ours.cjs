'use strict';

// workiq-auth, from the root of the repository.

exports.load = () => require('../../index.js');

exports.tokenOf = (result) => result.token;

exports.create = ({ createCredential }, setup) => {
  const { tenantId, clientId, clientSecret, certificatePath, authorityHost } = setup;
  const credential = createCredential({
    mode: 'app-only',
    tenantId,
    clientId,
    ...(clientSecret ? { clientSecret } : { clientCertificatePath: certificatePath }),
    authorityHost,
    graphEndpoint: authorityHost,
  });
  return (scope) => credential.getToken(scope);
};
