import { texts } from "../policy/facts.js";
import {
  judgeStack,
  type Exemption,
  type Finding as RuleFinding,
  type Rule,
  type RuleConfiguration,
  type Severity,
  type Subject,
} from "../policy/index.js";
import { Node } from "../policy/node.js";
import { isSecret } from "../policy/secret-paths.js";
import type { DeclaredResource } from "./monitor.js";
import { holdsPlaceholder } from "./placeholders.js";

/** Something that breaks a rule. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** Whether it blocks. */
  readonly level: "mandatory" | "advisory";
  /** Name of the resource; of a finding about the stack, that of the stack. */
  readonly resource: string;
  readonly problem: string;
  readonly why: string;
  readonly fix: string;
  readonly controls: readonly string[];
}

/** An exemption that keeps findings from blocking. */
export interface ExemptionInForce extends Exemption {
  readonly rule: string;
  /** Findings that it covers. */
  readonly findings: number;
}

/** A rule that cannot be judged before the update, because of values that nobody knows yet. */
export interface Undecided {
  readonly rule: string;
  readonly resource: string;
  readonly text: string;
}

export interface Judgement {
  /** Those that block first. */
  readonly findings: readonly Finding[];
  readonly exemptions: readonly ExemptionInForce[];
  /** Exemptions that no finding needs. */
  readonly unused: readonly (Exemption & { readonly rule: string })[];
  readonly undecided: readonly Undecided[];
}

/** Judges resources by the rules of the pack, as the engine has them judged in a preview. */
export function judge(
  rules: readonly Rule[],
  resources: readonly DeclaredResource[],
  configured: (rule: Rule) => RuleConfiguration,
  now: Date,
): Judgement {
  const subjects = resources.map(subjectOf);
  const judged = judgeStack(rules, subjects, configured, now);
  const reports = judged.rules.flatMap(({ findings }) => findings);
  const broken = reports.filter(({ kind }) => kind !== "note").map(findingOf);
  return {
    findings: [...subjects.flatMap(placeholdersInClear), ...broken].toSorted((a, b) => rank(a) - rank(b)),
    exemptions: exemptionsInForce(reports),
    unused: judged.unused.map(({ rule, exemption }) => ({ ...exemption, rule })),
    undecided: reports
      .filter(({ kind, exemption }) => kind === "note" && exemption === undefined)
      .map(({ rule, resource, text }) => ({ rule: rule.id, resource, text })),
  };
}

function findingOf({ rule, level, blocks, kind, resource, what, text }: RuleFinding): Finding {
  const { id, severity, why, fix, controls } = rule;
  // What blocks whatever its level says in its own text why.
  const problem = kind === "blocking" ? text : what;
  return { rule: id, severity, level: blocks ? "mandatory" : level, resource, problem, why, fix, controls };
}

function exemptionsInForce(reports: readonly RuleFinding[]): ExemptionInForce[] {
  const covered = new Map<Exemption, ExemptionInForce>();
  for (const { rule, exemption } of reports) {
    if (exemption === undefined) continue;
    const findings = (covered.get(exemption)?.findings ?? 0) + 1;
    covered.set(exemption, { ...exemption, rule: rule.id, findings });
  }
  return [...covered.values()].toSorted((a, b) => a.expires.localeCompare(b.expires));
}

const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low"];

function rank({ level, severity }: Finding): number {
  return (level === "mandatory" ? 0 : SEVERITIES.length) + SEVERITIES.indexOf(severity);
}

/** A resource as a rule sees it. */
function subjectOf({ type, name, urn, inputs, protect, provider, secretPaths }: DeclaredResource): Subject {
  return { type, name, urn, inputs: new Node(inputs), protect, provider, secretPaths };
}

/** Name of the check that no rule of the pack can make: real secrets have no mark. */
export const PLACEHOLDER_RULE = "placeholder-in-clear";

/** Secrets are placeholders here, so one that left its wrapper on the way is known by its text, whatever its shape or place. */
export function placeholdersInClear(subject: Subject): Finding[] {
  const places = texts(subject)
    .filter(({ text, at }) => holdsPlaceholder(text) && !isSecret(at.path, subject.secretPaths ?? []))
    .map(({ at }) => at.path);
  return [...new Set(places)].map((path) => ({
    rule: PLACEHOLDER_RULE,
    severity: "critical",
    level: "mandatory",
    resource: subject.name,
    problem: `${path}: a secret of the configuration arrives here in clear`,
    why: "It would stand in the state, in previews and in logs.",
    fix: "keep it within pulumi.secret(...) and outputs made from it.",
    controls: ["PCI DSS 8.6", "SOC 2 CC6.1", "ISO 27001 A.8.24"],
  }));
}
