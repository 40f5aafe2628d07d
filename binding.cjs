'use strict';

// The native core, found by the shortest way: the generated loader reads files to tell one libc from another, and that
// takes longer than to try the build that is most likely the right one. Whatever is out of the ordinary is the loader's.

const fs = require('node:fs');
const path = require('node:path');

const LIKELY = {
  'linux-x64': 'linux-x64-gnu',
  'linux-arm64': 'linux-arm64-gnu',
  'darwin-x64': 'darwin-x64',
  'darwin-arm64': 'darwin-arm64',
  'win32-x64': 'win32-x64-msvc',
  'win32-arm64': 'win32-arm64-msvc',
};

/** Where npm puts the build, and where `npm run build` does. */
const places = (file, build) => [
  path.join(__dirname, file),
  path.join(__dirname, '..', '@workiq-auth', `binding-${build}`, file),
];

/** Loads an add-on from a file that is known: what `require` does after it has searched. */
function open(file) {
  const addon = { exports: {} };
  process.dlopen(addon, file);
  return addon.exports;
}

function load() {
  const build = LIKELY[`${process.platform}-${process.arch}`];
  // Who names another library means the loader to take it.
  if (build && !process.env.NAPI_RS_NATIVE_LIBRARY_PATH) {
    const file = places(`workiq-auth.${build}.node`, build).find((place) => fs.existsSync(place));
    try {
      if (file) return open(file);
    } catch {
      // Made for another libc, or broken: the loader finds out which, and says so.
    }
  }
  return require('./native.js');
}

const native = load();

/**
 * Trust anchors for a system that has none, as a minimal container: those that Node was built with. Node's own programs
 * work there by them.
 *
 * @returns {string | undefined} PEM; undefined where the system has its own
 */
function fallbackAnchors() {
  return native.hasSystemAnchors() ? undefined : require('node:tls').rootCertificates.join('\n');
}

module.exports = { fallbackAnchors, native };
