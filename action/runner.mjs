// What GitHub's runner reads and writes: inputs, files of commands, masks, annotations.
// docs.github.com/actions/reference/workflows-and-actions/workflow-commands

import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';

/** The input of that name, or an empty text. */
export const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] ?? '').trim();

/** The input of that name as it is: what is secret may begin or end with white space that belongs to it. */
export const secretInput = (name) => process.env[`INPUT_${name.toUpperCase()}`] ?? '';

/** An input that is true or false. */
export function flag(name) {
  const value = input(name);
  if (value === 'true' || value === 'false' || value === '') return value === 'true';
  throw new Error(`${name}: "${value}" is neither true nor false`);
}

const data = (text) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

/** Lets the runner hide a text wherever it prints. It hides whole texts, so each line is told for itself. */
export function mask(secret) {
  for (const line of new Set([secret, ...secret.split(/\r?\n/)])) {
    if (line.trim().length >= 4) process.stdout.write(`::add-mask::${data(line)}\n`);
  }
}

export const notice = (text) => process.stdout.write(`${text}\n`);
export const warning = (text) => process.stdout.write(`::warning title=workiq-auth::${data(text)}\n`);
export const error = (text) => process.stdout.write(`::error title=workiq-auth::${data(text)}\n`);

/** A value may have any text in it, so its end is a word that nobody can guess. */
function append(file, name, value) {
  const end = `end-${randomUUID()}`;
  appendFileSync(process.env[file], `${name}<<${end}\n${value}\n${end}\n`);
}

/** Sets a variable for later steps. Never a secret. */
export const setVariable = (name, value) => append('GITHUB_ENV', name, value);
export const setOutput = (name, value) => append('GITHUB_OUTPUT', name, value);
/** Keeps something for the step that cleans up. */
export const saveState = (name, value) => append('GITHUB_STATE', name, value);
export const addPath = (folder) => appendFileSync(process.env.GITHUB_PATH, `${folder}\n`);
