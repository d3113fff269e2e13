import { writeFileSync } from "node:fs";
import { Option, type Command } from "commander";
import {
  complianceOf,
  FRAMEWORK_NAMES,
  judgeStack,
  RULES,
  subjectsIn,
  type Finding,
  type FrameworkName,
  type Judgement,
  type Rule,
  type Severity,
  type Subject,
} from "../../policy/offline.js";
import { parseNow, type GlobalOptions } from "../context.js";
import { EXIT, messageOf, UsageError, type ExitCode } from "../errors.js";
import { output } from "../output.js";
import { configuredBy, readJson } from "../policy/configuration.js";
import { sarif } from "../policy/sarif.js";
import { bySeverity, explanation, markdown } from "../policy/text.js";
import { codeVersion } from "../jobs/recovery/evidence.js";
import { guarded } from "./run.js";
import { table } from "./text.js";

const FORMATS = ["markdown", "json", "sarif"] as const;

interface ListOptions {
  readonly framework?: FrameworkName;
  readonly severity?: Severity;
}

interface ReportOptions {
  readonly config?: string;
  readonly format: (typeof FORMATS)[number];
  readonly out?: string;
}

export function register(program: Command): void {
  const policy = program
    .command("policy")
    .description("The rules of the policy pack, and what they say about a stack without the engine.");
  policy
    .command("list")
    .description("Names every rule, the worst first.")
    .addOption(
      new Option("--framework <name>", "rules that answer one of its controls").choices(FRAMEWORK_NAMES),
    )
    .addOption(
      new Option("--severity <level>", "rules of this severity").choices([
        "critical",
        "high",
        "medium",
        "low",
      ]),
    )
    .action(guarded(list));
  policy
    .command("explain")
    .description(
      "Says what a rule wants, why, how to keep it, which controls ask for it, and what can be configured.",
    )
    .argument("<rule>", "id of the rule")
    .action(guarded(explain));
  policy
    .command("report")
    .description(
      "Judges the resources in the output of `pulumi preview --json` or `pulumi stack export`; fails when something blocks.",
    )
    .argument("<file>", "the output")
    .option("--config <file>", "levels, parameters and exemptions, as for --policy-pack-config")
    .addOption(new Option("--format <name>", "form of the report").choices(FORMATS).default("markdown"))
    .option("--out <file>", "write it there instead of to standard output")
    .action(guarded(report));
}

async function list(global: GlobalOptions, { framework, severity }: ListOptions): Promise<ExitCode> {
  const rules = bySeverity(RULES)
    .filter((rule) => severity === undefined || rule.severity === severity)
    .filter(
      ({ controls }) =>
        framework === undefined || controls.some((control) => control.startsWith(`${framework} `)),
    );
  output(global.json).result(
    { ok: true, rules: rules.map(documentOf) },
    table(
      ["rule", "severity", "level", "what holds"],
      rules.map(({ id, severity: worst, level, title }) => [id, worst, level, title]),
    ),
  );
  return EXIT.ok;
}

async function explain(global: GlobalOptions, _options: object, id: string): Promise<ExitCode> {
  const rule = RULES.find((each) => each.id === id);
  if (rule === undefined) {
    const near = RULES.filter((each) => id.split("-").some((word) => each.id.split("-").includes(word)));
    throw new UsageError(
      `there is no rule ${id}`,
      near.length === 0 ? "pgkeep policy list" : near.map((each) => each.id).join(", "),
    );
  }
  output(global.json).result({ ok: true, ...documentOf(rule) }, explanation(rule));
  return EXIT.ok;
}

/** A rule as data; patterns of types as their source. */
function documentOf(rule: Rule): object {
  const { judge: _, ...data } = rule;
  return "types" in data
    ? { ...data, types: data.types.map((type) => (typeof type === "string" ? type : type.source)) }
    : data;
}

async function report(global: GlobalOptions, options: ReportOptions, file: string): Promise<ExitCode> {
  const resources = resourcesIn(file);
  const configured = configuredBy(options.config);
  const judgement = judgeStack(RULES, resources, configured, parseNow(global.now) ?? new Date());
  const format = global.json ? "json" : options.format;
  const text = rendered(file, judgement, format);
  if (options.out !== undefined && !global.dryRun) {
    writeFileSync(options.out, `${text}\n`);
    output(global.json).result({ ok: judgement.passes, out: options.out }, `the report is ${options.out}`);
  } else process.stdout.write(`${text}\n`);
  return judgement.passes ? EXIT.ok : EXIT.failed;
}

function rendered(file: string, judgement: Judgement, format: ReportOptions["format"]): string {
  if (format === "markdown") return markdown(file, judgement, complianceOf(RULES, judgement));
  const document =
    format === "sarif" ? sarif(file, judgement, codeVersion().version) : reportDocument(file, judgement);
  return JSON.stringify(document, undefined, 2);
}

function reportDocument(file: string, judgement: Judgement): object {
  return {
    ok: judgement.passes,
    source: file,
    resources: judgement.resources,
    rules: judgement.rules.map(({ rule, enabled, resources, findings }) => ({
      ...{
        id: rule.id,
        severity: rule.severity,
        enabled,
        resources,
        findings: findings.map(findingDocument),
      },
    })),
    unusedExemptions: judgement.unused,
    compliance: complianceOf(RULES, judgement),
  };
}

function findingDocument({ kind, level, blocks, urn, text, exemption }: Finding): object {
  return { kind, level, blocks, urn, text, exemption };
}

function resourcesIn(file: string): Subject[] {
  const remedy = "the output of `pulumi preview --json` or `pulumi stack export`";
  const document = readJson(file, remedy);
  try {
    return subjectsIn(document);
  } catch (error) {
    throw new UsageError(`${file} cannot be judged: ${messageOf(error)}`, remedy);
  }
}
