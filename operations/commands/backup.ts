import { Argument, type Command } from "commander";
import type { Context } from "../context.js";
import type { ExitCode } from "../errors.js";
import { backup } from "../jobs/backup.js";
import { patient } from "../jobs/recovery/patience.js";
import { conclude, EVIDENCE_OPTION, type EvidenceOption } from "./recovery-options.js";
import { run } from "./run.js";

export function register(program: Command): void {
  program
    .command("backup")
    .description(
      "Takes a base backup, proves by the repository's state that it stands, then removes old ones.",
    )
    .addArgument(new Argument("<type>", "kind of backup").choices(["full", "diff", "incr"]))
    .option(...EVIDENCE_OPTION)
    .action(run(take));
}

async function take(
  context: Context,
  options: EvidenceOption,
  type: "full" | "diff" | "incr",
): Promise<ExitCode> {
  return conclude(context, await backup(patient(context), { type, evidence: options.evidence }));
}
