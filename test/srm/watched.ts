import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SrmEndpoint } from "../../lab/endpoints/srm/index.js";
import { systemClock } from "../../operations/adapters/clock.js";
import { connectSrm } from "../../operations/adapters/srm.js";
import type { EvidenceRecord } from "../../operations/evidence/index.js";
import { runOperation } from "../../operations/jobs/srm/recovery-plan.js";
import type { Output } from "../../operations/output.js";
import type { PlanOperation } from "../../operations/ports/index.js";
import { ENVIRONMENT, FAST, runbookOf } from "./samples.js";

export { FAST };

/** Runs an operation, a test or what comes after one, with little patience for a server that is silent. */
export async function watched(
  endpoint: SrmEndpoint,
  silence: number,
): Promise<{ readonly record: EvidenceRecord | undefined; readonly warnings: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), "pgkeep-srm-"));
  const warnings: string[] = [];
  const quiet = (): undefined => undefined;
  const output: Output = {
    step: quiet,
    info: quiet,
    progress: quiet,
    result: quiet,
    warn: (text) => void warnings.push(text),
  };
  const runbook = runbookOf(endpoint);
  const manager = await connectSrm(runbook, { environment: ENVIRONMENT, timing: FAST });
  try {
    const { status } = await manager.plan();
    const operation: PlanOperation = status === "READY_STATE" ? "test" : "cleanup";
    const context = {
      runbook,
      manager,
      output,
      clock: systemClock(),
      dryRun: false,
      evidence: join(folder, "evidence.jsonl"),
    };
    const record = await runOperation(context, operation, {
      poll: 0.005,
      patience: 600,
      silence,
      dismissPrompts: false,
      settings: {},
    });
    return { record, warnings };
  } finally {
    endpoint.sites[1].clearFaults();
    await manager.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
