import { canonicalJson, sha256, type Json } from "../../evidence/canonical.js";
import type { ClusterObject } from "../../ports/index.js";

/** What is compared where nothing else is asked for. */
export const COMPARED = [
  "configmaps",
  "secrets",
  "serviceaccounts",
  "resourcequotas",
  "limitranges",
  "persistentvolumeclaims",
  "services",
  "statefulsets.apps",
  "deployments.apps",
  "cronjobs.batch",
  "networkpolicies.networking.k8s.io",
  "poddisruptionbudgets.policy",
] as const;

/** How what was restored compares with what was backed up. Names alone: contents are secret. */
export interface Comparison {
  readonly equal: number;
  /** Not restored. */
  readonly missing: readonly string[];
  readonly different: readonly string[];
  /** Neither restored nor known to the original: somebody else has made it there. */
  readonly added: readonly string[];
  /** Made or changed since the backup, so that they tell nothing. */
  readonly changed: readonly string[];
}

/** What every namespace has of the cluster's own making. */
const EVERYWHERE = ["ConfigMap kube-root-ca.crt", "ServiceAccount default"];

/** What a cluster gives an object, each its own. */
const GIVEN = [
  "clusterIP",
  "clusterIPs",
  "healthCheckNodePort",
  "ipFamilies",
  "ipFamilyPolicy",
  "volumeName",
  // Velero puts there from where a volume is filled.
  "dataSource",
  "dataSourceRef",
  "selector",
] as const;
/** Kinds for which a selector is the cluster's or Velero's, not the author's. */
const SELECTED = ["PersistentVolumeClaim"];

/** Annotations by which controllers and Velero note something. */
const NOTED = /^(?:velero\.io|pv\.kubernetes\.io|volume(?:\.beta)?\.kubernetes\.io|backup\.velero\.io)\//;

/**
 * Compares the objects of two namespaces by what their authors have said: names, labels, annotations, contents; not by what each
 * cluster has given them.
 *
 * @param taken when the backup was begun, in milliseconds since 1970
 */
export function compareObjects(
  original: readonly ClusterObject[],
  restored: readonly ClusterObject[],
  taken: number,
): Comparison {
  const before = byName(original.filter(({ metadata }) => metadata.labels?.[EXCLUDED] !== "true"));
  const after = byName(restored);
  let equal = 0;
  const [missing, different, changed]: [string[], string[], string[]] = [[], [], []];
  for (const [name, object] of before) {
    const copy = after.get(name);
    if (copy !== undefined && contentOf(copy) === contentOf(object)) equal += 1;
    else if (lastChange(object) > taken) changed.push(name);
    else (copy === undefined ? missing : different).push(name);
  }
  // What Velero has brought back and the original has no more, was deleted since.
  const added = [...after]
    .filter(([name, { metadata }]) => !before.has(name) && metadata.labels?.[RESTORED] === undefined)
    .map(([name]) => name);
  return { equal, missing, different, added, changed };
}

/** Label by which Velero leaves an object out. */
export const EXCLUDED = "velero.io/exclude-from-backup";
const RESTORED = "velero.io/restore-name";

function byName(objects: readonly ClusterObject[]): Map<string, ClusterObject> {
  return new Map(
    objects
      .map((object) => [`${object.kind} ${object.metadata.name}`, object] as const)
      .filter(
        ([name, { metadata }]) => !EVERYWHERE.includes(name) && metadata.labels?.["pgkeep/asked"] !== "true",
      )
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** When an author has changed an object last; what controllers write into its status does not count. */
function lastChange({ metadata: { creationTimestamp, managedFields = [] } }: ClusterObject): number {
  const times = managedFields
    .filter(({ subresource = "" }) => subresource === "")
    .flatMap(({ time }) => (time === undefined ? [] : [Date.parse(time)]));
  return Math.max(creationTimestamp === undefined ? 0 : Date.parse(creationTimestamp), ...times, 0);
}

/** A digest of what an object says: a Secret's content must not stay in memory beside its copy, nor come into an error. */
function contentOf({ kind, metadata, spec, status: _status, ...rest }: ClusterObject): string {
  const { labels = {}, annotations = {} } = metadata;
  const said = {
    ...rest,
    kind,
    labels: without(labels, (key) => key.startsWith("velero.io/")),
    annotations: without(annotations, (key) => NOTED.test(key)),
    spec: typeof spec === "object" && spec !== null ? specOf(kind, spec) : null,
  };
  return sha256(canonicalJson(said as unknown as Json));
}

function specOf(kind: string, spec: object): Record<string, unknown> {
  const own = without(
    spec as Record<string, unknown>,
    (key) => (GIVEN as readonly string[]).includes(key) && (key !== "selector" || SELECTED.includes(kind)),
  );
  const { ports } = own;
  if (kind !== "Service" || !Array.isArray(ports)) return own;
  return { ...own, ports: ports.map((port: object) => without({ ...port }, (key) => key === "nodePort")) };
}

function without<T>(map: Readonly<Record<string, T>>, leave: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !leave(key)));
}
