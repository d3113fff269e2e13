import { Option, type Command } from "commander";
import type { Context } from "../context.js";
import { UsageError, type ExitCode } from "../errors.js";
import { CLIENT_FILES } from "../jobs/drill-failover/clients.js";
import { failoverDrill } from "../jobs/drill-failover/index.js";
import type { LossKind } from "../jobs/drill-failover/loss-of-primary.js";
import { restoreDrill } from "../jobs/drill-restore/index.js";
import { siteDrill } from "../jobs/drill-site/index.js";
import { patient } from "../jobs/recovery/patience.js";
import { conclude, EVIDENCE_OPTION, type EvidenceOption } from "./recovery-options.js";
import { run } from "./run.js";

export function register(program: Command): void {
  const drill = program
    .command("drill")
    .description("Rehearses a recovery, measures it, and leaves evidence.");
  drill
    .command("restore")
    .description("Restores a backup in isolation, checks it in ten steps and removes it.")
    .option("--target <moment>", "latest, or the moment to go back to (ISO 8601)", "latest")
    .option("--backup <label>", "backup to begin with; the newest before the target when left out")
    .option(...EVIDENCE_OPTION)
    .action(run(restore));
  drill
    .command("failover")
    .description(
      "Loses the primary without warning while a client writes; brings everything back in the end.",
    )
    .addOption(new Option("--loss <kind>", "how it is lost").choices(["kill", "cut"]).default("kill"))
    .option("--cut-command <command>", "with --loss cut: shell command that cuts the primary's site off")
    .option("--heal-command <command>", "with --loss cut: shell command that joins it again")
    .option(
      "--probe-command <member=command>",
      "command that starts pgkeep near a member; repeatable",
      collect,
      [],
    )
    .option("--no-failback", "leave the new primary as it is and the old one fenced")
    .option("--passwords <file>", "passwords of the roles", CLIENT_FILES.passwords)
    .option("--authority <file>", "certificate of the environment's authority", CLIENT_FILES.authority)
    .option("--logs <directory>", "logs of acknowledged rows", CLIENT_FILES.logs)
    .option(...EVIDENCE_OPTION)
    .action(run(failover));
  drill
    .command("site")
    .description("Starts the replica of a VM at the other site in isolation, checks its data and removes it.")
    .argument("[guest]", "replicated guest; the first when left out")
    .option(...EVIDENCE_OPTION)
    .action(run(site));
}

interface RestoreFlags extends EvidenceOption {
  readonly target: string;
  readonly backup?: string;
}

async function restore(context: Context, { target, backup, evidence }: RestoreFlags): Promise<ExitCode> {
  const record = await restoreDrill(patient(context), {
    target: parseTarget(target),
    label: backup,
    evidence,
  });
  return conclude(context, record);
}

/** @throws UsageError */
export function parseTarget(text: string): Date | "latest" {
  if (text === "latest") return text;
  const moment = new Date(text);
  // Without a zone the same text would be another moment on another machine.
  if (
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) ||
    Number.isNaN(moment.getTime())
  )
    throw new UsageError(
      `--target: "${text}" is not a moment with its zone`,
      "latest, or such as 2026-11-22T02:00:00Z",
    );
  return moment;
}

interface FailoverFlags extends EvidenceOption {
  readonly loss: "kill" | "cut";
  readonly cutCommand?: string;
  readonly healCommand?: string;
  readonly probeCommand: readonly string[];
  readonly failback: boolean;
  readonly passwords: string;
  readonly authority: string;
  readonly logs: string;
}

async function failover(context: Context, flags: FailoverFlags): Promise<ExitCode> {
  const { passwords, authority, logs, failback, evidence } = flags;
  const record = await failoverDrill(patient(context), {
    loss: parseLoss(flags),
    files: { passwords, authority, logs },
    probes: Object.fromEntries(flags.probeCommand.map(parseProbe)),
    failback,
    evidence,
  });
  return conclude(context, record);
}

function parseLoss({ loss, cutCommand, healCommand }: FailoverFlags): LossKind {
  if (loss === "kill") return { kind: "kill" };
  if (cutCommand === undefined || healCommand === undefined)
    throw new UsageError(
      "--loss cut needs --cut-command and --heal-command",
      "what cuts the site off and what joins it again",
    );
  return { kind: "cut", cut: cutCommand, heal: healCommand };
}

function parseProbe(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--probe-command: "${text}" names no member`, "member=command");
  return [text.slice(0, at), text.slice(at + 1)];
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

async function site(context: Context, { evidence }: EvidenceOption, guest?: string): Promise<ExitCode> {
  return conclude(context, await siteDrill(patient(context), { guest, evidence }));
}
