// The floor: the same requests by node:https over connections that are kept alive, in a process of its own. What a
// server takes beyond this is its own doing.

import { Agent, request } from 'node:https';
import { carryOut, pathOf } from './load.mjs';

const { BENCHMARK_ORIGIN: origin, BENCHMARK_TOKEN: token } = process.env;
const options = {
  agent: new Agent({ keepAlive: true }),
  headers: { Accept: 'application/json', Authorization: `Bearer ${token}` },
};

const call = (wish) =>
  new Promise((resolve, reject) => {
    const sent = request(`${origin}/v1.0${pathOf(wish)}`, options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        Buffer.concat(chunks).toString();
        resolve(performance.now());
      });
    });
    sent.once('error', reject);
    sent.end();
  });

process.on('message', async (phase) => process.send(await carryOut(call, phase)));
process.on('disconnect', () => process.exit(0));
