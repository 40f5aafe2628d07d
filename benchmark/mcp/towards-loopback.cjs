'use strict';

// Preloaded into the peers, which know Microsoft's hosts only: their connections to these go to the endpoint on
// loopback. The packages themselves stay as they are, and the name that TLS checks stays Microsoft's.

const { Socket } = require('node:net');

const HOSTS = ['graph.microsoft.com', 'login.microsoftonline.com'];
const { hostname, port } = new URL(process.env.BENCHMARK_ORIGIN);
const { connect } = Socket.prototype;

const redirected = (options) =>
  HOSTS.includes(options?.host) ? { ...options, host: hostname, port } : options;

Socket.prototype.connect = function (first, ...rest) {
  // Options as tls.connect() gives them, or as the first of what net.connect() has sorted.
  if (Array.isArray(first)) first[0] = redirected(first[0]);
  return connect.call(this, Array.isArray(first) ? first : redirected(first), ...rest);
};
