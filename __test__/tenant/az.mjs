/**
 * The test tenant's `az`: hands its arguments to the tenant and plays what comes back. See azure-cli.mjs.
 */
import { request } from 'node:http';

const [url, ...args] = process.argv.slice(2);
const asking = request(url, { method: 'POST', agent: false }, (response) => {
  let text = '';
  response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  response.on('end', () => {
    const { code, stdout, stderr } = JSON.parse(text);
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    process.exitCode = code;
  });
});
asking.on('error', (error) => {
  process.stderr.write(`ERROR: the tenant has gone: ${error.message}\n`);
  process.exitCode = 1;
});
asking.end(JSON.stringify(args));
