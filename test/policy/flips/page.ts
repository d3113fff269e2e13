import { join } from "node:path";
import { RULES } from "../../../policy/index.js";
import { compliantOf } from "../rules-table/compliant.js";
import { RULE_TABLE } from "../rules-table/index.js";
import { NEUTRAL, type Outcome } from "./caught.js";

export const PAGE = join("docs", "policy-mutations.md");

const INTRODUCTION = `# Policy pack: what it catches

Written from the tests (\`test/policy/flips/\`, \`test/policy/rules-table/\`) by \`PGKEEP_WRITE_PAGE=1 npx mocha test/policy/flips/*.test.ts\`; a test
fails when it is not up to date.

Every environment of this repository is declared whole, as an update sees it. Then one property of one resource gets one unsafe
value, and the pack judges again: a new finding of a named rule, mandatory or advisory, is what counts. Every other leaf of every
resource is listed at the end with the reason why its value is of no weight; a leaf in neither table fails the test. Inside
texts (settings of PostgreSQL, Patroni, etcd, pgBackRest, filters, style sheets, cloud-init, base64 and gzip included) the
properties are those named here, wherever they stand.`;

const cell = (text: string): string =>
  text.replaceAll("|", "\\|").replaceAll("<", "\\<").replace(/\s+/g, " ");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The kinds of a pattern of types, such as `Domain, Volume`. */
function kinds({ source }: RegExp): string {
  const known: readonly (readonly [RegExp, string])[] = [
    [/PostgresCluster/, "declaration"],
    [/command:.*ConfigMap/, "texts"],
    [/^\^command:remote/, "remote command"],
    [/^\^command/, "command"],
  ];
  const named = known.find(([pattern]) => pattern.test(source))?.[1];
  if (named !== undefined) return named;
  const words = source.match(/[A-Z]\w+/g) ?? source.match(/(?<=providers:)\w+/g);
  return [...new Set(words ?? [source.replace(/[\^$\\?:]/g, "")])].join(", ");
}

function environments(outcomes: ReadonlyMap<string, readonly Outcome[]>): string {
  const sum = (each: readonly Outcome[], of: (outcome: Outcome) => number): number =>
    each.reduce((all, outcome) => all + of(outcome), 0);
  const rows = [...outcomes].map(([name, each]) => {
    const [count, missed] = [sum(each, (one) => one.count), sum(each, (one) => one.missed.length)];
    return [
      `\`${name}\``,
      String(each.filter((one) => one.count > 0).length),
      String(count),
      `${count - missed} (${((100 * (count - missed)) / count).toFixed(0)} %)`,
      String(new Set(each.flatMap((one) => [...one.rules])).size),
    ];
  });
  return table(["environment", "properties and values", "flips", "caught", "rules that caught them"], rows);
}

function flips(outcomes: ReadonlyMap<string, readonly Outcome[]>): string {
  const all = [...outcomes.values()];
  const rows = (all[0] ?? []).map(({ flip }, i) => {
    const each = all.flatMap((list) => list[i] ?? []);
    const count = each.reduce((sum, one) => sum + one.count, 0);
    const missed = each.reduce((sum, one) => sum + one.missed.length, 0);
    const rules = [...new Set(each.flatMap((one) => [...one.rules]))].toSorted();
    return [
      kinds(flip.on),
      `\`${flip.path.replaceAll("|", "\\|")}\``,
      cell(flip.to),
      `${count - missed} of ${count}`,
      rules.map((rule) => `\`${rule}\``).join(", "),
    ];
  });
  return table(["resource", "property", "becomes", "caught", "by"], rows);
}

function rules(): string {
  const rows = RULES.map(({ id }) => {
    const row = RULE_TABLE.find(({ rule }) => rule === id);
    return [
      `\`${id}\``,
      String(row === undefined ? 0 : compliantOf(row).length),
      String(row?.violating.length ?? 0),
    ];
  });
  return table(["rule", "resources or stacks that keep it", "that break it"], rows);
}

function neutral(): string {
  return table(
    ["resource", "properties", "why"],
    NEUTRAL.map(({ on, path, why }) => [kinds(on), `\`${path.source.replaceAll("|", "\\|")}\``, cell(why)]),
  );
}

/** The page in Markdown. */
export function mutationsPage(outcomes: ReadonlyMap<string, readonly Outcome[]>): string {
  return `${[
    INTRODUCTION,
    "<!-- prettier-ignore-start -->",
    "## Environments",
    environments(outcomes),
    "`kubernetes` is the sample of the tests; the other names are those of `Pulumi.<name>.yaml`.",
    "## Flips",
    flips(outcomes),
    "## Rules",
    `${RULES.length} rules, each with what keeps it and what breaks it.`,
    rules(),
    "## Of no weight",
    neutral(),
    "<!-- prettier-ignore-end -->",
  ].join("\n\n")}\n`;
}
