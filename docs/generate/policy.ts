import { complianceOf, FRAMEWORKS } from "../../policy/offline.js";
import { RULES } from "../../policy/rules.js";

const INTRODUCTION = `# Policy pack

Written by \`npm run docs\` from the table of rules (\`policy/rules.ts\`); a test fails when it is not up to date.

    pulumi up --policy-pack node_modules/pgkeep/policy     # from the package; in this repository: --policy-pack policy
    pgkeep policy list | explain <rule> | report <file>    # without the engine

A rule judges resources, whoever declares them: stacks written by hand too. \`mandatory\` blocks, \`advisory\` warns. A rule about a resource
blocks before that resource is made; a rule about the stack blocks the preview. A value that a preview does not know is reported
as a note and judged again at the update; a rule that breaks blocks under its own name.

## Configuration

    pulumi preview --policy-pack policy --policy-pack-config exceptions.json

    { "vm-tpm": "disabled",
      "backup-kept": { "enforcementLevel": "mandatory", "days": 14 },
      "volume-encrypted": { "exemptions": [
        { "resource": "orders-*", "reason": "LUKS below the storage pool", "expires": "2027-06-30" } ] } }

An exemption takes the resource, a reason of at least ten characters and the last day on which it holds. It is printed in every
run; an expired or unusable one blocks, one that nothing needs is reported. A finding about the whole stack is the stack's own:
its resource is \`<project>-<stack>\`, such as \`pgkeep-kvm-prod\`.

## Report

\`pgkeep policy report <file>\` judges the resources in the output of \`pulumi preview --json\` or \`pulumi stack export\` with the same
rules, as Markdown, JSON or SARIF 2.1.0, and fails when something blocks. What such a file hides, such as a secret, is a note.

"Controls" names what asks for the rule; it is a pointer for auditors, not a certificate.`;

const cell = (text: string): string =>
  text.replaceAll("|", "\\|").replaceAll("<", "\\<").replace(/\s+/g, " ");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function rules(): string {
  return table(
    ["rule", "what holds", "severity, level", "about", "why", "what to do", "controls"],
    RULES.map(({ id, title, severity, level, scope, why, fix, controls }) => [
      ...[`\`${id}\``, cell(title), `${severity}, ${level}`, scope, cell(why), cell(fix)],
      controls.join("; "),
    ]),
  );
}

function parameters(): string {
  return table(
    ["rule", "parameter", "what", "default", "allowed"],
    RULES.flatMap(({ id, parameters: own = {} }) =>
      Object.entries(own).map(([name, { what, unit, default: value, minimum, maximum }]) => [
        ...[`\`${id}\``, `\`${name}\``, cell(what)],
        unit === "" ? String(value) : `${value} ${unit}`,
        maximum === undefined ? `${minimum} or more` : `${minimum} to ${maximum}`,
      ]),
    ),
  );
}

function compliance(): string[] {
  return complianceOf(RULES)
    .filter(({ controls }) => controls.length > 0)
    .flatMap(({ framework, title, controls }) => [
      `### ${title}`,
      `${FRAMEWORKS[framework].source}. What a control asks for is said in our words.`,
      table(
        ["control", "asks for", "answered by"],
        controls.map(({ id, asks, rules: answering }) => [
          id,
          cell(asks),
          answering.map((rule) => `\`${rule}\``).join(", "),
        ]),
      ),
    ]);
}

/** The page in Markdown. */
export function policyPage(): string {
  return `${[
    INTRODUCTION,
    "<!-- prettier-ignore-start -->",
    "## Rules",
    rules(),
    "## Parameters",
    parameters(),
    "## Which rules answer which control",
    ...compliance(),
    "<!-- prettier-ignore-end -->",
  ].join("\n\n")}\n`;
}
