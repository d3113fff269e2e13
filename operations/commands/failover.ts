import type { Command } from "commander";
import type { Context } from "../context.js";
import type { ExitCode } from "../errors.js";
import { failover } from "../jobs/failover.js";
import { patient } from "../jobs/recovery/patience.js";
import { conclude, EVIDENCE_OPTION, type EvidenceOption } from "./recovery-options.js";
import { run } from "./run.js";

export function register(program: Command): void {
  program
    .command("failover")
    .description(
      "Moves the primary role: planned when the primary lives, forced after fencing when it does not.",
    )
    .option(
      "--to <member>",
      "member that becomes primary; a standby with every acknowledged row, or the most rows, when left out",
    )
    .option(
      "--confirm-off <member>",
      "a person has seen that this member is powered off; repeatable",
      collect,
      [],
    )
    .option(...EVIDENCE_OPTION)
    .action(run(move));
}

interface FailoverFlags extends EvidenceOption {
  readonly to?: string;
  readonly confirmOff: readonly string[];
}

async function move(context: Context, { to, confirmOff, evidence }: FailoverFlags): Promise<ExitCode> {
  return conclude(context, await failover(patient(context), { to, confirmOff, evidence }));
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
