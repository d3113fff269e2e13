import type { Finding, Judgement } from "../judge.js";
import { code, escaped, folded, table } from "./escape.js";

/** Findings with what to do, exemptions in force, and what nobody can judge yet. */
export function policySection({ findings, exemptions, unused, undecided }: Judgement): string {
  return [
    "### Policy",
    findings.length === 0
      ? "No rule is broken."
      : table(["", "rule", "resource", "what is wrong", "why", "what to do"], findings.map(findingCells)),
    ...(exemptions.length === 0
      ? []
      : [
          "**Exemptions in force**",
          table(
            ["rule", "resource", "last day", "findings", "reason"],
            exemptions.map(({ rule, resource, expires, findings: covered, reason }) => [
              code(rule),
              code(resource),
              code(expires),
              `${covered}`,
              escaped(reason),
            ]),
          ),
        ]),
    ...unused.map(
      ({ rule, resource }) =>
        `- The exemption of ${code(resource)} from ${code(rule)} matches no finding: remove it.`,
    ),
    ...(undecided.length === 0
      ? []
      : [
          folded(
            `${undecided.length} judgements wait for the update: values that nobody knows yet`,
            undecidedLines(undecided),
          ),
        ]),
  ].join("\n\n");
}

/** One line for all resources that a rule says the same of. */
function undecidedLines(undecided: Judgement["undecided"]): string {
  const lines = new Map<string, { readonly head: string; readonly text: string; readonly on: string[] }>();
  for (const { rule, resource, text } of undecided) {
    const key = `${rule} ${text}`;
    const line = lines.get(key) ?? { head: code(rule), text: escaped(text), on: [] };
    line.on.push(code(resource));
    lines.set(key, line);
  }
  return [...lines.values()].map(({ head, text, on }) => `- ${head} on ${on.join(", ")}: ${text}`).join("\n");
}

function findingCells({ level, severity, rule, resource, problem, why, fix, controls }: Finding): string[] {
  return [
    `${level === "mandatory" ? "**blocks**" : "advises"}, ${severity}`,
    code(rule),
    code(resource),
    escaped(problem),
    escaped(why),
    `${escaped(fix)} ${escaped(`(${controls.join(", ")})`)}`,
  ];
}
