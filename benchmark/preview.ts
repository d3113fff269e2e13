import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run, timed } from "./child.js";
import type { Series } from "./report.js";

const CHECKOUT = join(__dirname, "..", "..");
const CLI = join(__dirname, "..", "operations", "cli.js");
const TIMEOUT = 10 * 60_000;
/**
 * `pgkeep preview` of every stack in this repository, start to exit, in turns: beside it the command that does nothing, which is
 * what Node.js and the rest of the command take. One round before them warms the caches of the system and is not counted.
 */
export async function costOfPreview(runs: number, say: (text: string) => void): Promise<Series[]> {
  const stacks = readdirSync(CHECKOUT).flatMap(
    (file) => /^Pulumi\.([a-z0-9-]+)\.yaml$/.exec(file)?.[1] ?? [],
  );
  const kinds = [
    { label: "`pgkeep --help`", args: ["--help"], resources: 0 },
    ...(await Promise.all(
      stacks.map(async (stack) => ({
        label: `\`pgkeep preview Pulumi.${stack}.yaml\``,
        args: argumentsOf(stack),
        resources: await resourcesOf(stack),
      })),
    )),
  ];
  const found = kinds.map(({ label, resources }) => ({
    label,
    resources,
    elapsed: [] as number[],
    processor: [] as number[],
  }));
  for (let turn = 0; turn <= runs; turn += 1) {
    for (const [index, { args }] of kinds.entries()) {
      const options = { timeout: TIMEOUT, cwd: CHECKOUT };
      const { milliseconds, processor } = await timed(process.execPath, [CLI, ...args], options);
      if (turn === 0) continue;
      found[index]?.elapsed.push(milliseconds);
      found[index]?.processor.push(processor);
    }
    say(turn === 0 ? "pgkeep preview: warm" : `pgkeep preview: ${turn} of ${runs}`);
  }
  return found;
}

function argumentsOf(stack: string): string[] {
  const exemptions = join("policy", "exemptions", `${stack}.json`);
  return [
    "preview",
    `Pulumi.${stack}.yaml`,
    // Against itself: nothing changes, and everything is compared.
    ...["--base", `Pulumi.${stack}.yaml`],
    ...(existsSync(join(CHECKOUT, exemptions)) ? ["--policy-pack-config", exemptions] : []),
  ];
}

async function resourcesOf(stack: string): Promise<number> {
  const args = [CLI, ...argumentsOf(stack), "--json"];
  const { stdout } = await run(process.execPath, args, { timeout: TIMEOUT, cwd: CHECKOUT });
  return (JSON.parse(stdout) as { resources: readonly unknown[] }).resources.length;
}
