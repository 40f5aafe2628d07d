// How much comes to disk with each candidate.

import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtAddons, npm, root } from '../scripts/ensure.mjs';

const MB = 2 ** 20;
const here = path.dirname(fileURLToPath(import.meta.url));

/** The package and all it depends on, as places in node_modules, found the way that Node looks them up. */
function closure(name) {
  const found = new Set();
  const visit = (dependency, from) => {
    for (let folder = from; folder.startsWith(here); folder = path.dirname(folder)) {
      const place = path.join(folder, 'node_modules', dependency);
      if (!existsSync(path.join(place, 'package.json'))) continue;
      if (found.has(place)) return;
      found.add(place);
      const { dependencies, optionalDependencies } = JSON.parse(
        readFileSync(path.join(place, 'package.json'), 'utf8'),
      );
      for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) visit(next, place);
      return;
    }
  };
  visit(name, path.join(here, 'candidates'));
  return [...found];
}

/** Sizes of the files of one package, without packages that lie inside it. */
function fileSizes(folder) {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    const stat = lstatSync(file);
    if (stat.isDirectory()) return name === 'node_modules' ? [] : fileSizes(file);
    return stat.isFile() ? [stat.size] : [];
  });
}

function peer(name) {
  const packages = closure(name);
  const sizes = packages.flatMap(fileSizes);
  return {
    mb: sizes.reduce((sum, size) => sum + size, 0) / MB,
    files: sizes.length,
    packages: packages.length,
  };
}

/** Two packages: ours, and the one for the platform, which holds the add-on and its own package.json. */
async function ours() {
  const { output } = await npm(['pack', '--dry-run', '--json'], { quiet: true });
  const [{ unpackedSize, entryCount }] = JSON.parse(output);
  const [addon] = builtAddons();
  return {
    mb: (unpackedSize + statSync(path.join(root, addon)).size) / MB,
    files: entryCount + 2,
    packages: 2,
  };
}

/**
 * Adds what is installed with each candidate to the results.
 *
 * @param {(id: string, candidate: string, value: number) => void} record
 */
export async function measureSize(record) {
  const sizes = {
    msal: peer('@azure/msal-node'),
    identity: peer('@azure/identity'),
    ours: await ours(),
  };
  for (const [candidate, { mb, files, packages }] of Object.entries(sizes)) {
    record('sizeMb', candidate, mb);
    record('sizeFiles', candidate, files);
    record('sizePackages', candidate, packages);
  }
}
