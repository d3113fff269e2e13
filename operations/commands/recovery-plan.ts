import type { Command } from "commander";
import { planState } from "../../components/srm/client/plan-states.js";
import { systemClock } from "../adapters/clock.js";
import { connectSrm } from "../adapters/srm.js";
import { parseNow, type GlobalOptions } from "../context.js";
import { EXIT, RefusedError, UsageError, type ExitCode } from "../errors.js";
import { runOperation, type OperationOptions, type PlanContext } from "../jobs/srm/recovery-plan.js";
import { readRunbook } from "../jobs/srm/runbook-file.js";
import { output } from "../output.js";
import type { PlanOperation, PlanSettings } from "../ports/index.js";
import { conclude, EVIDENCE_OPTION, type EvidenceOption } from "./recovery-options.js";
import { guarded } from "./run.js";

/** Where the runbook lies on a machine that runs the command. */
const RUNBOOK = "/etc/pgkeep/srm-runbook.json";

export function register(program: Command): void {
  const plan = program
    .command("recovery-plan")
    .description("Tests and runs the recovery plan of Site Recovery Manager; each run leaves a record.");
  sub(plan, "status", "Shows the state of the plan, and what is to be done next.").action(guarded(status));
  watching(plan, "test", "Recovers the VMs in an isolated network; the service goes on.").action(
    guarded((global, options: WatchFlags) => operate(global, options, "test", {})),
  );
  watching(plan, "cleanup", "Removes what a test made.")
    .option("--force", "go on in spite of errors; something may be left behind", false)
    .action(
      guarded((global, options: WatchFlags & ForceFlag) =>
        operate(global, options, "cleanup", { forced: options.force }),
      ),
    );
  watching(plan, "run", "Moves the service to the other site: with --planned or with --disaster.")
    .option("--planned", "both sites work: nothing is lost, and any error stops it", false)
    .option("--disaster", "the protected site is lost: what was not replicated is lost, too", false)
    .option(...CONFIRM)
    .action(guarded(recover));
  watching(plan, "reprotect", "Protects the recovered VMs in the other direction; overwrites the old ones.")
    .option("--force", "go on in spite of errors; something may be left behind", false)
    .option(...CONFIRM)
    .action(
      guarded((global, options: WatchFlags & ForceFlag & ConfirmFlag) =>
        operate(global, options, "reprotect", { forced: options.force }, options.confirm),
      ),
    );
}

const CONFIRM = ["--confirm <plan>", "name of the plan: nothing is done without it"] as const;

interface RunbookFlag extends EvidenceOption {
  readonly runbook: string;
}

interface WatchFlags extends RunbookFlag {
  readonly dismissPrompts: boolean;
  readonly patience: string;
  readonly every: string;
}

interface ForceFlag {
  readonly force: boolean;
}

interface ConfirmFlag {
  readonly confirm?: string;
}

function sub(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option("--runbook <file>", "runbook, an output of the stack", RUNBOOK)
    .option(...EVIDENCE_OPTION);
}

function watching(parent: Command, name: string, description: string): Command {
  return sub(parent, name, description)
    .option("--dismiss-prompts", "answer the plan's prompts, as somebody who has read them", false)
    .option("--patience <minutes>", "how long to watch; the run itself goes on", "240")
    .option("--every <seconds>", "how often to look", "5");
}

async function recover(
  global: GlobalOptions,
  options: WatchFlags & ConfirmFlag & { readonly planned: boolean; readonly disaster: boolean },
): Promise<ExitCode> {
  const { planned, disaster, confirm } = options;
  if (planned === disaster)
    throw new UsageError(
      planned
        ? "--planned and --disaster contradict each other"
        : "neither --planned nor --disaster is given",
      "--planned while both sites work, --disaster when the protected one is lost",
    );
  return operate(global, options, "recovery", { planned }, confirm ?? "");
}

/** @param confirm what was given to confirm an operation that needs it; undefined when none is needed */
async function operate(
  global: GlobalOptions,
  options: WatchFlags,
  operation: PlanOperation,
  settings: PlanSettings,
  confirm?: string,
): Promise<ExitCode> {
  const needsConfirmation = operation === "recovery" || operation === "reprotect";
  const { plan } = readRunbook(options.runbook);
  if (needsConfirmation && !global.dryRun && confirm !== plan)
    throw new RefusedError(
      `this ${operation === "recovery" ? "moves the service of" : "overwrites the old VMs of"} recovery plan ${plan}`,
      `--confirm ${plan}, or --dry-run to see what would be done`,
    );
  return connected(global, options, async (context) =>
    conclude(context, await runOperation(context, operation, { ...watchOf(options), settings })),
  );
}

async function status(global: GlobalOptions, options: RunbookFlag): Promise<ExitCode> {
  return connected(global, options, async ({ manager, output: out }) => {
    const plan = await manager.plan();
    const prompts = plan.status === "WAITING_FOR_USER_INPUT" ? await manager.prompts() : [];
    const { meaning, remedy } = planState(plan.status);
    const lines = [
      `${plan.name}: ${plan.status}, ${meaning}`,
      `  from ${plan.from} to ${plan.to}${plan.bothSites ? "" : `; ${plan.from} is not reachable`}`,
      ...(plan.running ? [`  ${plan.progress} %`] : []),
      ...prompts.map(({ text }) => `  waits for an answer: ${text}`),
      `  next: ${remedy}`,
    ];
    out.result({ ok: true, plan, prompts, next: remedy }, lines.join("\n"));
    return EXIT.ok;
  });
}

async function connected(
  global: GlobalOptions,
  options: RunbookFlag,
  work: (context: PlanContext) => Promise<ExitCode>,
): Promise<ExitCode> {
  const runbook = readRunbook(options.runbook);
  const manager = await connectSrm(runbook, { environment: process.env });
  try {
    return await work({
      runbook,
      manager,
      output: output(global.json),
      clock: systemClock(parseNow(global.now)),
      dryRun: global.dryRun,
      evidence: options.evidence,
    });
  } finally {
    await manager.close();
  }
}

/** Seconds for which SRM may be silent in between: an appliance that restarts takes some minutes. */
const SILENCE = 900;

function watchOf({ patience, every, dismissPrompts }: WatchFlags): Omit<OperationOptions, "settings"> {
  return {
    poll: positive("--every", every, "seconds, such as 5"),
    patience: positive("--patience", patience, "minutes, such as 240") * 60,
    silence: SILENCE,
    dismissPrompts,
  };
}

function positive(option: string, text: string, remedy: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new UsageError(`${option}: "${text}" is not a number above 0`, remedy);
  return value;
}
