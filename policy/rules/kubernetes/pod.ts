import type { Node } from "../../node.js";
import type { Parameters } from "../../parameters.js";
import { forEach, type Find, type ResourceRule } from "../../rule.js";
import {
  inTurn,
  isGiven,
  objectRule,
  textsOf,
  type JudgedBy,
  type Kind,
  type KubernetesObject,
} from "./object.js";

/** Where a kind keeps the pods that it makes. */
const TEMPLATES: Readonly<Record<Kind, readonly string[]>> = {
  "core/Pod": [],
  "core/PodTemplate": ["template"],
  "core/ReplicationController": ["spec", "template"],
  "apps/Deployment": ["spec", "template"],
  "apps/StatefulSet": ["spec", "template"],
  "apps/DaemonSet": ["spec", "template"],
  "apps/ReplicaSet": ["spec", "template"],
  "extensions/Deployment": ["spec", "template"],
  "extensions/DaemonSet": ["spec", "template"],
  "extensions/ReplicaSet": ["spec", "template"],
  "batch/Job": ["spec", "template"],
  "batch/CronJob": ["spec", "jobTemplate", "spec", "template"],
};

/** Kinds that run pods. */
export const POD_KINDS = Object.keys(TEMPLATES) as Kind[];

/** A pod, or the template of pods, of an object. */
export interface Pod {
  readonly object: KubernetesObject;
  /** Labels and annotations. */
  readonly metadata: Node;
  readonly spec: Node;
}

/** A container of a pod. */
export interface Container {
  readonly pod: Pod;
  /** True for one that runs before the others. */
  readonly init: boolean;
  readonly at: Node;
}

/** The pod that an object runs; undefined when it runs none. @throws NotKnownYet */
export function podOf(object: KubernetesObject): Pod | undefined {
  const path = TEMPLATES[object.kind];
  if (path === undefined) return undefined;
  const template = path.reduce((node, key) => node.at(key), object.at);
  return { object, metadata: template.at("metadata"), spec: template.at("spec") };
}

/** All containers of a pod: those that serve, those that run before, those put in for debugging. @throws NotKnownYet */
export function containersOf(pod: Pod): Container[] {
  return (["containers", "initContainers", "ephemeralContainers"] as const).flatMap((key) =>
    pod.spec.list(key).map((at) => ({ pod, at, init: key === "initContainers" })),
  );
}

/** Containers that run as long as the pod: sidecars are init containers that restart. @throws NotKnownYet */
export function servingContainersOf(pod: Pod): Container[] {
  return containersOf(pod).filter(({ init, at }) => !init || at.text("restartPolicy") === "Always");
}

/** What a container is told to run, word by word: its command, then its arguments. @throws NotKnownYet */
export function wordsOf({ at }: Container): string[] {
  return textsOf([...at.list("command"), ...at.list("args")]);
}

/** A variable of a container's environment. */
export interface Variable {
  readonly name: string;
  readonly at: Node;
}

/** Variables with their places; their values may be unknown. @throws NotKnownYet for the list itself */
export function variablesOf({ at }: Container): Variable[] {
  return at.list("env").map((entry) => ({ name: entry.text("name") ?? "", at: entry }));
}

/** The value that a variable is given in clear. @throws NotKnownYet */
export function variable(container: Container, name: string): string | undefined {
  return variablesOf(container)
    .find((each) => each.name === name)
    ?.at.text("value");
}

/** What is no container cannot be judged, and must not pass for that. */
function judgeForm(pod: Pod, key: string, find: Find): void {
  const list = pod.spec.at(key);
  if (!isGiven(list)) return;
  if (!Array.isArray(list.value)) return find("is no list of containers, so nothing can be judged", list);
  forEach(pod.spec.list(key), (at) => {
    const { value } = at;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      find("is no container, so nothing can be judged", at);
  });
}

/** Declares a rule about pods, in whatever object they stand. A pod whose containers are no list is itself a finding. */
export function podRule<const P extends Parameters = Record<never, never>>({
  judge,
  ...rule
}: JudgedBy<P, Pod>): ResourceRule {
  return objectRule<P>({
    ...rule,
    kinds: POD_KINDS,
    judge: (object, find, values) => {
      const pod = podOf(object);
      if (pod === undefined) return;
      inTurn(
        () => forEach(["containers", "initContainers"], (key) => judgeForm(pod, key, find)),
        () => judge(pod, find, values),
      );
    },
  });
}

/** Declares a rule about every container of every pod. */
export function containerRule<const P extends Parameters = Record<never, never>>({
  judge,
  ...rule
}: JudgedBy<P, Container>): ResourceRule {
  return podRule<P>({
    ...rule,
    judge: (pod, find, values) => forEach(containersOf(pod), (container) => judge(container, find, values)),
  });
}
