// A declarative pipeline of Jenkins, as far as the recipe goes: no Groovy is run, its strings are read.
// jenkins.io/doc/book/pipeline/syntax

import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { runProgram } from '../runner.mjs';

const ESCAPES = { n: '\n', t: '\t', r: '\r' };

/** The text of a string literal: single quotes, once or three times; in double quotes a bare `$` is a variable. */
function text(literal) {
  const double = literal.startsWith('"');
  const body = /^('''|"""|'|")(.*)\1$/s.exec(literal)[2];
  if (double && /(?<!\\)\$/.test(body)) throw new Error(`Groovy takes $ for a variable in ${literal}`);
  return body.replaceAll(/\\(.)/gs, (_, escaped) => ESCAPES[escaped] ?? escaped);
}

const STRING = String.raw`('''.*?'''|"""(?:\\.|[^\\])*?"""|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")`;

/** The lines for a shell, and the file that they have a variable for. */
export function readJenkins(groovy) {
  const environment = /^ *environment \{\n(.*?)^ *\}$/ms.exec(groovy)?.[1] ?? '';
  const variables = [...environment.matchAll(new RegExp(`^ *(\\w+) = ${STRING}$`, 'gm'))];
  const credentials = [...groovy.matchAll(/file\(credentialsId: '([\w-]+)', variable: '(\w+)'\)/g)];
  const inside = /withCredentials\(.*?\) \{\n(.*?)^ {8}\}$/ms.exec(groovy);
  const lines = [...groovy.matchAll(new RegExp(`\\bsh ${STRING}`, 'gs'))].map((match) => ({
    script: text(match[1]),
    secret: match.index > inside.index && match.index < inside.index + inside[0].length,
  }));
  return {
    environment: Object.fromEntries(variables.map(([, name, value]) => [name, text(value)])),
    credentials: credentials.map(([, id, variable]) => ({ id, variable })),
    lines,
  };
}

/**
 * @param {string} groovy
 * @param {object} options
 * @param {string} options.folder
 * @param {Record<string, string>} options.machine
 * @param {Record<string, string>} options.files of credentials, by their id
 * @param {(script: string) => string} [options.edit]
 * @returns {Promise<object[]>} `{code, stdout, stderr, env}` of each `sh`
 */
export async function playJenkins(groovy, { folder, machine, files, edit = (script) => script }) {
  const { environment, credentials, lines } = readJenkins(groovy);
  const work = path.join(folder, 'workspace');
  const secrets = path.join(folder, 'workspace@tmp');
  for (const each of [work, secrets]) mkdirSync(each);
  const bound = credentials.map(({ id, variable }) => {
    const copy = path.join(secrets, path.basename(files[id]));
    cpSync(files[id], copy);
    return [variable, copy];
  });
  const results = [];
  for (const { script, secret } of lines) {
    const env = { ...machine, ...environment, ...(secret && Object.fromEntries(bound)) };
    const result = await runProgram('sh', ['-xec', edit(script)], { cwd: work, env });
    results.push({ ...result, env });
    if (result.code !== 0) break;
  }
  return results;
}
