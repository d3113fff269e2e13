import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Progress, step } from "../progress.js";
import { reportsDir } from "../run/main-job.js";
import { KubernetesLab, kubernetesLabDir } from "./running.js";
import { STAGES } from "./stages.js";

/**
 * The main job on Kubernetes: both clusters are declared, changed and destroyed, and each step proves what it shows. Everything ends with it.
 *
 * @returns the table that people read
 */
export async function kubernetesJob(progress: Progress): Promise<string> {
  const running = await KubernetesLab.start(progress);
  const lines: string[] = [];
  try {
    for (const { title, expected, run } of STAGES) {
      const began = Date.now();
      const seen = await step(progress, title, expected, () => run(running, progress));
      lines.push(`${title}\n    ${((Date.now() - began) / 1000).toFixed(1)} s: ${seen}`);
      if (running.problems.length > 0) throw new Error(running.problems.join("; "));
    }
    const dir = join(reportsDir(), "kubernetes");
    mkdirSync(dir, { recursive: true });
    const table = lines.join("\n");
    writeFileSync(join(dir, "table.txt"), `${table}\n`);
    return `${table}\n\ntable: reports/kubernetes/table.txt\n`;
  } finally {
    await running.stop();
  }
}

/** Removes what a killed run has left; its processes ended with it. */
export function endKubernetesLab(): void {
  rmSync(kubernetesLabDir(), { recursive: true, force: true });
}
