// A runner of GitHub Actions, as far as our workflows and actions need one: it runs the steps of a job as they stand in
// the YAML, in folders of their own, with nothing of this process in their environment.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { holds, resolve, resolveAll } from './runner/expression.mjs';
import { folders, values, variables } from './runner/files.mjs';
import { finish, plain } from './support.mjs';

const STEP_KEYS = [
  'continue-on-error',
  'env',
  'id',
  'if',
  'name',
  'run',
  'shell',
  'timeout-minutes',
  'uses',
  'with',
  'working-directory',
];

/** GitHub's command lines. The one without a name does not mind what fails before a pipe. */
const SHELLS = {
  '': ['bash', '-e'],
  bash: ['bash', '--noprofile', '--norc', '-eo', 'pipefail'],
  sh: ['sh', '-e'],
};

/** Of a job's `github` context, what steps find in their environment. */
const TOLD = [
  'actor',
  'api_url',
  'base_ref',
  'event_name',
  'head_ref',
  'job',
  'ref',
  'repository',
  'repository_owner',
  'run_attempt',
  'run_id',
  'server_url',
  'sha',
  'workflow',
];

/** Runs a program to its end: `{code, stdout, stderr}`, with the signal for a code where one ended it. */
export async function runProgram(program, args, options) {
  const { code, signal, ...said } = await finish(spawn(program, args, { ...options, stdio: 'pipe' }));
  return { code: code ?? signal, ...said };
}

/** What the steps of a job share. */
class Job {
  constructor({ github = {}, secrets = {}, vars = {}, needs, folder, machine = plain, uses }) {
    this.at = folder;
    /** `RUNNER_TEMP`, and `GITHUB_WORKSPACE`, in which steps begin. */
    this.temp = path.join(folder, '_temp');
    this.workspace = path.join(folder, 'work');
    this.commands = path.join(folder, '_commands');
    for (const each of [this.temp, this.workspace, this.commands]) mkdirSync(each, { recursive: true });
    this.machine = machine;
    this.uses = uses;
    this.paths = [];
    this.summary = '';
    this.posts = [];
    this.count = 0;
    this.contexts = {
      github: { token: 'the-token-of-the-job', workspace: this.workspace, event: {}, ...github },
      runner: { temp: this.temp, os: 'Linux' },
      secrets,
      vars,
      ...(needs && { needs }),
    };
    this.env = {};
    writeFileSync(path.join(folder, 'event.json'), JSON.stringify(this.contexts.github.event));
  }

  /** The environment of a step, without the files by which it answers. */
  environment(own) {
    const { github } = this.contexts;
    const told = TOLD.filter((name) => github[name] !== undefined).map((name) => [
      `GITHUB_${name.toUpperCase()}`,
      `${github[name]}`,
    ]);
    const all = { ...this.machine, ...this.env, ...own };
    return {
      ...all,
      PATH: [...this.paths, all.PATH].join(path.delimiter),
      ...Object.fromEntries(told),
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: this.workspace,
      GITHUB_EVENT_PATH: path.join(this.at, 'event.json'),
      RUNNER_TEMP: this.temp,
      RUNNER_OS: 'Linux',
    };
  }

  /** Does something with files by which it may answer, and takes the answers up. */
  async answering(own, act) {
    this.count += 1;
    const file = (name) => {
      const made = path.join(this.commands, `${name}-${this.count}`);
      writeFileSync(made, '');
      return made;
    };
    const files = Object.fromEntries(
      ['ENV', 'OUTPUT', 'PATH', 'STATE', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, file(name)]),
    );
    const env = { ...this.environment(own), ...files };
    const { outputs = {}, ...result } = (await act(env)) ?? {};
    Object.assign(this.env, variables(files.GITHUB_ENV));
    this.paths.unshift(...folders(files.GITHUB_PATH));
    this.summary += readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8');
    const given = { code: 0, stdout: '', stderr: '', ...result, env };
    return {
      ...given,
      outputs: { ...values(files.GITHUB_OUTPUT), ...outputs },
      state: values(files.GITHUB_STATE),
    };
  }

  script(step, scope) {
    const shell = step.shell ?? scope.shell ?? '';
    if (!Object.hasOwn(SHELLS, shell)) throw new Error(`no shell that this runner knows: ${shell}`);
    if (scope.composite && !step.shell) throw new Error('a step of an action has to name its shell');
    const [program, ...args] = SHELLS[shell];
    const cwd = path.resolve(this.workspace, resolve(step['working-directory'] ?? '.', scope.contexts));
    const file = path.join(this.commands, `script-${this.count}.sh`);
    writeFileSync(file, resolve(step.run, scope.contexts));
    return (env) => runProgram(program, [...args, file], { cwd, env });
  }

  /** One step that is to run. */
  async step(step, scope) {
    const contexts = { ...scope.contexts, env: this.env };
    const own = resolveAll(step.env, contexts);
    const inside = { ...scope, contexts: { ...contexts, env: { ...this.env, ...own } } };
    if (step.run !== undefined) return this.answering({ ...scope.env, ...own }, this.script(step, inside));
    if (!this.uses) throw new Error(`uses: ${step.uses}: nothing here runs it`);
    const given = { ...step, with: resolveAll(step.with, inside.contexts) };
    return this.answering({ ...scope.env, ...own }, (env) => this.uses(given, this.hands(env, own)));
  }

  /** What a function that runs an action is given. */
  hands(env, own) {
    return {
      env,
      temp: this.temp,
      workspace: this.workspace,
      github: this.contexts.github,
      run: (program, args, more = {}) =>
        runProgram(program, args, { cwd: this.workspace, env: { ...env, ...more } }),
      post: (act) => this.posts.unshift(act),
      job: this,
      own,
    };
  }

  /**
   * Runs steps in their order.
   *
   * @param {object[]} steps
   * @param {{contexts?: object, env?: object, shell?: string, composite?: boolean}} [scope]
   */
  async all(steps, scope = {}) {
    const known = {};
    const contexts = { ...this.contexts, ...scope.contexts, steps: known };
    const results = [];
    let failed = false;
    for (const step of steps) {
      const odd = Object.keys(step).find((key) => !STEP_KEYS.includes(key));
      if (odd) throw new Error(`no key of a step: ${odd}`);
      if ((step.run === undefined) === (step.uses === undefined))
        throw new Error(`a step has run or uses: ${JSON.stringify(step)}`);
      const runs = holds(step.if, { ...contexts, env: this.env }, failed);
      const result = runs
        ? await this.step(step, { ...scope, contexts })
        : { stdout: '', stderr: '', outputs: {} };
      const outcome = runs ? (result.code === 0 ? 'success' : 'failure') : 'skipped';
      const forgiven = outcome === 'failure' && resolve(step['continue-on-error'], contexts) === true;
      const conclusion = forgiven ? 'success' : outcome;
      failed ||= conclusion === 'failure';
      const { id, name = step.run ?? step.uses } = step;
      if (id) known[id] = { outputs: result.outputs, outcome, conclusion };
      results.push({ ...result, id, name, outcome, conclusion });
    }
    return { steps: results, failed, contexts };
  }
}

/**
 * Runs the steps of a job, and whatever they asked for after it.
 *
 * @param {object[]} steps as parsed
 * @param {object} options
 * @param {string} options.folder an empty folder: `work` in it is the workspace, `_temp` the `RUNNER_TEMP`
 * @param {Record<string, unknown>} [options.env] of workflow and job; expressions in it are worked out
 * @param {Record<string, unknown>} [options.inputs] of a workflow that is called
 * @param {object} [options.github] the context, `event` and `token` included
 * @param {Record<string, string>} [options.secrets]
 * @param {Record<string, string>} [options.vars]
 * @param {object} [options.needs]
 * @param {Record<string, string>} [options.machine] the environment that the machine has by itself
 * @param {string} [options.shell] of `defaults.run`
 * @param {Record<string, unknown>} [options.wanted] outputs of the job, as in its YAML
 * @param {(step: object, hands: object) => Promise<object | void>} [options.uses] runs a step with `uses`: it is given
 *   the step, `with` worked out, and `{env, temp, workspace, github, run(program, args, env), post(act)}`, and gives
 *   `{code, stdout, stderr, outputs}`, each as it likes. {@link runAction} does it for an action in a folder
 * @returns {Promise<{steps: object[], outputs: object, summary: string, env: object, failed: boolean}>} of each step
 *   `{name, id, code, stdout, stderr, outputs, outcome, conclusion, env}`; of the job what later steps would find as
 *   variables. What ran after the job follows its steps, by the name `post`
 */
export async function runSteps(steps, { inputs = {}, shell, wanted, ...options }) {
  const job = new Job(options);
  job.env = resolveAll(options.env, { ...job.contexts, inputs });
  const { steps: results, failed, contexts } = await job.all(steps, { contexts: { inputs }, shell });
  let broken = failed;
  for (const act of job.posts) {
    const result = await job.answering({}, act);
    broken ||= result.code !== 0;
    results.push({ ...result, name: 'post', outcome: result.code === 0 ? 'success' : 'failure' });
  }
  return {
    steps: results,
    outputs: resolveAll(wanted, { ...contexts, env: job.env }),
    summary: job.summary,
    env: job.env,
    failed: broken,
  };
}

/**
 * Runs a job of a workflow. Its steps can ask for an id token if, and only if, its permissions say so.
 *
 * @param {object} workflow as parsed
 * @param {string} name of the job
 * @param {object} options as of {@link runSteps}, and
 * @param {Record<string, string>} [options.oidc] the variables by which a step asks for an id token
 * @returns {Promise<object | undefined>} as of {@link runSteps}; nothing where the job's `if` does not hold
 */
export async function runJob(workflow, name, { oidc = {}, machine = plain, ...options }) {
  const job = workflow.jobs[name];
  const permissions = job.permissions ?? workflow.permissions ?? {};
  const may = permissions === 'write-all' || permissions['id-token'] === 'write';
  const inputs = { ...defaultsOf(workflow.on?.workflow_call?.inputs), ...options.inputs };
  const { github = {}, vars = {}, needs } = options;
  const contexts = { github: { event: {}, ...github }, inputs, vars, ...(needs && { needs }) };
  if (!holds(job.if, contexts, false)) return undefined;
  return runSteps(job.steps, {
    ...options,
    inputs,
    github: { job: name, ...github },
    machine: { ...machine, ...(may ? oidc : {}) },
    env: { ...workflow.env, ...job.env },
    shell: job.defaults?.run?.shell ?? workflow.defaults?.run?.shell,
    wanted: job.outputs,
  });
}

const defaultsOf = (inputs = {}) =>
  Object.fromEntries(Object.entries(inputs ?? {}).map(([name, { default: value = '' }]) => [name, value]));

/** The inputs of an action: what the step gives, and defaults for the rest. */
function inputsOf(action, given, contexts) {
  const declared = action.inputs ?? {};
  const odd = Object.keys(given).find((name) => !Object.hasOwn(declared, name));
  if (odd) throw new Error(`no input of the action: ${odd}`);
  for (const [name, { required, default: value }] of Object.entries(declared))
    if (required && value === undefined && !given[name]) throw new Error(`the action needs ${name}`);
  return { ...resolveAll(defaultsOf(declared), contexts), ...given };
}

/**
 * Runs the action in a folder, Node's or composite, as a step of a job; what it does after the job is kept for then.
 *
 * @param {string} folder that holds its `action.yml`
 * @param {object} step `with` is what it is given
 * @param {object} hands what {@link runSteps} hands to `uses`
 */
export async function runAction(folder, step, hands) {
  const file = ['action.yml', 'action.yaml'].map((name) => path.join(folder, name)).find(existsSync);
  if (!file) throw new Error(`no action in ${folder}`);
  const action = parse(readFileSync(file, 'utf8'));
  const { job, env, own } = hands;
  const inputs = inputsOf(action, step.with ?? {}, job.contexts);
  if (action.runs.using === 'composite') {
    const github = { ...job.contexts.github, action_path: folder };
    const scope = {
      composite: true,
      env: { ...own, GITHUB_ACTION_PATH: folder },
      contexts: { github, inputs },
    };
    const { steps, failed, contexts } = await job.all(action.runs.steps, scope);
    const wanted = Object.entries(action.outputs ?? {}).map(([name, { value }]) => [name, value]);
    return {
      code: failed ? 1 : 0,
      stdout: steps.map(({ stdout }) => stdout).join(''),
      stderr: steps.map(({ stderr }) => stderr).join(''),
      outputs: resolveAll(Object.fromEntries(wanted), contexts),
      steps,
    };
  }
  if (!/^node\d+$/.test(action.runs.using)) throw new Error(`no action that runs here: ${action.runs.using}`);
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      value,
    ]),
  );
  const result = await hands.run(process.execPath, [path.join(folder, action.runs.main)], given);
  if (action.runs.post) {
    const state = Object.entries(values(env.GITHUB_STATE)).map(([name, value]) => [`STATE_${name}`, value]);
    hands.post((later) =>
      runProgram(process.execPath, [path.join(folder, action.runs.post)], {
        cwd: hands.workspace,
        env: { ...later, ...given, ...Object.fromEntries(state) },
      }),
    );
  }
  return result;
}
