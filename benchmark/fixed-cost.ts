import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { sampleEnvironment, sampleSecrets } from "./environment.js";
import { Project } from "./project.js";
import { ENDPOINT } from "./redirect.js";
import type { Series } from "./report.js";

const DIST = join(__dirname, "..");

/**
 * Previews of an empty program, of a complete environment, and of the same under the policy pack, in turns; one
 * round before them warms the caches of the system and is not counted.
 */
export async function fixedCost(
  runs: number,
  folder: string,
  endpoint: string,
  say: (text: string) => void,
): Promise<Series[]> {
  const empty = await Project.create(join(folder, "empty"), '"use strict";\n');
  const environment = await completeEnvironment(folder, endpoint);
  const kinds: { label: string; project: Project; options: string[] }[] = [
    { label: "empty", project: empty, options: [] },
    { label: "environment", project: environment, options: [] },
  ];
  const pack = policyPack();
  if (pack !== undefined) {
    kinds.push({
      label: "environment under the policy pack",
      project: environment,
      options: ["--policy-pack", pack],
    });
  }
  const found = kinds.map(({ label }) => ({
    label,
    resources: 0,
    elapsed: [] as number[],
    processor: [] as number[],
  }));
  for (let turn = 0; turn <= runs; turn += 1) {
    for (const [index, { project, options }] of kinds.entries()) {
      const finished = await project.preview(...options);
      const series = found[index];
      if (series !== undefined && turn > 0) {
        series.resources = Project.created(finished);
        series.elapsed.push(finished.milliseconds);
        series.processor.push(finished.processor);
      }
    }
    say(turn === 0 ? "previews: warm" : `previews: ${turn} of ${runs}`);
  }
  return found;
}

/** A project with the ready stack, configured as an operator does it. */
async function completeEnvironment(folder: string, endpoint: string): Promise<Project> {
  const input = sampleEnvironment(0);
  const key = join(folder, "key");
  writeFileSync(key, "PRIVATE KEY made up for the benchmark, opens nothing\n", { mode: 0o600 });
  const project = await Project.create(
    join(folder, "environment"),
    `module.exports = require(${JSON.stringify(join(__dirname, "programs", "environment.js"))});\n`,
    { [ENDPOINT]: endpoint },
    stringify({
      config: {
        "pgkeep:environment": input,
        "pgkeep:sshKeyFile": key,
        "pgkeep:knownHostsFile": join(folder, "known_hosts"),
      },
    }),
  );
  await project.configureSecret("pgkeep:secrets", JSON.stringify(sampleSecrets(input)));
  return project;
}

/** The folder of the pack: that of its description. */
function policyPack(): string | undefined {
  return [join(DIST, "policy"), join(DIST, "..", "policy")].find((folder) =>
    existsSync(join(folder, "PulumiPolicy.yaml")),
  );
}
