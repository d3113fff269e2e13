import type { RuleConfiguration } from "./configuration.js";
import type { Exemption } from "./exemptions.js";
import type { Rule, Subject } from "./rule.js";
import { applies, visit, type Report } from "./visitor.js";

/** What a run found about one rule. */
export interface Finding extends Report {
  readonly rule: Rule;
  /** Level of the rule in this run. */
  readonly level: "mandatory" | "advisory";
  /** True when an update with the pack would stop here. */
  readonly blocks: boolean;
}

/** A rule in a run. */
export interface Judged {
  readonly rule: Rule;
  /** Disabled rules judge nothing. */
  readonly enabled: boolean;
  /** How many resources it was about. */
  readonly resources: number;
  readonly findings: readonly Finding[];
}

export interface Judgement {
  readonly resources: number;
  readonly rules: readonly Judged[];
  /** Exemptions that nothing needs. */
  readonly unused: readonly { readonly rule: string; readonly exemption: Exemption }[];
  /** True when nothing would stop an update. */
  readonly passes: boolean;
}

/** Judges the resources of a stack outside the engine, with the same rules and the same visitor. */
export function judgeStack(
  rules: readonly Rule[],
  resources: readonly Subject[],
  configured: (rule: Rule) => RuleConfiguration,
  now: Date,
): Judgement {
  const unused: { rule: string; exemption: Exemption }[] = [];
  const judged = rules.map((rule): Judged => {
    const { level, exemptions, parameters } = configured(rule);
    const asked =
      rule.scope === "stack"
        ? resources.filter(rule.about ?? (() => true))
        : resources.filter(({ type }) => applies(rule, type));
    if (level === "disabled") return { rule, enabled: false, resources: 0, findings: [] };
    const needed = new Set<Exemption>();
    const circumstances = {
      exemptions,
      parameters,
      now,
      used: (exemption: Exemption) => void needed.add(exemption),
    };
    const groups = rule.scope === "stack" ? [resources] : asked.map((each) => [each]);
    const findings = groups
      .flatMap((group) => visit(rule, group, circumstances))
      .map((report): Finding => {
        const blocks = report.kind === "blocking" || (report.kind === "violation" && level === "mandatory");
        return { ...report, rule, level, blocks };
      });
    unused.push(
      ...exemptions
        .filter((exemption) => !needed.has(exemption))
        .map((exemption) => ({ rule: rule.id, exemption })),
    );
    return { rule, enabled: true, resources: asked.length, findings };
  });
  const passes = judged.every(({ findings }) => findings.every(({ blocks }) => !blocks));
  return { resources: resources.length, rules: judged, unused, passes };
}
