// Asks for the tokens of $CALLS, a JSON list of {scope, claims}, one after another with one credential, and prints the
// tokens. Started by network.test.mjs.

import { createCredential } from 'workiq-auth';

const credential = createCredential();
const tokens = [];
for (const { scope, claims } of JSON.parse(process.env.CALLS)) {
  tokens.push((await credential.getToken(scope, { claims })).token);
}
console.log(JSON.stringify(tokens));
