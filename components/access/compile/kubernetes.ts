import type { AccessModel, Group } from "../model/model.js";
import type { Limits } from "./result.js";

/** A manifest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Pods of one namespace, by labels; no labels mean all of them. */
export type Pods = Group["pods"][number];

/** Pods of which both speak; undefined when there can be none. */
export function common(a: Pods, b: Pods): Pods | undefined {
  if (a.namespace !== b.namespace) return undefined;
  const clash = Object.entries(a.labels).some(
    ([key, value]) => Object.hasOwn(b.labels, key) && b.labels[key] !== value,
  );
  return clash ? undefined : { namespace: a.namespace, labels: { ...b.labels, ...a.labels } };
}

/** Pods by text, the same for the same pods. */
export function podsKey({ namespace, labels }: Pods): string {
  return `${namespace} ${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
}

/** Names of objects have at most one dot, and rules' names may have several. */
export function objectName(...parts: readonly string[]): string {
  return parts.join("-").replaceAll(".", "-");
}

/** In Kubernetes an enforcement point stands at pods only. */
export function reportOutside(model: AccessModel, limits: Limits): void {
  for (const group of model.groups)
    if (group.enforced && group.networks.length + group.tags.length > 0)
      limits.report({
        group: group.name,
        what: "stands at pods only, not at networks or virtual machines",
        effect: "elsewhere",
      });
}
