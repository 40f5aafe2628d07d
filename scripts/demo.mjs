// `npm run demo`: installs and builds what is missing, then shows the main job end to end.

import { spawn } from 'node:child_process';
import path from 'node:path';

import { ensureBuilt, ensureInstalled, root } from './ensure.mjs';

await ensureInstalled();
await ensureBuilt();
const demo = spawn(process.execPath, [path.join(root, '__test__', 'demo.mjs')], {
  cwd: root,
  stdio: 'inherit',
});
demo.once('close', (code) => {
  process.exitCode = code ?? 1;
});
