'use strict';

// The floor: one POST by hand over node:https, with nothing that a library adds. No cache, no checks, no retries.

const TOKEN_PATH = (tenantId) => `/${tenantId}/oauth2/v2.0/token`;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ASSERTION_LIFETIME_S = 600;

const segment = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A client assertion, signed with PS256 as Entra recommends. */
function assertion(setup) {
  const crypto = require('node:crypto');
  const pem = require('node:fs').readFileSync(setup.certificatePath, 'utf8');
  const now = Math.floor(Date.now() / 1000);
  const thumbprint = Buffer.from(setup.thumbprintSha256, 'hex').toString('base64url');
  const header = segment({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint });
  const claims = segment({
    aud: setup.authorityHost + TOKEN_PATH(setup.tenantId),
    iss: setup.clientId,
    sub: setup.clientId,
    jti: crypto.randomUUID(),
    nbf: now,
    exp: now + ASSERTION_LIFETIME_S,
  });
  const signature = crypto.sign('sha256', Buffer.from(`${header}.${claims}`), {
    key: pem,
    padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
    saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST,
  });
  return `${header}.${claims}.${signature.toString('base64url')}`;
}

function proof(setup) {
  if (setup.clientSecret) return { client_secret: setup.clientSecret };
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion(setup) };
}

exports.load = () => require('node:https');

exports.tokenOf = (answer) => answer.access_token;

exports.create = (https, setup) => (scope) =>
  new Promise((resolve, reject) => {
    const body = new URLSearchParams({
      client_id: setup.clientId,
      grant_type: 'client_credentials',
      scope,
      ...proof(setup),
    }).toString();
    const request = https.request(
      setup.authorityHost + TOKEN_PATH(setup.tenantId),
      {
        method: 'POST',
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          'Content-Length': Buffer.byteLength(body),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(JSON.parse(text)));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
