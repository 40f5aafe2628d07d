// A double of GitHub's API on loopback, which answers for what a test shows.

import { createServer } from 'node:http';

/**
 * @param {(pathname: string, search: URLSearchParams) => object | false | undefined} answer nothing for what is not there
 * @returns {Promise<{url: string, requests: {url: string, path: string, authorization: string | undefined}[],
 *   close: () => Promise<void>}>}
 */
export async function startGitHubApi(answer) {
  const requests = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    requests.push({ url: request.url, path: pathname, authorization: request.headers.authorization });
    const found = answer(pathname, searchParams);
    response.writeHead(found ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(found || { message: 'Not Found' }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
