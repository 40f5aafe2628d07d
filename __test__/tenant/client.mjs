/**
 * A plain HTTPS client that trusts the tenant's CA. It keeps no connection open.
 */
import { request } from 'node:https';

/**
 * @param {string} ca PEM
 * @returns {(url: string, init?: {method?: string, headers?: object, body?: string | object, form?: object, token?: string})
 *   => Promise<{status: number, headers: object, text: string, json: any}>} `json` is undefined where the body is not JSON;
 *   further members of `init` are options of TLS
 */
export const createClient =
  (ca) =>
  (url, { method, headers = {}, body, form, token, ...tls } = {}) =>
    new Promise((resolve, reject) => {
      const isJson = body !== undefined && typeof body !== 'string';
      const payload = form ? new URLSearchParams(form).toString() : isJson ? JSON.stringify(body) : body;
      const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
      const outgoing = request(
        url,
        {
          method: method ?? (payload === undefined ? 'GET' : 'POST'),
          ca,
          ...tls,
          agent: false,
          headers: {
            ...(payload === undefined
              ? {}
              : { 'content-type': type, 'content-length': Buffer.byteLength(payload) }),
            ...(token ? { authorization: `Bearer ${token}` } : {}),
            ...headers,
          },
        },
        (response) => {
          const chunks = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            let json;
            try {
              json = JSON.parse(text);
            } catch {
              json = undefined;
            }
            resolve({ status: response.statusCode, headers: response.headers, text, json });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
