import type { Command } from "commander";
import type { Context } from "../context.js";
import { EXIT, type ExitCode } from "../errors.js";
import { verify } from "../jobs/verify.js";
import { patient } from "../jobs/recovery/patience.js";
import { conclude, EVIDENCE_OPTION, type EvidenceOption } from "./recovery-options.js";
import { run } from "./run.js";

export function register(program: Command): void {
  program
    .command("verify")
    .description(
      "Verifies every base backup, looks for gaps in the WAL archive, and checks the archive's age.",
    )
    .option(...EVIDENCE_OPTION)
    .action(run(check));
}

async function check(context: Context, options: EvidenceOption): Promise<ExitCode> {
  if (!context.dryRun) return conclude(context, await verify(patient(context), options));
  context.output.result(
    { ok: true, dryRun: true },
    "would verify every backup and the archive, and leave a record",
  );
  return EXIT.ok;
}
