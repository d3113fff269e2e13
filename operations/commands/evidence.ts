import type { Command } from "commander";
import { EXIT, type ExitCode } from "../errors.js";
import { EvidenceStore } from "../evidence/index.js";
import { output } from "../output.js";
import type { GlobalOptions } from "../context.js";
import { EVIDENCE_OPTION, type EvidenceOption } from "./recovery-options.js";
import { guarded } from "./run.js";

export function register(program: Command): void {
  const evidence = program
    .command("evidence")
    .description("The hash-chained records of what was done and measured.");
  evidence
    .command("verify")
    .description("Checks every record and every link; any change is found.")
    .option(
      "--head <hash>",
      "hash of a record that must be there, such as the head that an older report prints",
    )
    .option(...EVIDENCE_OPTION)
    .action(guarded(verify));
  evidence
    .command("list")
    .description("Prints the records.")
    .option(...EVIDENCE_OPTION)
    .action(guarded(list));
}

async function verify(
  global: GlobalOptions,
  options: EvidenceOption & { readonly head?: string },
): Promise<ExitCode> {
  const { intact, problems, records, head } = new EvidenceStore(options.evidence).verify(options.head);
  const text = intact
    ? `intact: ${records.length} records, head ${head.sequence} ${head.hash}`
    : ["BROKEN:", ...problems.map((problem) => `  ${problem}`)].join("\n");
  output(global.json).result({ ok: intact, problems, records: records.length, head }, text);
  return intact ? EXIT.ok : EXIT.failed;
}

async function list(global: GlobalOptions, options: EvidenceOption): Promise<ExitCode> {
  const { records, problems } = new EvidenceStore(options.evidence).verify();
  const lines = records.map(
    ({ sequence, finished, kind, verdict, hash }) =>
      `${sequence}  ${finished}  ${kind}  ${verdict}  ${hash.slice(0, 16)}`,
  );
  output(global.json).result(
    { ok: problems.length === 0, problems, records },
    [...lines, ...problems].join("\n"),
  );
  return problems.length === 0 ? EXIT.ok : EXIT.failed;
}
