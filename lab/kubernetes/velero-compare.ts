import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { ApiObject } from "./api.js";

/** Kinds that are compared. */
const COMPARED: readonly { readonly path: string; readonly kinds: readonly string[] }[] = [
  { path: "api/v1", kinds: ["configmaps", "secrets", "serviceaccounts", "resourcequotas", "limitranges"] },
  { path: "api/v1", kinds: ["services", "persistentvolumeclaims"] },
  { path: "apis/apps/v1", kinds: ["statefulsets", "deployments"] },
  { path: "apis/batch/v1", kinds: ["cronjobs"] },
  { path: "apis/networking.k8s.io/v1", kinds: ["networkpolicies"] },
  { path: "apis/policy/v1", kinds: ["poddisruptionbudgets"] },
];

/** What every namespace has of the cluster's own making. */
const EVERYWHERE = ["kube-root-ca.crt", "default"];

/** What each cluster gives an object. */
const GIVEN = ["clusterIP", "clusterIPs", "volumeName", "healthCheckNodePort"];

/** Objects of a path of an API server. */
type Lister = (path: string) => Promise<readonly ApiObject[]>;

/**
 * Compares all objects of two namespaces, by a way of its own: not that of `pgkeep velero restore`, which is on trial.
 *
 * @returns how many are equal
 * @throws AssertionError with the name of one that is not, never with its content
 */
export async function compareNamespaces(
  original: Lister,
  from: string,
  restored: Lister,
  into: string,
): Promise<number> {
  let count = 0;
  for (const { path, kinds } of COMPARED)
    for (const kind of kinds) {
      const before = said(await original(`/${path}/namespaces/${from}/${kind}`));
      const after = said(await restored(`/${path}/namespaces/${into}/${kind}`));
      assert.deepEqual([...after.keys()].sort(), [...before.keys()].sort(), kind);
      for (const [name, content] of before) {
        // Shown without its content: a Secret must not stand in an error.
        const differing = Object.keys(content).filter(
          (part) => !isDeepStrictEqual(after.get(name)?.[part], content[part]),
        );
        assert.deepEqual(differing, [], `${kind} ${name} came back changed`);
      }
      count += before.size;
    }
  assert.equal(count, await countObjects(original, from), "all of them");
  return count;
}

/** How many objects a namespace has of the kinds that are compared. @param left kinds that are not counted */
export async function countObjects(
  objects: Lister,
  namespace: string,
  left: readonly string[] = [],
): Promise<number> {
  let count = 0;
  for (const { path, kinds } of COMPARED)
    for (const kind of kinds.filter((each) => !left.includes(each)))
      count += said(await objects(`/${path}/namespaces/${namespace}/${kind}`)).size;
  // What is empty would be equal whatever comes back.
  assert.ok(count >= 10, `${count} objects in ${namespace}`);
  return count;
}

function said(objects: readonly ApiObject[]): Map<string, Record<string, unknown>> {
  return new Map(
    objects
      .filter(({ metadata }) => !EVERYWHERE.includes(metadata.name))
      .map((object) => [object.metadata.name, contentOf(object)]),
  );
}

/** What an object says, without what each cluster gives it. */
function contentOf({ metadata, spec, status: _status, ...rest }: ApiObject): Record<string, unknown> {
  const labels = Object.entries(metadata.labels ?? {}).filter(([key]) => !key.startsWith("velero.io/"));
  const own = Object.entries(spec ?? {})
    .filter(([key]) => !GIVEN.includes(key))
    .map(([key, value]) => [key, key === "ports" ? withoutNodePorts(value) : value] as const);
  return { ...rest, labels: labels.sort(), spec: Object.fromEntries(own) };
}

/** Ports of a Service, without those of nodes, which a cluster chooses. */
function withoutNodePorts(ports: unknown): unknown {
  return Array.isArray(ports)
    ? ports.map((port: Readonly<Record<string, unknown>>) => ({ ...port, nodePort: undefined }))
    : ports;
}
