// An Azure Pipelines job, as far as the recipe goes.
// learn.microsoft.com/azure/devops/pipelines/process/variables

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { runProgram } from '../runner.mjs';
import { only } from './page.mjs';

/** A value with its macros put in, which is all that becomes of `$(…)` before a shell sees it. */
function expand(text, macros) {
  return `${text}`.replaceAll(/\$\(([\w.]+)\)/g, (whole, name) => {
    if (!Object.hasOwn(macros, name)) throw new Error(`no variable of the pipeline: ${whole}`);
    return macros[name];
  });
}

/**
 * @param {string} yaml
 * @param {object} options
 * @param {string} options.folder
 * @param {Record<string, string>} options.machine
 * @param {Record<string, string>} options.macros variables by the names that `$(…)` has
 * @param {{name: string, env: Record<string, string>}} options.connection what a step is told that may ask for the
 *   tokens of the connection, which is so where a task of the job names it
 * @param {(script: string) => string} [options.edit]
 * @returns {Promise<object[]>} `{code, stdout, stderr, env}` of each script
 */
export async function playPipeline(yaml, { folder, machine, macros, connection, edit = (text) => text }) {
  const pipeline = parse(yaml);
  only(pipeline, ['trigger', 'schedules', 'pool', 'steps'], 'pipeline');
  const work = path.join(folder, 's');
  mkdirSync(work);
  const named = pipeline.steps.some(({ inputs }) => inputs?.azureSubscription === connection.name);
  const results = [];
  for (const step of pipeline.steps) {
    only(step, ['checkout', 'task', 'displayName', 'inputs', 'script', 'env'], 'step');
    if (step.checkout !== undefined && step.checkout !== 'none') throw new Error('a checkout');
    // Its own script would have az signed in; there must be nothing in it.
    if (step.task && (step.task !== 'AzureCLI@2' || step.inputs.inlineScript !== 'true'))
      throw new Error(`nothing here runs ${step.task}`);
    if (step.script === undefined) continue;
    const file = path.join(folder, `script-${results.length}.sh`);
    writeFileSync(file, edit(expand(step.script, macros)));
    const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, expand(value, macros)]);
    const env = {
      ...machine,
      TF_BUILD: 'True',
      ...(named && connection.env),
      ...Object.fromEntries(own),
    };
    const result = await runProgram('bash', ['--noprofile', '--norc', file], { cwd: work, env });
    results.push({ ...result, env });
    if (result.code !== 0) break;
  }
  return results;
}
