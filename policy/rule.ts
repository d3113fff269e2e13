import type { Node } from "./node.js";

export type Severity = "low" | "medium" | "high" | "critical";

/** A resource as a rule sees it. */
export interface Subject {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** Inputs. */
  readonly inputs: Node;
  readonly protect: boolean;
  /** Name of its provider, the connection that it is made through. */
  readonly provider?: string | undefined;
  /** Paths of inputs that are Pulumi secrets, such as `.connection.privateKey`; undefined when that cannot be told. */
  readonly secretPaths?: readonly string[] | undefined;
}

/** How a rule says what is wrong; several times for several faults. `at` is the place in the resource. */
export type Find = (problem: string, at?: Node | string) => void;

interface Common {
  /** Stable name, used in configuration and output. */
  readonly id: string;
  /** What holds when the rule is kept, as one sentence. */
  readonly title: string;
  readonly severity: Severity;
  /** What a violation does unless the configuration says otherwise. */
  readonly level: "mandatory" | "advisory";
  /** What goes wrong without it. */
  readonly why: string;
  /** What to do. */
  readonly fix: string;
  /** Ids of controls that ask for it. */
  readonly controls: readonly string[];
}

/** A rule that looks at one resource at a time: it blocks before that resource is made. */
export interface ResourceRule extends Common {
  readonly scope: "resource";
  /** Types that it judges, exact or as a pattern. */
  readonly types: readonly (string | RegExp)[];
  readonly judge: (resource: Subject, find: Find) => void;
}

/** A rule that looks at all resources together: it blocks a preview, and an update after its preview. */
export interface StackRule extends Common {
  readonly scope: "stack";
  /** `find` takes the resource that is to blame, if one is. */
  readonly judge: (
    resources: readonly Subject[],
    find: (problem: string, resource?: Subject, at?: Node | string) => void,
  ) => void;
}

export type Rule = ResourceRule | StackRule;

/** Declares a rule about single resources. */
export function resourceRule(rule: Omit<ResourceRule, "scope">): ResourceRule {
  return { scope: "resource", ...rule };
}

/** Declares a rule about the stack. */
export function stackRule(rule: Omit<StackRule, "scope">): StackRule {
  return { scope: "stack", ...rule };
}

/** Runs a step for each item, so that one unknown value does not hide what is wrong with the others. */
export function forEach<T>(items: readonly T[], step: (item: T, index: number) => void): void {
  let unknown: unknown;
  items.forEach((item, index) => {
    try {
      step(item, index);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "NotKnownYet") throw error;
      unknown ??= error;
    }
  });
  if (unknown !== undefined) throw unknown as Error;
}
