import { verdict, type Exemption } from "./exemptions.js";
import { NotKnownYet, type Node } from "./node.js";
import type { Rule, Subject } from "./rule.js";

/** One thing that a run says about a rule. */
export interface Report {
  /** violation: at the rule's level; blocking: whatever its level; note: shown, never blocks. */
  readonly kind: "violation" | "blocking" | "note";
  readonly text: string;
  readonly urn?: string | undefined;
}

/** What the visitor needs to know beside the rule and the resources. */
export interface Circumstances {
  readonly exemptions: readonly Exemption[];
  readonly now: Date;
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
  const add = (problem: string, subject: Subject | undefined, at: Node | string | undefined): void => {
    const blamed = subject ?? { name: stackName(resources), urn: undefined };
    reports.push(judged(rule, problem, blamed, at, circumstances));
  };
  try {
    if (rule.scope === "stack") rule.judge(resources, (problem, subject, at) => add(problem, subject, at));
    else if (single !== undefined) rule.judge(single, (problem, at) => add(problem, single, at));
  } catch (error) {
    const urn = rule.scope === "resource" ? single?.urn : undefined;
    if (error instanceof NotKnownYet)
      reports.push({
        kind: "note",
        urn,
        text: `not known during the preview: ${error.path}. Judged again at the update`,
      });
    else
      reports.push({
        kind: "blocking",
        urn,
        text: `the rule ${rule.id} itself is broken and cannot vouch for anything: ${error instanceof Error ? error.message : String(error)}`,
      });
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
  const found = verdict(exemptions, name, now);
  if (found.kind !== "none") used?.(found.exemption);
  switch (found.kind) {
    case "exempt":
      return {
        kind: "note",
        urn,
        text: `exempt until ${found.exemption.expires}, because: ${found.exemption.reason.trim()} (${what})`,
      };
    case "expired":
      return {
        kind: "blocking",
        urn,
        text: `the exemption expired on ${found.exemption.expires} (${found.exemption.reason.trim()}): ${what}. ${rule.fix}`,
      };
    case "unusable":
      return {
        kind: "blocking",
        urn,
        text: `the exemption cannot be used, ${found.problem}: ${what}. ${rule.fix}`,
      };
    case "none":
      return {
        kind: "violation",
        urn,
        text: `${what}.\nWhy: ${rule.why}\nFix: ${rule.fix} [${rule.controls.join(", ")}]`,
      };
  }
}
