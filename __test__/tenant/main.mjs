/**
 * Runs a tenant until it is told to stop, and prints what to paste into a shell.
 */
import { startTenant } from './index.mjs';

const quote = (value) => `'${value.replaceAll("'", "'\\''")}'`;
const tenant = await startTenant({ roles: process.env.TENANT_ROLES ?? 'read' });
const secret = tenant.env('secret');
const certificate = tenant.env('certificate');

const lines = [
  '# Contoso, a test tenant on loopback. Paste into another shell:',
  ...Object.entries(secret).map(([name, value]) => `export ${name}=${quote(value)}`),
  '#',
  '# or, with a certificate in place of the secret:',
  '# unset WORKIQ_CLIENT_SECRET',
  ...Object.entries(certificate)
    .filter(([name]) => !(name in secret))
    .map(([name, value]) => `# export ${name}=${quote(value)}`),
  '#',
  `# Organizer of two meetings: ada@contoso.com, ${tenant.data.users[0].id}`,
  '# Stop with Ctrl-C.',
];
let stopping = false;
async function stop() {
  if (stopping) return;
  stopping = true;
  await tenant.close();
  process.exit(0);
}
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

process.stdout.write(`${lines.join('\n')}\n`);
