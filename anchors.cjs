'use strict';

/**
 * Trust anchors for a system that has none, as a minimal container: those that Node was built with. Node's own programs
 * work there by them.
 *
 * @param {{hasSystemAnchors(): boolean}} native
 * @returns {string | undefined} PEM; undefined where the system has its own
 */
function fallbackAnchors(native) {
  return native.hasSystemAnchors() ? undefined : require('node:tls').rootCertificates.join('\n');
}

module.exports = { fallbackAnchors };
