import { verdict, type Exemption } from "./exemptions.js";
import { NotKnownYet, type Node } from "./node.js";
import { valuesOf } from "./parameters.js";
import type { Rule, Subject } from "./rule.js";

/** One thing that a run says about a rule. */
export interface Report {
  /** violation: at the rule's level; blocking: whatever its level; note: shown, never blocks. */
  readonly kind: "violation" | "blocking" | "note";
  readonly text: string;
  readonly urn?: string | undefined;
  /** Name of the resource that is meant; of a report about the stack, that of the stack. */
  readonly resource: string;
  /** What is wrong where, without reason and remedy. */
  readonly what: string;
  /** The exemption that turned a violation into a note. */
  readonly exemption?: Exemption;
}

/** What the visitor needs to know beside the rule and the resources. */
export interface Circumstances {
  readonly exemptions: readonly Exemption[];
  readonly now: Date;
  /** What the configuration says about the rule's parameters; defaults for the others. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Called for every exemption that was needed, holding or not. */
  readonly used?: (exemption: Exemption) => void;
}

/** True when the rule judges resources of this type one by one. */
export function applies(rule: Rule, type: string): boolean {
  return (
    rule.scope === "resource" &&
    rule.types.some((wanted) => (typeof wanted === "string" ? wanted === type : wanted.test(type)))
  );
}

/**
 * Applies a rule. A rule that throws blocks under its own name; a value that is not known yet is reported and judged again
 * at the update, when it is.
 *
 * @param resources for a rule about single resources, the one to judge
 */
export function visit(rule: Rule, resources: readonly Subject[], circumstances: Circumstances): Report[] {
  const reports: Report[] = [];
  const [single] = resources;
  const values = valuesOf(rule.parameters, circumstances.parameters);
  const add = (problem: string, subject: Subject | undefined, at: Node | string | undefined): void => {
    const blamed = subject ?? { name: stackName(resources), urn: undefined };
    reports.push(judged(rule, problem, blamed, at, circumstances));
  };
  try {
    if (rule.scope === "stack")
      rule.judge(resources, (problem, subject, at) => add(problem, subject, at), values);
    else if (single !== undefined) rule.judge(single, (problem, at) => add(problem, single, at), values);
  } catch (error) {
    const alone = rule.scope === "resource" ? single : undefined;
    const blamed = { urn: alone?.urn, resource: alone?.name ?? stackName(resources) };
    const unknown = error instanceof NotKnownYet;
    const text = unknown
      ? `not known during the preview: ${error.path}. Judged again at the update`
      : `the rule ${rule.id} itself is broken and cannot vouch for anything: ${error instanceof Error ? error.message : String(error)}`;
    reports.push({ kind: unknown ? "note" : "blocking", ...blamed, what: text, text });
  }
  return reports;
}

/** Name of the stack's own resource, `<project>-<stack>`, which every URN tells. */
function stackName([first]: readonly Subject[]): string {
  const [, stack = "", project = ""] = /^urn:pulumi:(.*?)::(.*?)::/.exec(first?.urn ?? "") ?? [];
  return `${project}-${stack}`;
}

function judged(
  rule: Rule,
  problem: string,
  { name, urn }: { readonly name: string; readonly urn: string | undefined },
  at: Node | string | undefined,
  { exemptions, now, used }: Circumstances,
): Report {
  const place = typeof at === "string" ? at : at?.path;
  const what = place === undefined || place === "" ? problem : `${place}: ${problem}`;
  const about = { urn, resource: name, what };
  const found = verdict(exemptions, name, now);
  if (found.kind !== "none") used?.(found.exemption);
  switch (found.kind) {
    case "exempt":
      return {
        kind: "note",
        ...about,
        exemption: found.exemption,
        text: `exempt until ${found.exemption.expires}, because: ${found.exemption.reason.trim()} (${what})`,
      };
    case "expired":
      return {
        kind: "blocking",
        ...about,
        text: `the exemption expired on ${found.exemption.expires} (${found.exemption.reason.trim()}): ${what}. ${rule.fix}`,
      };
    case "unusable":
      return {
        kind: "blocking",
        ...about,
        text: `the exemption cannot be used, ${found.problem}: ${what}. ${rule.fix}`,
      };
    case "none":
      return {
        kind: "violation",
        ...about,
        text: `${what}.\nWhy: ${rule.why}\nFix: ${rule.fix} [${rule.controls.join(", ")}]`,
      };
  }
}
