import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { EvidenceStore } from "../../../operations/evidence/index.js";
import { backup } from "../../../operations/jobs/backup.js";
import { failoverDrill } from "../../../operations/jobs/drill-failover/index.js";
import type { LossKind } from "../../../operations/jobs/drill-failover/loss-of-primary.js";
import { failback } from "../../../operations/jobs/failback.js";
import { failover } from "../../../operations/jobs/failover.js";
import { waitForHealth } from "../../../operations/jobs/recovery/health.js";
import { managerIn } from "../../../operations/jobs/recovery/managers.js";
import { restoreDrill } from "../../../operations/jobs/drill-restore/index.js";
import { renderTable } from "../../../operations/report/index.js";
import { Trio } from "./trio.js";

/** Runs scenarios on a trio and prints the evidence as JSON. Arguments: major, sync or async, automatic or manual, scenarios. */
async function main([major = "", mode = "", promotion = "", ...scenarios]: readonly string[]): Promise<void> {
  const trio = await Trio.start(
    major === "18" ? 18 : 17,
    mode === "async" ? "async" : "sync",
    promotion === "manual" ? "manual" : "automatic",
  );
  const { context, files } = trio;
  const evidence = join(trio.directory, "evidence.jsonl");
  try {
    await waitForHealth(context, 240);
    if (promotion === "manual") await pause(trio);
    await backup(context, { type: "full", evidence });
    for (const scenario of scenarios) {
      if (scenario === "kill") await drill(trio, { kind: "kill" });
      else if (scenario === "lag") {
        trio.lag = 1.5;
        await drill(trio, { kind: "kill" });
        trio.lag = 0;
      } else if (scenario === "cut")
        await drill(trio, { kind: "cut", cut: "ip link set v-pg-a1 down", heal: "ip link set v-pg-a1 up" });
      else if (scenario === "move") {
        await failover(context, { confirmOff: [], evidence });
        await failback(context, { evidence, limit: 240 });
      } else if (scenario === "forced") {
        await trio.powerOff("pg-a1");
        await failover(context, { confirmOff: [], evidence });
        // As after a kill of the command: what is done is not done twice, and nothing is moved.
        await failover(context, { confirmOff: [], evidence });
        await failback(context, { evidence, limit: 240 });
        await pause(trio);
      } else if (scenario === "restore") await restoreDrill(context, { target: "latest", evidence });
      else throw new Error(`unknown scenario ${scenario}`);
    }
  } finally {
    const { records, problems } = new EvidenceStore(evidence).verify();
    process.stdout.write(JSON.stringify({ records, problems, table: renderTable(records) }));
    await trio.stop();
  }

  /** What the timer of pgkeep-reconcile does: Patroni is paused once every member runs. */
  async function pause({ context }: Trio): Promise<void> {
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const { waiting } = await managerIn(context, "pg-a1").reconcile();
      if (!waiting.some((reason) => reason.startsWith("pause:"))) return;
      await context.clock.sleep(2);
    }
    throw new Error("Patroni is not paused after two minutes");
  }

  async function drill({ plan, machines, directory }: Trio, loss: LossKind): Promise<void> {
    const planFile = join(directory, "plan.json");
    writeFileSync(planFile, JSON.stringify(plan));
    const pid = machines.get("pg-a1")?.leader ?? 0;
    const command = `nsenter -t ${pid} -n -- ${process.execPath} --import tsx operations/cli.ts --plan ${planFile}`;
    const probes: Record<string, string> = loss.kind === "cut" ? { "pg-a1": command } : {};
    await failoverDrill(context, { loss, files, probes, failback: true, evidence });
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
