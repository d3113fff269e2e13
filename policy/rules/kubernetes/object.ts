import { NotKnownYet, type Node } from "../../node.js";
import type { Parameters, Values } from "../../parameters.js";
import {
  forEach,
  resourceRule,
  stackRule,
  type Find,
  type FindInStack,
  type ResourceRule,
  type StackRule,
  type Subject,
} from "../../rule.js";

/** Group and kind, such as `apps/StatefulSet`; the group without a name is `core`. */
export type Kind = `${string}/${string}`;

/** An object of Kubernetes among the resources of a stack. */
export class KubernetesObject {
  constructor(
    /** The resource that it is, or that lists it. */
    readonly resource: Subject,
    /** Such as `apps/StatefulSet`. */
    readonly kind: Kind,
    readonly at: Node,
    /** True for a `…Patch` resource: it says a part, and what it does not say is said elsewhere. */
    readonly partial: boolean = false,
  ) {}

  get spec(): Node {
    return this.at.at("spec");
  }

  /** @throws NotKnownYet */
  get name(): string {
    return this.at.at("metadata").text("name") ?? this.resource.name;
  }

  /** @throws NotKnownYet */
  get namespace(): string {
    return this.at.at("metadata").text("namespace") ?? "default";
  }

  /** Kind and name for a report. */
  get title(): string {
    const kind = this.kind.slice(this.kind.indexOf("/") + 1);
    return `${kind} ${this.at.at("metadata").at("name").unknown ? this.resource.name : this.name}`;
  }
}

const TOKEN = /^kubernetes:([^:/]+)\/[^:/]+:([A-Za-z]+)$/;

/** The objects that a resource is or lists; none when it is no object of Kubernetes. @throws NotKnownYet */
export function objectsOf(resource: Subject): KubernetesObject[] {
  const [, group, word] = TOKEN.exec(resource.type) ?? [];
  if (group === undefined || word === undefined || group === "helm.sh") return [];
  const { inputs } = resource;
  if (word === "List" || (word.endsWith("List") && inputs.has("items")))
    return inputs.list("items").map((item) => {
      const [of = "", kind] = [item.text("apiVersion"), item.text("kind")];
      const its: Kind =
        kind === undefined ? `${group}/${word.slice(0, -"List".length)}` : `${groupOf(of)}/${kind}`;
      return new KubernetesObject(resource, its, item);
    });
  const partial = word.endsWith("Patch");
  return [
    new KubernetesObject(
      resource,
      `${group}/${partial ? word.slice(0, -"Patch".length) : word}`,
      inputs,
      partial,
    ),
  ];
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "core";
}

/** Types of resources that are, list or patch objects of these kinds. */
export function typesOf(...kinds: readonly Kind[]): RegExp[] {
  const names = kinds.map((kind) => {
    const [group = "", name = ""] = kind.split("/");
    return `${group.replaceAll(".", "\\.")}/[^:/]+:${name}(?:List|Patch)?`;
  });
  return [new RegExp(`^kubernetes:(?:${names.join("|")}|(?:core|meta)/v1:List)$`)];
}

/** A rule about single resources, but for what it judges in them, and the values of its parameters. */
export type JudgedBy<P extends Parameters, What> = Omit<
  ResourceRule,
  "scope" | "types" | "judge" | "parameters"
> & {
  readonly parameters?: P;
  readonly judge: (what: What, find: Find, values: Values<P>) => void;
};

/** Declares a rule about objects of some kinds, wherever they stand. */
export function objectRule<const P extends Parameters = Record<never, never>>({
  kinds,
  judge,
  ...rule
}: JudgedBy<P, KubernetesObject> & { readonly kinds: readonly Kind[] }): ResourceRule {
  return resourceRule<P>({
    ...rule,
    types: typesOf(...kinds),
    judge: (resource, find, values) =>
      forEach(
        objectsOf(resource).filter(({ kind }) => kinds.includes(kind)),
        (object) => judge(object, find, values),
      ),
  });
}

/**
 * Runs a step for the objects of each cluster: what stands in one protects nothing in another. A list that is not known yet
 * is said after what is known was judged.
 *
 * @throws NotKnownYet
 */
export function forEachCluster(
  resources: readonly Subject[],
  step: (objects: readonly KubernetesObject[]) => void,
): void {
  const clusters = new Map<string, KubernetesObject[]>();
  const collect = (resource: Subject): void => {
    const objects = objectsOf(resource);
    const key = resource.provider ?? "";
    if (objects.length > 0) clusters.set(key, [...(clusters.get(key) ?? []), ...objects]);
  };
  inTurn(
    () => forEach(resources, collect),
    () => forEach([...clusters.values()], step),
  );
}

/** Runs steps that each may meet what is not known yet, which is said after the last. @throws NotKnownYet */
export function inTurn(...steps: readonly (() => void)[]): void {
  forEach(steps, (step) => step());
}

/** Declares a rule about the objects of a stack together. */
export function objectsRule(
  rule: Omit<StackRule, "scope" | "about" | "parameters" | "judge"> & {
    readonly judge: (resources: readonly Subject[], find: FindInStack) => void;
  },
): StackRule {
  return stackRule({ about: ({ type }) => type.startsWith("kubernetes:"), ...rule });
}

/** Keys of a map with their places; none when it is no map. @throws NotKnownYet */
export function entries(map: Node): (readonly [key: string, at: Node])[] {
  const { value } = map;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.keys(value).map((key) => [key, map.at(key)] as const);
}

/** True when something stands there. @throws NotKnownYet */
export function isGiven({ value }: Node): boolean {
  return value !== undefined && value !== null && value !== "";
}

/** Texts of a list; other entries are left out. @throws NotKnownYet */
export function textsOf(list: readonly Node[]): string[] {
  return list.flatMap(({ value }) => (typeof value === "string" ? [value] : []));
}

/**
 * True when the test holds for one of them. What cannot be told of one hides nothing that is true of another, and counts only
 * when none is.
 *
 * @throws NotKnownYet
 */
export function some<T>(items: readonly T[], test: (item: T) => boolean): boolean {
  let unknown: NotKnownYet | undefined;
  for (const item of items) {
    try {
      if (test(item)) return true;
    } catch (error) {
      if (!(error instanceof NotKnownYet)) throw error;
      unknown ??= error;
    }
  }
  if (unknown !== undefined) throw unknown;
  return false;
}
