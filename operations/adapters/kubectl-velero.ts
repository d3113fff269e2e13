import type { z } from "zod";
import {
  KubernetesError,
  type ClusterObject,
  type RestoreOrder,
  type Shell,
  type VeleroCluster,
} from "../ports/index.js";
import { kubectl, UnknownKindError, type ClusterAccess, type Kubectl } from "./kubectl.js";
import {
  backupSchema,
  listOf,
  locationSchema,
  MARKS,
  namespaceSchema,
  objectSchema,
  restoreSchema,
  SCHEDULE_LABEL,
  scheduleSchema,
  volumeSchema,
  type ReadSchedule,
} from "./velero-answers.js";

/** Where Velero's objects stand, and how the cluster is reached. */
export interface VeleroAccess extends ClusterAccess {
  /** Namespace of Velero. @default velero */
  readonly namespace?: string | undefined;
  /** Version of the Pod Security Standards for namespaces of ours, such as v1.34. */
  readonly podSecurity: string;
}

const API = "velero.io/v1";

/** A cluster with Velero through kubectl on a host. */
export function kubectlVelero(shell: Shell, access: VeleroAccess): VeleroCluster {
  const { namespace = "velero", podSecurity, site } = access;
  const call = kubectl(shell, access);
  const inside = ["--namespace", namespace];
  const list = async <T>(resource: string, item: z.ZodType<T>): Promise<readonly T[]> =>
    understand(call, listOf(item), resource, await call.get([resource, ...inside]));
  const one = async <T>(resource: string, item: z.ZodType<T>, name: string): Promise<T | undefined> => {
    const found = await call.get([resource, name, ...inside]);
    return found === undefined ? undefined : understand(call, item, `${resource} ${name}`, found);
  };
  const readSchedule = (name: string): Promise<ReadSchedule | undefined> =>
    one("schedules.velero.io", scheduleSchema, name);

  return {
    site,
    locations: () => list("backupstoragelocations.velero.io", locationSchema),
    schedule: async (name) => (await readSchedule(name))?.plan,
    schedules: async () => (await list("schedules.velero.io", scheduleSchema)).map(({ plan }) => plan),
    backups: async () =>
      [...(await list("backups.velero.io", backupSchema))].sort(
        (a, b) => (a.started ?? Infinity) - (b.started ?? Infinity) || (a.name < b.name ? -1 : 1),
      ),
    backup: (name) => one("backups.velero.io", backupSchema, name),
    async startBackup(schedule, name) {
      const found = await readSchedule(schedule);
      if (found === undefined)
        throw new KubernetesError(site, `there is no schedule ${schedule}`, "see `pgkeep velero status`");
      await call.create({
        apiVersion: API,
        kind: "Backup",
        metadata: {
          name,
          namespace,
          labels: { ...found.labels, [SCHEDULE_LABEL]: schedule, [MARKS.ours]: "true" },
          annotations: found.annotations,
        },
        spec: found.template,
      });
    },
    restores: () => list("restores.velero.io", restoreSchema),
    restore: (name) => one("restores.velero.io", restoreSchema, name),
    startRestore: async (order) => void (await call.create(restoreObject(order, namespace))),
    removeRestore: (name) => remove(call, ["restores.velero.io", name, ...inside]),
    async namespace(name) {
      const found = await call.get(["namespaces", name]);
      return found === undefined ? undefined : understand(call, namespaceSchema, `namespace ${name}`, found);
    },
    async makeClosedNamespace(name) {
      await call.create(closedNamespace(name, podSecurity));
      await call.create(closedPolicy(name));
    },
    keepNamespace: (name) => call.tell(["label", "--overwrite", "namespaces", name, `${MARKS.kept}=true`]),
    removeNamespace: (name) => remove(call, ["namespaces", name]),
    async volumes(of) {
      const all = await call.get(["persistentvolumes"]);
      const volumes = understand(call, listOf(volumeSchema), "persistentvolumes", all);
      return volumes.filter((each) => each.namespace === of);
    },
    removeVolume: (name) => remove(call, ["persistentvolumes", name]),
    async objects(of, resources) {
      const ask = async (resource: string): Promise<readonly ClusterObject[]> => {
        const answer = await call.get([resource, "--namespace", of, "--show-managed-fields"]);
        return understand(call, listOf(objectSchema), `${resource} of ${of}`, answer);
      };
      const all = resources.join(",");
      try {
        return all === "" ? [] : await ask(all);
      } catch (error) {
        if (!(error instanceof UnknownKindError)) throw error;
      }
      const found: ClusterObject[] = [];
      for (const resource of resources)
        try {
          found.push(...(await ask(resource)));
        } catch (error) {
          // A kind that is not installed has no objects.
          if (!(error instanceof UnknownKindError)) throw error;
        }
      return found;
    },
  };
}

/** Deletes without waiting for the end; what is gone already is gone. */
function remove({ tell }: Kubectl, what: readonly string[]): Promise<void> {
  return tell(["delete", ...what, "--wait=false", "--ignore-not-found"]);
}

function understand<T>({ site }: Kubectl, schema: z.ZodType<T>, what: string, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new KubernetesError(
    site,
    `what it says of ${what} cannot be understood: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
    "Velero there may be older than 1.14, or newer than this pgkeep",
  );
}

function restoreObject({ name, backup, from, into, without }: RestoreOrder, namespace: string): object {
  return {
    apiVersion: API,
    kind: "Restore",
    metadata: { name, namespace, labels: { [MARKS.ours]: "true", [MARKS.into]: into } },
    spec: {
      backupName: backup,
      includedNamespaces: [from],
      namespaceMapping: { [from]: into },
      restorePVs: true,
      // What stands there already is not touched.
      existingResourcePolicy: "none",
      ...(without.length === 0 ? {} : { excludedResources: without }),
    },
  };
}

const STANDARDS = "pod-security.kubernetes.io";

function closedNamespace(name: string, version: string): object {
  const levels = ["enforce", "audit", "warn"].flatMap((mode) => [
    [`${STANDARDS}/${mode}`, "restricted"],
    [`${STANDARDS}/${mode}-version`, version],
  ]);
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { ...Object.fromEntries(levels), [MARKS.ours]: "true" } },
  };
}

/** Nobody reaches its pods, and they reach nobody: not the primary, not the archive. */
function closedPolicy(namespace: string): object {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "pgkeep-closed", namespace, labels: { [MARKS.ours]: "true" } },
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  };
}
