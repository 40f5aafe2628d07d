'use strict';

// @azure/identity as its documentation has it for a service principal. It offers no way to hand over the metadata
// of a private authority, so it asks for that once before its first token; with Microsoft's hosts it would not.

exports.load = () => require('@azure/identity');

exports.tokenOf = (result) => result.token;

exports.create = ({ ClientSecretCredential, ClientCertificateCredential }, setup) => {
  const { tenantId, clientId, clientSecret, certificatePath, authorityHost } = setup;
  const options = { authorityHost, disableInstanceDiscovery: true };
  const credential = clientSecret
    ? new ClientSecretCredential(tenantId, clientId, clientSecret, options)
    : new ClientCertificateCredential(tenantId, clientId, { certificatePath }, options);
  return (scope) => credential.getToken(scope);
};
