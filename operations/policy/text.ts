import { controlParts, type FrameworkTable, type Judgement, type Rule } from "../../policy/offline.js";

const RANK = { critical: 0, high: 1, medium: 2, low: 3 } as const;

/** Rules by severity, the worst first; within one, in the order of the table. */
export function bySeverity(rules: readonly Rule[]): Rule[] {
  return rules.toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
}

/** Everything about one rule, for people. */
export function explanation(rule: Rule): string {
  const types =
    rule.scope === "stack"
      ? "the stack as a whole"
      : rule.types.map((type) => (typeof type === "string" ? type : `types like ${type.source}`)).join(", ");
  const parameters = Object.entries(rule.parameters ?? {}).map(
    ([name, { what, unit, default: value, minimum, maximum }]) =>
      `  ${name}: ${what}; default ${value}${unit === "" ? "" : ` ${unit}`}, at least ${minimum}${maximum === undefined ? "" : `, at most ${maximum}`}`,
  );
  const controls = rule.controls.map((control) => `  ${control}: ${controlParts(control).asks}`);
  return [
    `${rule.id} (${rule.severity}, ${rule.level})`,
    rule.title,
    `Why: ${rule.why}`,
    `Fix: ${rule.fix}`,
    `About: ${types}`,
    ...(parameters.length === 0 ? [] : ["Parameters:", ...parameters]),
    "Controls:",
    ...controls,
    "Exception, in the file for --policy-pack-config:",
    `  { "${rule.id}": { "exemptions": [{ "resource": "<name>", "reason": "<ten characters or more>", "expires": "<YYYY-MM-DD>" }] } }`,
  ].join("\n");
}

const escaped = (text: string): string =>
  text.replaceAll("|", "\\|").replaceAll("<", "\\<").replaceAll("\n", " ");

function row(...cells: readonly (string | number)[]): string {
  return `| ${cells.map((each) => escaped(String(each))).join(" | ")} |`;
}

/** The report in Markdown: verdict, findings, exemptions, compliance by framework. */
export function markdown(source: string, judgement: Judgement, tables: readonly FrameworkTable[]): string {
  const findings = judgement.rules.flatMap((judged) => judged.findings);
  const wrong = findings.filter(({ kind }) => kind !== "note");
  const exempt = findings.filter(({ exemption, kind }) => kind === "note" && exemption !== undefined);
  const open = findings.filter(({ exemption, kind }) => kind === "note" && exemption === undefined);
  const disabled = judgement.rules.filter(({ enabled }) => !enabled).map(({ rule }) => `\`${rule.id}\``);
  const blocking = wrong.filter(({ blocks }) => blocks).length;
  const about = (urn: string | undefined): string => urn?.split("::").slice(-2).join(" ") ?? "the stack";
  const section = (title: string, head: readonly string[], rows: readonly string[]): string[] =>
    rows.length === 0
      ? []
      : [`## ${title}`, [row(...head), row(...head.map(() => "---")), ...rows].join("\n")];
  return [
    "# Policy report",
    `${escaped(source)}: ${judgement.resources} resources, ${judgement.rules.length - disabled.length} rules. **${
      judgement.passes ? "Nothing blocks." : `${blocking} findings block.`
    }** ${wrong.length - blocking} more are advised, ${exempt.length} are exempt, ${open.length} could not be judged.`,
    ...(disabled.length === 0 ? [] : [`Disabled: ${disabled.join(", ")}.`]),
    ...section(
      "Findings",
      ["rule", "severity", "level", "resource", "finding"],
      wrong.map(({ rule, level, kind, urn, text }) =>
        row(`\`${rule.id}\``, rule.severity, kind === "blocking" ? "blocks" : level, about(urn), text),
      ),
    ),
    ...section(
      "Exemptions in use",
      ["rule", "resource", "until, why and what"],
      exempt.map(({ rule, urn, text }) => row(`\`${rule.id}\``, about(urn), text)),
    ),
    ...section(
      "Not judged, because a value is not known",
      ["rule", "resource", "value"],
      open.map(({ rule, urn, text }) => row(`\`${rule.id}\``, about(urn), text)),
    ),
    ...section(
      "Exemptions that nothing needs",
      ["rule", "resource", "reason"],
      judgement.unused.map(({ rule, exemption }) => row(`\`${rule}\``, exemption.resource, exemption.reason)),
    ),
    ...tables.flatMap(({ title, controls }) =>
      section(
        title,
        ["control", "asks for", "state", "answered by"],
        controls.map(({ id, asks, state = "", rules }) => row(id, asks, state, rules.join(", "))),
      ),
    ),
    "A rule answers a part of a control; the table is a pointer for auditors, not a certificate.",
  ].join("\n\n");
}
