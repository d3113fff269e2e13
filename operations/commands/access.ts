import { InvalidArgumentError, Option, type Command } from "commander";
import {
  termWords,
  type AccessChange,
  type Protocol,
  type TermChange,
  type Terms,
} from "../../components/access/index.js";
import { dayOf } from "../../components/declaration/index.js";
import { PORTS } from "../../components/postgres/index.js";
import { recoveryPlan, type RecoveryPlan } from "../../components/recovery/index.js";
import { accessDiff } from "../access/diff.js";
import { explain, type Answer, type Explanation } from "../access/explain.js";
import { parseNow, type GlobalOptions } from "../context.js";
import { readEnvironment } from "../declaration-file.js";
import { EXIT, UsageError, type ExitCode } from "../errors.js";
import { output } from "../output.js";
import { loadPlan } from "../plan.js";
import { guarded } from "./run.js";
import { table } from "./text.js";

interface ExplainOptions {
  readonly from: string;
  readonly to: string;
  readonly port?: number;
  readonly protocol: Protocol;
  readonly environment?: string;
}

export function register(program: Command): void {
  const access = program
    .command("access")
    .description("Who may reach what, by the texts that are really loaded.");
  access
    .command("explain")
    .description(
      "Follows one connection through the firewalls on its way and the server's pg_hba.conf: allow or deny, by which rule.",
    )
    .requiredOption("--from <name>", "guest, access group, hypervisor, dns, time, or an address")
    .requiredOption("--to <name>", "the same")
    .option(
      "--port <number>",
      `port of the called side (default ${PORTS.postgres} for tcp and udp)`,
      portNumber,
    )
    .addOption(
      new Option("--protocol <name>", "protocol").choices(["tcp", "udp", "icmp", "vrrp"]).default("tcp"),
    )
    .option("--environment <file>", "a Pulumi.<stack>.yaml instead of the plan")
    .action(guarded(explainConnection));
  access
    .command("diff")
    .description("Says in words what a change of the declaration opens and closes; nothing is left out.")
    .argument("<file>", "the changed Pulumi.<stack>.yaml; with a second file, the one before")
    .argument("[changed]", "the changed one, when the first is the one before (default: the plan is before)")
    .action(guarded(diff));
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535)
    throw new InvalidArgumentError("give a port from 1 to 65535");
  return port;
}

function planOf(file: string): RecoveryPlan {
  const environment = readEnvironment(file);
  if (environment.platform === "kubernetes")
    throw new UsageError(
      `${file} is on Kubernetes, whose policies this command does not follow`,
      "pgkeep preview, which judges them; see docs/kubernetes.md",
    );
  return recoveryPlan(environment);
}

async function explainConnection(global: GlobalOptions, options: ExplainOptions): Promise<ExitCode> {
  const { from, to, protocol, environment } = options;
  const ports = protocol === "tcp" || protocol === "udp";
  if (!ports && options.port !== undefined)
    throw new UsageError(`--port: ${protocol} has no ports`, "no --port, or --protocol tcp or udp");
  const plan = environment === undefined ? await loadPlan(global.plan) : planOf(environment);
  const port = ports ? (options.port ?? PORTS.postgres) : undefined;
  const today = dayOf(parseNow(global.now) ?? new Date());
  const answer = explain(plan, { from, to, protocol, port }, today);
  const ok = answer.paths.every(({ disagreements }) => disagreements.length === 0);
  const out = output(global.json);
  for (const problem of answer.problems) out.warn(`access rules: ${problem}`);
  out.result({ ok, environment: plan.environment.name, ...answer }, text(answer));
  return ok ? EXIT.ok : EXIT.failed;
}

function text({ question, paths }: Answer): string {
  const called = `${question.protocol}${question.port === undefined ? "" : ` ${question.port}`}`;
  return paths.map((path) => pathText(question.from, question.to, called, path)).join("\n\n");
}

function pathText(from: string, to: string, called: string, path: Explanation): string {
  const { network, verdict, model, enforcement, logins, disagreements } = path;
  const rule =
    model.rule === undefined
      ? "no rule allows it"
      : `rule ${model.rule}: ${model.description ?? ""}${bracketed(model)}`;
  const rows = enforcement.map(({ target, at, verdict: each, by }) => [
    target,
    at,
    each === "accept" ? "allow" : "deny",
    by,
  ]);
  const admitted = logins
    .filter((login) => login.verdict === "allow")
    .map(({ role, database, by }) => [
      "pg_hba",
      database === undefined ? `${role} for replication` : `${role} on ${database}`,
      "allow",
      by,
    ]);
  const nobody = logins.length > 0 && admitted.length === 0 ? ["pg_hba admits no declared login"] : [];
  return [
    `${from} (${path.from}) -> ${to} (${path.to}), ${network} network, ${called}: ${verdict.toUpperCase()}`,
    `declared: ${model.verdict}, ${rule}`,
    table(["target", "at", "verdict", "by"], [...rows, ...admitted]),
    ...nobody,
    ...disagreements.map((words) => `DISAGREEMENT: ${words}`),
  ].join("\n");
}

async function diff(
  global: GlobalOptions,
  _options: object,
  file: string,
  changed: string | undefined,
): Promise<ExitCode> {
  const before = changed === undefined ? await loadPlan(global.plan) : planOf(file);
  const after = planOf(changed ?? file);
  const { changes, terms } = accessDiff(before, after);
  const of = (kind: AccessChange["kind"]): AccessChange[] => changes.filter((change) => change.kind === kind);
  output(global.json).result(
    {
      ok: true,
      before: before.environment.name,
      after: after.environment.name,
      opens: of("opens"),
      closes: of("closes"),
      loginsOpened: of("login-opens"),
      loginsClosed: of("login-closes"),
      terms,
    },
    [
      ...(changes.length === 0 ? ["nothing is opened and nothing is closed"] : changes.map(changeText)),
      ...terms.map(termText),
    ].join("\n"),
  );
  return EXIT.ok;
}

const VERBS: Readonly<Record<AccessChange["kind"], string>> = {
  opens: "opens ",
  closes: "closes",
  "login-opens": "admits",
  "login-closes": "bars  ",
};

function changeText(change: AccessChange): string {
  const { kind, from, to, what, rule, description } = change;
  const many = (names: readonly string[]): string => names.join(", ");
  return `${VERBS[kind]}  ${many(from)} -> ${many(to)}: ${what}\n        by ${rule}: ${description}${bracketed(change)}`;
}

function termText({ rule, description, before, after }: TermChange): string {
  const words = (terms: Terms): string => termWords(terms) || "nobody named, no end";
  return `keeps   ${rule}: ${description}\n        before: ${words(before)}; now: ${words(after)}`;
}

function bracketed(terms: Terms): string {
  const words = termWords(terms);
  return words === "" ? "" : ` (${words})`;
}
