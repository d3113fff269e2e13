import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { Context } from "../context.js";
import { EXIT, type ExitCode } from "../errors.js";
import { EvidenceStore } from "../evidence/index.js";
import { renderHtml, renderTable, summarise } from "../report/index.js";
import { EVIDENCE_OPTION, type EvidenceOption } from "./recovery-options.js";
import { run } from "./run.js";

export function register(program: Command): void {
  program
    .command("report")
    .description(
      "Prints objective, computed and measured of the newest drills; --out writes the whole as one page.",
    )
    .option("--out <file>", "self-contained HTML page")
    .option(...EVIDENCE_OPTION)
    .action(run(report));
}

async function report(
  context: Context,
  { out, evidence }: EvidenceOption & { readonly out?: string },
): Promise<ExitCode> {
  const verification = new EvidenceStore(evidence).verify();
  const { environment } = context.plan;
  if (out !== undefined && !context.dryRun) {
    const page = renderHtml({
      environment: environment.name,
      cluster: environment.cluster.name,
      made: context.clock.now(),
      verification,
    });
    writeFileSync(out, page, { mode: 0o644 });
    context.output.info(`the report is ${out}`);
  }
  for (const problem of verification.problems) context.output.warn(`evidence: ${problem}`);
  const drills = summarise(verification.records).map(({ record, rto, rpo, rows }) => ({
    ...{ kind: record.kind, id: record.id, finished: record.finished, verdict: record.verdict },
    ...{ rto, rpo, rows },
  }));
  context.output.result(
    { ok: verification.intact, out, head: verification.head, problems: verification.problems, drills },
    renderTable(verification.records),
  );
  return verification.intact ? EXIT.ok : EXIT.failed;
}
