// The package as npm would bring it, with the add-on that was built here in the place of a platform's.

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The file of the add-on for this platform; undefined where none has been built. */
export const addon = readdirSync(root).find(
  (name) => name.startsWith(`workiq-auth.${process.platform}-`) && name.endsWith('.node'),
);

/** What npm prints. */
export const npm = async (cwd, ...args) =>
  (await promisify(execFile)('npm', args, { cwd, shell: process.platform === 'win32' })).stdout;

/**
 * Packs the package, and one for this platform with the add-on.
 *
 * @param {string} folder where the tarballs go
 * @returns {Promise<string[]>} their paths
 */
export async function packInto(folder) {
  const binding = path.join(folder, 'binding');
  mkdirSync(binding);
  cpSync(path.join(root, addon), path.join(binding, addon));
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const name = `@workiq-auth/binding-${addon.split('.')[1]}`;
  writeFileSync(path.join(binding, 'package.json'), JSON.stringify({ name, version, main: addon }));
  const pack = async (from) =>
    path.join(
      folder,
      JSON.parse(await npm(from, 'pack', '--json', '--pack-destination', folder))[0].filename,
    );
  return [await pack(root), await pack(binding)];
}
