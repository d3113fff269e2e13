import type { Declared, Environment } from "../environment.js";
import { formatPath, showValue, type Problem } from "../errors.js";
import type { Kubernetes } from "../kubernetes.js";
import type { Kvm } from "../kvm.js";
import type { Vmware } from "../vmware.js";

/** The sections of all platforms; an environment has those of one. */
export interface Sections extends Declared {
  readonly platform: Environment["platform"];
  readonly kvm: Kvm;
  readonly vmware: Vmware;
  readonly kubernetes: Kubernetes;
}

/** A contradiction that one section alone cannot show. */
export interface Check {
  /** Sections that must be valid before the check can speak. */
  readonly needs: readonly (keyof Sections)[];
  /** Appends what it finds. Sections outside `needs` may be absent. */
  readonly find: (environment: Sections, problems: Problem[]) => void;
}

/** Records a problem at a path. */
export function report(
  problems: Problem[],
  path: readonly PropertyKey[],
  value: unknown,
  problem: string,
  remedy: string,
): void {
  problems.push({ path: formatPath(path), value: showValue(path, value), problem, remedy });
}

/** Reports every value that occurs a second time; `what` says what must be unique. */
export function reportRepeated(
  problems: Problem[],
  values: readonly string[],
  path: (index: number) => readonly PropertyKey[],
  what: string,
): void {
  const seen = new Set<string>();
  values.forEach((value, index) => {
    if (seen.has(value))
      report(problems, path(index), value, `is used twice as ${what}`, "another, unique one");
    seen.add(value);
  });
}

/** "a or b", or words for an empty choice. */
export function choice(values: readonly string[]): string {
  return values.length === 0 ? "(none is declared)" : [...new Set(values)].join(" or ");
}
