'use strict';

// The brokers that this process opened: its credentials stay here, and servers that clients start call tools through
// them.

const { createHash } = require('node:crypto');
const { fallbackAnchors, native } = require('./binding.cjs');

/** Options by which code names a credential: these win over a broker that this process was given itself. */
const CREDENTIAL_OPTIONS = [
  'clientSecret',
  'clientCertificate',
  'clientCertificatePath',
  'federatedTokenFile',
  'clientAssertion',
  'accessToken',
  'credential',
];

/** Those that are secret, or are code, so that no configuration can carry them. */
const SECRET_OPTIONS = [
  'clientSecret',
  'clientCertificate',
  'clientCertificatePassword',
  'clientAssertion',
  'accessToken',
];

/** Brokers by a digest of their settings: a program asks for a server in each session. */
const open = new Map();

/** Functions that bring assertions, by which two settings differ as well. */
const functions = new Map();

function number(fn) {
  if (!functions.has(fn)) functions.set(fn, functions.size);
  return functions.get(fn);
}

const given = (options, names) => names.some((name) => options[name] != null);

/**
 * The broker that a server with these options is to call tools through.
 *
 * @param {object} options of `mcpServer`
 * @param {Record<string, string>} env what is public of them, as variables
 * @param {string[]} asVariables names of the options that `env` may carry
 * @param {(fn: Function) => Function} asCallback
 * @returns {{address?: string, error?: object}} no address where no secret would have to travel
 */
function brokerFor(options, env, asVariables, asCallback) {
  const inherited = process.env.WORKIQ_BROKER;
  if (inherited && !given(options, CREDENTIAL_OPTIONS)) return { address: inherited };
  const { clientAssertion, ...others } = options;
  // What only a server has is told by variables; what signs in, as options.
  const own = Object.entries(others).filter(([name, value]) => value != null && !asVariables.includes(name));
  const identity = ['clientCertificatePath', 'federatedTokenFile', 'credential'].filter(
    (name) => others[name] != null,
  );
  const texts = JSON.stringify(Object.fromEntries([...own, ...identity.map((name) => [name, others[name]])]));
  const variables = { ...process.env, ...env };
  const callback = clientAssertion == null ? undefined : asCallback(clientAssertion);
  const settings = [texts, variables, callback && number(clientAssertion)];
  const key = createHash('sha256').update(JSON.stringify(settings)).digest('base64');
  const known = open.get(key);
  if (known) return { address: known.address };
  const { broker, error } = native.openBroker(texts, variables, fallbackAnchors(), callback);
  // Other settings that are wrong are told by the server, which a client starts when it likes.
  if (error) {
    const ours = error.code === 'broker_failed' || given(options, SECRET_OPTIONS);
    return ours ? { error } : {};
  }
  if (!broker) return {};
  if (open.size === 0) {
    process.once('exit', () => {
      for (const one of open.values()) one.close();
    });
  }
  open.set(key, broker);
  return { address: broker.address };
}

module.exports = { brokerFor };
