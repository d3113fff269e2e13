import type { Control } from "./controls.js";
import type { Node } from "./node.js";
import type { Parameters, Values } from "./parameters.js";

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
  /** Controls that ask for it. */
  readonly controls: readonly Control[];
  /** Thresholds that the configuration may change. */
  readonly parameters?: Parameters;
}

/** A rule that looks at one resource at a time: it blocks before that resource is made. */
export interface ResourceRule extends Common {
  readonly scope: "resource";
  /** Types that it judges, exact or as a pattern. */
  readonly types: readonly (string | RegExp)[];
  readonly judge: (resource: Subject, find: Find, values: Readonly<Record<string, number>>) => void;
}

/** As {@link Find}, with the resource that is to blame, if one is. */
export type FindInStack = (problem: string, resource?: Subject, at?: Node | string) => void;

/** A rule that looks at all resources together: it blocks a preview, and an update after its preview. */
export interface StackRule extends Common {
  readonly scope: "stack";
  /** Which resources it is about; without any it has nothing to judge. @default every one */
  readonly about?: (resource: Subject) => boolean;
  readonly judge: (
    resources: readonly Subject[],
    find: FindInStack,
    values: Readonly<Record<string, number>>,
  ) => void;
}

export type Rule = ResourceRule | StackRule;

/** A rule as it is declared: its judge gets the values of exactly the parameters that it declares. */
type Declared<R extends Rule, P extends Parameters, Judge> = Omit<R, "scope" | "parameters" | "judge"> & {
  readonly parameters?: P;
  readonly judge: Judge;
};

/** Declares a rule about single resources. */
export function resourceRule<const P extends Parameters = Record<never, never>>(
  rule: Declared<ResourceRule, P, (resource: Subject, find: Find, values: Values<P>) => void>,
): ResourceRule {
  // Whoever calls it takes the values from `valuesOf`, which gives all of them.
  return { scope: "resource", ...rule, judge: rule.judge as ResourceRule["judge"] };
}

/** Declares a rule about the stack. */
export function stackRule<const P extends Parameters = Record<never, never>>(
  rule: Declared<StackRule, P, (resources: readonly Subject[], find: FindInStack, values: Values<P>) => void>,
): StackRule {
  return { scope: "stack", ...rule, judge: rule.judge as StackRule["judge"] };
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
