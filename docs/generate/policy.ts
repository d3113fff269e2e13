import { RULES } from "../../policy/rules.js";

const INTRODUCTION = `# Policy pack

Written by \`npm run docs\` from the table of rules (\`policy/rules.ts\`); a test fails when it is not up to date.

    pulumi up --policy-pack node_modules/pgkeep/policy     # from the package; in this repository: --policy-pack policy

A rule judges resources, whoever declares them: stacks written by hand too. \`mandatory\` blocks, \`advisory\` warns. A rule about a resource
blocks before that resource is made; a rule about the stack blocks the preview. An exception is configured with the
resource, a reason of at least ten characters and the last day on which it holds; an expired or unusable one is reported and does
not count. A finding about the whole stack is the stack's own: its resource is \`<project>-<stack>\`, such as \`pgkeep-kvm-prod\`:

    pulumi preview --policy-pack policy --policy-pack-config exceptions.json

    { "volume-encrypted": { "exemptions": [
        { "resource": "orders-*", "reason": "LUKS below the storage pool", "expires": "2027-06-30" } ] } }

"Controls" names what asks for the rule; it is a pointer for auditors, not a certificate.`;

/** The page in Markdown. */
export function policyPage(): string {
  const cell = (text: string): string =>
    text.replaceAll("|", "\\|").replaceAll("<", "\\<").replace(/\s+/g, " ");
  const rows = RULES.map(
    ({ id, title, severity, level, scope, why, fix, controls }) =>
      `| \`${id}\` | ${cell(title)} | ${severity}, ${level} | ${scope} | ${cell(why)} | ${cell(fix)} | ${controls.join("; ")} |`,
  );
  return `${[
    INTRODUCTION,
    "<!-- prettier-ignore-start -->",
    [
      "| rule | what holds | severity, level | about | why | what to do | controls |",
      "| --- | --- | --- | --- | --- | --- | --- |",
      ...rows,
    ].join("\n"),
    "<!-- prettier-ignore-end -->",
  ].join("\n\n")}\n`;
}
