// A model on loopback that plays a part: an endpoint as OpenAI's chat completions, whose answers a function decides, and
// which keeps every request whole, since what a model really received is what the tests are about.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** An answer of the model as the one delta of a stream, and why it ended. */
function turnToMessage(turn, request) {
  if (turn.text !== undefined) return [{ role: 'assistant', content: turn.text }, 'stop'];
  const calls = turn.calls.map(({ name, arguments: given }, index) => ({
    index,
    id: `call_${request}_${index}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(given) },
  }));
  return [{ role: 'assistant', content: null, tool_calls: calls }, 'tool_calls'];
}

/**
 * @typedef {object} Asked what a model is asked
 * @property {object[]} tools
 * @property {object[]} messages
 * @property {string[]} results of its tools, in order
 */

function asked({ tools = [], messages }) {
  const text = ({ content }) =>
    typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');
  return { tools, messages, results: messages.filter((one) => one.role === 'tool').map(text) };
}

/**
 * @param {(turn: number, asked: Asked) => {text: string} | {calls: {name: string, arguments: object}[]}} play
 */
export async function startModel(play) {
  const requests = [];
  const problems = [];

  async function answer(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    if (request.method !== 'POST' || !request.url.endsWith('/chat/completions')) {
      problems.push(`${request.method} ${request.url} was asked for`);
      return response.writeHead(404).end('{}');
    }
    const body = JSON.parse(text);
    requests.push(body);
    const [message, reason] = turnToMessage(play(requests.length - 1, asked(body)), requests.length);
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const head = { id: `chat-${requests.length}`, created: 1, model: body.model };
    if (!body.stream) {
      const choices = [{ index: 0, message, finish_reason: reason }];
      const whole = { ...head, object: 'chat.completion', choices, usage };
      return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(whole));
    }
    const chunk = (delta, finish_reason, more) => {
      const choices = [{ index: 0, delta, finish_reason }];
      return `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, ...more })}\n\n`;
    };
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.end(`${chunk(message, null)}${chunk({}, reason, { usage })}data: [DONE]\n\n`);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      problems.push(error.stack);
      response.writeHead(400).end(JSON.stringify({ error: { message: error.message } }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    /** For the provider's base URL. */
    url: `http://127.0.0.1:${server.address().port}/v1`,
    /** The bodies, in order. */
    requests,
    /** What should not have happened, and an error in `play`. */
    problems,
    /** What it was asked last: the whole conversation. */
    get last() {
      return asked(requests.at(-1));
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
