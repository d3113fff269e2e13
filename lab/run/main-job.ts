import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab, LabPlace } from "../hosts/lab.js";
import type { HypervisorName } from "../hosts/topology.js";
import { checkoutRoot } from "../places.js";
import { step, type Progress } from "../progress.js";
import { bringUp } from "./bring-up.js";
import type { LabChoices } from "./declaration.js";
import { mustPgkeep } from "./host-command.js";

/** One command of the main job, run where the environment's timers run it. */
interface Stage {
  readonly title: string;
  readonly host: HypervisorName;
  readonly command: readonly string[];
  /** Seconds that it takes on two emulating cores. */
  readonly expected: number;
}

/** What happens once the environment is up: every kind of copy, then every kind of drill. */
export const STAGES: readonly Stage[] = [
  { title: "cluster healthy", host: "host-w", command: ["status", "--wait", "20min"], expected: 360 },
  { title: "full base backup", host: "host-w", command: ["backup", "full"], expected: 190 },
  { title: "VM snapshot", host: "host-a", command: ["snapshot", "pg-a1"], expected: 20 },
  { title: "VM replication to site b", host: "host-a", command: ["replicate", "pg-a1"], expected: 30 },
  { title: "VM replication, incremental", host: "host-a", command: ["replicate", "pg-a1"], expected: 20 },
  { title: "verification of backups and archive", host: "host-w", command: ["verify"], expected: 40 },
  { title: "restore drill", host: "host-w", command: ["drill", "restore"], expected: 250 },
  { title: "site drill", host: "host-w", command: ["drill", "site"], expected: 300 },
  {
    title: "failover drill: primary killed under a writing client",
    host: "host-w",
    command: ["drill", "failover"],
    expected: 940,
  },
];

/** Folder of the checkout that keeps evidence and report after the lab has gone. */
export function reportsDir(): string {
  return join(checkoutRoot(), "reports");
}

/** The main job: declare, bring up, copy, drill, report. @returns the table that people read */
export async function mainJob(place: LabPlace, choices: LabChoices, progress: Progress): Promise<string> {
  const { lab } = await bringUp(place, choices, progress);
  for (const { title, host, command, expected } of STAGES) {
    await step(progress, title, expected, () =>
      mustPgkeep(lab, host, command, { onLine: (line) => progress(`  ${line}`) }),
    );
  }
  const table = await collectReport(lab, reportsDir(), progress);
  return `${table}\n\nreport: reports/report.html, evidence: reports/evidence.jsonl\n`;
}

/** Renders the report on the witness's hypervisor and brings it, with the evidence, into a folder. */
export async function collectReport(lab: Lab, dir: string, progress: Progress): Promise<string> {
  return await step(progress, "report", 5, async () => {
    mkdirSync(dir, { recursive: true });
    const table = await mustPgkeep(lab, "host-w", ["report", "--out", "/var/lib/pgkeep/report.html"]);
    const kept = join(lab.dir, "nodes", "host-w", "var", "lib", "pgkeep");
    copyFileSync(join(kept, "report.html"), join(dir, "report.html"));
    copyFileSync(join(kept, "evidence", "evidence.jsonl"), join(dir, "evidence.jsonl"));
    writeFileSync(join(dir, "table.txt"), table);
    return table.trimEnd();
  });
}
