// A registry on loopback with what a reader of the recipes installs: this package as it would be published, and the
// launcher. So `npm install` and `npx` are run as they are written, versions included, and nothing else can be had.

import { createHash } from 'node:crypto';
import { cpSync, createReadStream, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm, packInto } from './packed.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifestIn = (folder) => JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));

/** The launcher as npm has it, but for its native programs, which no test starts. */
async function packLauncher(folder) {
  const installed = path.join(root, 'node_modules/@microsoft/workiq');
  const copy = path.join(folder, 'launcher');
  const native = readdirSync(path.join(installed, 'bin')).filter((name) => !name.endsWith('.js'));
  const left = native.map((name) => path.join(installed, 'bin', name));
  cpSync(installed, copy, { recursive: true, filter: (file) => !left.includes(file) });
  const [{ filename }] = JSON.parse(await npm(copy, 'pack', '--json', '--pack-destination', folder));
  return { manifest: manifestIn(copy), tarball: path.join(folder, filename) };
}

/** What a registry says of a package that has one version. */
function document({ manifest, tarball }, url) {
  const { name, version } = manifest;
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  const dist = { tarball: `${url}/-/${path.basename(tarball)}`, integrity };
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
}

/**
 * @param {string} folder an empty one, for tarballs and npm's cache
 * @returns {Promise<{env: Record<string, string>, asked: string[], close(): void}>} the environment in which npm asks
 *   here and nowhere else, and the paths that were asked for
 */
export async function openRegistry(folder) {
  const [[own, binding], launcher] = await Promise.all([packInto(folder), packLauncher(folder)]);
  const built = manifestIn(path.join(folder, 'binding'));
  const packages = [
    // Publishing adds the add-ons of the platforms; here is one.
    {
      manifest: { ...manifestIn(root), optionalDependencies: { [built.name]: built.version } },
      tarball: own,
    },
    { manifest: built, tarball: binding },
    launcher,
  ];
  const asked = [];
  const server = createServer((request, response) => {
    const wanted = decodeURIComponent(request.url.slice(1));
    asked.push(wanted);
    const named = packages.find(({ manifest }) => manifest.name === wanted);
    const file = packages.find(({ tarball }) => `-/${path.basename(tarball)}` === wanted);
    if (named) response.end(JSON.stringify(document(named, `http://${request.headers.host}`)));
    else if (file) createReadStream(file.tarball).pipe(response);
    else response.writeHead(404).end('{}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    env: {
      npm_config_registry: `http://127.0.0.1:${server.address().port}/`,
      npm_config_cache: path.join(folder, 'cache'),
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
    },
    asked,
    close: () => server.close(),
  };
}
