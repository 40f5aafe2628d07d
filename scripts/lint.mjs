// `npm run lint`: format and lint of every language here. All checks run, so that one look shows all.

import { cargo, ensureInstalled, run, tool } from './ensure.mjs';

await ensureInstalled();

const checks = [
  ['rustfmt', () => run('cargo', ['fmt', '--all', '--check'])],
  ['clippy', () => cargo(['clippy', '--release', '--workspace', '--all-targets', '--', '-D', 'warnings'])],
  ['taplo', () => tool('@taplo/cli', 'taplo', ['fmt', '--check'])],
  ['biome', () => tool('@biomejs/biome', 'biome', ['ci', '.'])],
];

const failed = [];
for (const [name, check] of checks) {
  console.log(`-- ${name}`);
  const { code } = await check();
  if (code !== 0) failed.push(name);
}

if (failed.length > 0) {
  console.error(
    `lint: ${failed.join(', ')} failed; cargo fmt --all, npx taplo fmt and npx biome check --write mend what can be mended`,
  );
  process.exitCode = 1;
}
