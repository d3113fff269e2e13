import type { Command } from "commander";
import type { Context } from "../context.js";
import type { ExitCode } from "../errors.js";
import { failback } from "../jobs/failback.js";
import { patient } from "../jobs/recovery/patience.js";
import { conclude, EVIDENCE_OPTION, type EvidenceOption } from "./recovery-options.js";
import { run } from "./run.js";

export function register(program: Command): void {
  program
    .command("failback")
    .description("Brings lost members back as standbys, then the primary role to the primary site.")
    .option("--no-switch-back", "leave the primary where it is")
    .option(...EVIDENCE_OPTION)
    .action(run(back));
}

async function back(
  context: Context,
  { switchBack, evidence }: EvidenceOption & { readonly switchBack: boolean },
): Promise<ExitCode> {
  return conclude(context, await failback(patient(context), { switchBack, evidence }));
}
