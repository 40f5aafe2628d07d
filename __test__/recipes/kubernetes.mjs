// A pod as a cluster with Microsoft Entra Workload ID makes it of the recipe: what its webhook sets, what is mounted.
// azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { runProgram } from '../runner.mjs';

/** The pod of the only job, with what belongs to it. */
export function readManifest(yaml) {
  const objects = parseAllDocuments(yaml).map((document) => document.toJS());
  const of = (kind, name) => {
    const found = objects.find((one) => one.kind === kind && (!name || one.metadata.name === name));
    if (!found) throw new Error(`no ${kind} ${name ?? ''}`);
    return found;
  };
  const { metadata, spec } = of('CronJob').spec.jobTemplate.spec.template;
  const [container] = spec.containers;
  const mounts = container.volumeMounts.map(({ name, mountPath }) => {
    const volume = spec.volumes.find((one) => one.name === name);
    return { mountPath, files: of('ConfigMap', volume.configMap.name).data };
  });
  return {
    labels: metadata.labels,
    account: of('ServiceAccount', spec.serviceAccountName),
    container,
    mounts,
  };
}

/**
 * @param {string} yaml
 * @param {object} options
 * @param {string} options.folder in which paths of the pod lie
 * @param {string} options.workdir of the image
 * @param {Record<string, string>} options.machine with the image's own variables
 * @param {string} options.tenantId that the webhook was installed with
 * @param {(account: string) => string} options.issue gives a token of a service account
 * @param {(argv: string[]) => string[]} [options.edit]
 * @returns {Promise<{code: number, stdout: string, stderr: string, env: object}>}
 */
export async function playPod(yaml, { folder, workdir, machine, tenantId, issue, edit = (argv) => argv }) {
  const { labels, account, container, mounts } = readManifest(yaml);
  const within = (place) => path.join(folder, place);
  for (const { mountPath, files } of mounts) {
    // As the kubelet does it, so that all files change at once.
    const data = path.join(within(mountPath), '..2026_01_01');
    mkdirSync(data, { recursive: true });
    symlinkSync('..2026_01_01', path.join(within(mountPath), '..data'));
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(path.join(data, name), text);
      symlinkSync(path.join('..data', name), path.join(within(mountPath), name));
    }
  }
  const injected = {};
  if (labels['azure.workload.identity/use'] === 'true') {
    const token = within('/var/run/secrets/azure/tokens/azure-identity-token');
    mkdirSync(path.dirname(token), { recursive: true });
    writeFileSync(token, issue(account.metadata.name), { mode: 0o600 });
    Object.assign(injected, {
      AZURE_CLIENT_ID: account.metadata.annotations['azure.workload.identity/client-id'],
      AZURE_TENANT_ID: tenantId,
      AZURE_FEDERATED_TOKEN_FILE: token,
      AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/',
    });
  }
  const own = container.env.map(({ name, value }) => [name, value]);
  const env = { ...machine, ...injected, ...Object.fromEntries(own) };
  const mounted = (word) => mounts.some(({ mountPath }) => word.startsWith(`${mountPath}/`));
  const argv = container.command.map((word) => (mounted(word) ? within(word) : word));
  const [program, ...args] = edit(argv);
  return { ...(await runProgram(program, args, { cwd: workdir, env })), env };
}
