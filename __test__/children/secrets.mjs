// Signs in with the options that the parent sends, and prints everything that a program could print about it but the
// tokens, which go to the parent by themselves. Started by secrets-support.mjs.

import { once } from 'node:events';
import { inspect } from 'node:util';
import { createCredential } from 'workiq-auth';

/** A value in each way in which it may end up in a log. */
function show(value) {
  console.log(value);
  console.error('%o', value);
  console.log(inspect(value, { depth: Infinity, showHidden: true, getters: true }));
  console.log(`${value}`, JSON.stringify(value), JSON.stringify({ ...value }));
  for (const name of Reflect.ownKeys(value)) console.log(name, inspect(value[name]));
  if (value instanceof Error) console.log(value.stack, inspect(value.cause));
}

process.send({ ready: true });
const [{ options }] = await once(process, 'message');
if (typeof options.clientAssertion === 'string') {
  const assertion = options.clientAssertion;
  options.clientAssertion = async () => assertion;
}
const scope = `${process.env.WORKIQ_GRAPH_ENDPOINT}/.default`;
try {
  const credential = createCredential(options);
  show(credential);
  const tokens = [await credential.getToken(scope)];
  const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
  tokens.push(await credential.getToken(scope, { claims }));
  tokens.push(await credential.getToken(scope));
  show(credential);
  process.send({ tokens: tokens.map(({ token }) => token) });
} catch (error) {
  show(error);
  process.send({ code: error.code });
  process.exitCode = 1;
}
process.disconnect();
