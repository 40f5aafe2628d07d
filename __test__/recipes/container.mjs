// An image as the recipe builds it, without Docker: its instructions in a folder that stands for the file system, and
// `docker run`'s words for the environment.

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { runProgram } from '../runner.mjs';

/** The instructions of a Dockerfile, one to a line. */
const instructions = (text) =>
  text
    .trim()
    .split('\n')
    .map((line) => /^([A-Z]+) +(.*)$/.exec(line).slice(1));

/**
 * Builds.
 *
 * @param {string} dockerfile
 * @param {{folder: string, machine: Record<string, string>}} options
 * @returns {Promise<{workdir: string, env: Record<string, string>, command: string[], cmd: string[]}>}
 */
export async function build(dockerfile, { folder, machine }) {
  const image = { workdir: folder, env: { ...machine }, entrypoint: [], cmd: [] };
  const within = (place) => path.join(folder, place);
  for (const [what, rest] of instructions(dockerfile)) {
    if (what === 'WORKDIR') {
      image.workdir = within(rest);
      mkdirSync(image.workdir, { recursive: true });
    } else if (what === 'RUN') {
      const { code, stderr } = await runProgram('sh', ['-c', rest], { cwd: image.workdir, env: image.env });
      if (code !== 0) throw new Error(`RUN ${rest}: ${stderr}`);
    } else if (what === 'ENV') {
      const [, name, value] = /^(\w+)=(\S+)$/.exec(rest);
      const places = value.replaceAll(/(?<=^|:)\/srv\b/g, within('/srv'));
      image.env[name] = places.replaceAll(/\$(\w+)/g, (_, other) => image.env[other] ?? '');
    } else if (what === 'ENTRYPOINT') image.entrypoint = JSON.parse(rest);
    else if (what === 'CMD') image.cmd = JSON.parse(rest);
    else if (what !== 'FROM' && what !== 'USER') throw new Error(`nothing here does ${what}`);
  }
  return image;
}

/** The words of a line, as a shell would split them; it may have quotes, and nothing else that a shell knows. */
const words = (line) =>
  [...line.matchAll(/(?:'[^']*'|"[^"$]*"|[^\s'"$`\\;&|<>()]+)+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double),
  );

/**
 * Starts what `docker run` would, its standard streams piped.
 *
 * @param {object} image of {@link build}
 * @param {string} line `docker run …`
 * @param {Record<string, string>} outside the environment that `-e NAME` takes from
 * @param {string} tag that the image was built with
 */
export function start(image, line, outside, tag) {
  const [docker, run, ...rest] = words(line);
  if (docker !== 'docker' || run !== 'run') throw new Error(`not docker run: ${line}`);
  const env = { ...image.env };
  const flags = new Set();
  let word = rest.shift();
  for (; word?.startsWith('-'); word = rest.shift()) {
    if (word === '-e') {
      const [, name, , value] = /^(\w+)(=(.*))?$/s.exec(rest.shift());
      env[name] = value ?? outside[name];
    } else flags.add(word);
  }
  if (word !== tag) throw new Error(`no image ${word}`);
  if (!flags.has('-i')) throw new Error('without -i its input is closed');
  const [program, ...args] = [...image.entrypoint, ...(rest.length > 0 ? rest : image.cmd)];
  return spawn(program, args, { cwd: image.workdir, env, stdio: ['pipe', 'pipe', 'pipe'] });
}
