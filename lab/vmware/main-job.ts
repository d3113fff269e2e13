import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageMajor } from "../images/recipe.js";
import { type Progress, step } from "../progress.js";
import { reportsDir } from "../run/main-job.js";
import { VmwareLab } from "./running.js";
import { evidenceOf, STAGES } from "./stages.js";

/**
 * The main job on VMware: both sites are declared, changed, disturbed, recovered and destroyed, and each step proves what it shows.
 * Everything ends with it; the evidence stays.
 *
 * @returns the table that people read
 */
export async function vmwareJob(major: ImageMajor, progress: Progress): Promise<string> {
  const running = await VmwareLab.start(major, progress);
  const lines: string[] = [];
  try {
    for (const { title, expected, run } of STAGES) {
      const began = Date.now();
      const seen = await step(progress, title, expected, () => run(running, progress));
      lines.push(`${title}\n    ${((Date.now() - began) / 1000).toFixed(1)} s: ${seen}`);
      if (running.hardware.problems.length > 0) throw new Error(running.hardware.problems.join("; "));
    }
    const dir = join(reportsDir(), "vmware");
    mkdirSync(dir, { recursive: true });
    for (const [host, text] of evidenceOf(running)) writeFileSync(join(dir, `evidence-${host}.jsonl`), text);
    const table = lines.join("\n");
    writeFileSync(join(dir, "table.txt"), `${table}\n`);
    return `${table}\n\nevidence: reports/vmware\n`;
  } finally {
    await running.stop();
  }
}
