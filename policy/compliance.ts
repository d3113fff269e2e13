import { controlParts, FRAMEWORK_NAMES, FRAMEWORKS, type FrameworkName } from "./controls.js";
import type { Judgement } from "./judgement.js";
import type { Rule } from "./rule.js";

/** How a control stands: violated weighs more than open, open more than kept. */
export type ControlState =
  /** A rule that answers it found a violation. */
  | "violated"
  /** A value is not known, or an exemption stands in for the rule. */
  | "open"
  /** Every rule that judged something found nothing. */
  | "kept"
  /** No rule that answers it had anything to judge. */
  | "not judged";

export interface ControlRow {
  readonly id: string;
  readonly asks: string;
  /** Rules that answer it. */
  readonly rules: readonly string[];
  /** Without a judgement there is none. */
  readonly state?: ControlState;
}

export interface FrameworkTable {
  readonly framework: FrameworkName;
  readonly title: string;
  readonly controls: readonly ControlRow[];
}

/** Which rules answer which control, framework by framework; with a judgement, how each control stands. */
export function complianceOf(rules: readonly Rule[], judgement?: Judgement): FrameworkTable[] {
  return FRAMEWORK_NAMES.map((framework) => {
    const answers = new Map<string, Rule[]>();
    for (const rule of rules)
      for (const control of rule.controls) {
        const parts = controlParts(control);
        if (parts.framework !== framework) continue;
        answers.set(parts.id, [...(answers.get(parts.id) ?? []), rule]);
      }
    const asks: Readonly<Record<string, string>> = FRAMEWORKS[framework].asks;
    // The order of the catalogue.
    const controls = Object.keys(asks).flatMap((id): ControlRow[] => {
      const answering = answers.get(id);
      if (answering === undefined) return [];
      const row = { id, asks: asks[id] ?? "", rules: answering.map((rule) => rule.id) };
      return [judgement === undefined ? row : { ...row, state: stateOf(answering, judgement) }];
    });
    return { framework, title: FRAMEWORKS[framework].title, controls };
  });
}

function stateOf(rules: readonly Rule[], judgement: Judgement): ControlState {
  const judged = judgement.rules.filter(({ rule }) => rules.includes(rule));
  const findings = judged.flatMap((each) => each.findings);
  if (findings.some(({ kind }) => kind !== "note")) return "violated";
  if (findings.length > 0) return "open";
  return judged.some(({ resources }) => resources > 0) ? "kept" : "not judged";
}
