import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { parseEnvironment } from "../components/declaration/index.js";
import { previewEnvironment } from "../preview/index.js";
import { installPython, manifestCheckers } from "../toolchain/index.js";
import { run, timed } from "./child.js";
import type { Series } from "./report.js";

const CHECKOUT = join(__dirname, "..", "..");
const CLI = join(__dirname, "..", "operations", "cli.js");
const STACK = "lab-kubernetes";
const TIMEOUT = 60 * 60_000;

/** The pack and another checker over the same objects of Kubernetes. */
export interface Judged {
  readonly pack: Series;
  readonly checkov: Series;
}

/** An object of Kubernetes as the pack reads it from a stack's export. */
interface Exported {
  readonly urn: string;
  readonly type: string;
  readonly protect: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/**
 * `pgkeep policy report` over so many objects of Kubernetes, and checkov over the same as manifests, start to exit, in turns. They are
 * those of the laboratory's stack, again and again with other names, so a tenth of them has a tenth of the findings. One round that is
 * not counted makes sure that both have read everything.
 */
export async function costOfPack(
  sizes: readonly number[],
  runs: number,
  folder: string,
  say: (text: string) => void,
): Promise<Judged[]> {
  const python = await installPython(manifestCheckers.pythonPrograms.checkov);
  const objects = await objectsOfStack();
  const found: Judged[] = [];
  for (const size of sizes) {
    const place = write(join(folder, `pack-${size}`), copies(objects, size), objects.length);
    const kinds = [
      {
        label: "pack",
        command: process.execPath,
        args: [CLI, "policy", "report", place.stack, "--format", "json"],
      },
      { label: "checkov", command: python, args: checkovArgs(place.manifests) },
    ];
    const series = kinds.map(({ label }) => ({
      label,
      resources: size,
      processor: [] as number[],
      elapsed: [] as number[],
    }));
    for (let turn = 0; turn <= runs; turn += 1) {
      for (const [i, { label, command, args }] of kinds.entries()) {
        const options = { timeout: TIMEOUT, cwd: folder, findings: 1 };
        if (turn === 0) {
          const { stdout } = await run(command, args, options);
          assertRead(label, stdout, size);
          continue;
        }
        const { milliseconds, processor } = await timed(command, args, options);
        series[i]?.processor.push(processor);
        series[i]?.elapsed.push(milliseconds);
      }
      say(`${size} objects under the pack and under checkov: ${turn === 0 ? "warm" : `${turn} of ${runs}`}`);
    }
    const [pack, checkov] = series;
    if (pack !== undefined && checkov !== undefined) found.push({ pack, checkov });
  }
  return found;
}

function checkovArgs(folder: string): string[] {
  const args = ["-m", "checkov.main", "-d", folder, "--framework", "kubernetes"];
  return [...args, "--skip-download", "--compact", "-o", "json"];
}

/** Both say what they have looked at; a checker that read nothing would be fast. */
function assertRead(label: string, stdout: string, size: number): void {
  const report = JSON.parse(stdout) as {
    resources?: number;
    summary?: { parsing_errors: number; resource_count: number };
  };
  // checkov counts the objects that it has a check for.
  const { resources = report.summary?.resource_count ?? 0 } = report;
  const least = label === "pack" ? size : size / 2;
  if (resources < least || (report.summary?.parsing_errors ?? 0) > 0)
    throw new Error(`${label} has read ${resources} of ${size} objects`);
}

async function objectsOfStack(): Promise<Exported[]> {
  const { config } = parse(readFileSync(join(CHECKOUT, `Pulumi.${STACK}.yaml`), "utf8")) as {
    config: Record<string, unknown>;
  };
  const { resources } = await previewEnvironment({
    environment: parseEnvironment(config["pgkeep:environment"]),
    ...{ config, project: "pgkeep", stack: STACK, now: new Date() },
  });
  return resources
    .filter(({ type }) => /^kubernetes:[a-z0-9.]+\//.test(type))
    .map(({ urn, type, protect, inputs }) => ({ urn, type, protect, inputs }));
}

/** The first so many of as many copies as it takes, each with a name of its own everywhere. */
function copies(objects: readonly Exported[], size: number): Exported[] {
  const text = JSON.stringify(objects);
  const all = Array.from(
    { length: Math.ceil(size / objects.length) },
    (_, i) => JSON.parse(text.replaceAll("orders", `orders${i}`)) as Exported[],
  );
  return all.flat().slice(0, size);
}

/** Writes them for both. One file of manifests holds what one copy has. */
function write(
  folder: string,
  objects: readonly Exported[],
  perFile: number,
): { readonly stack: string; readonly manifests: string } {
  const [stack, manifests] = [join(folder, "stack.json"), join(folder, "manifests")];
  mkdirSync(manifests, { recursive: true });
  writeFileSync(stack, JSON.stringify({ deployment: { resources: objects } }));
  for (let i = 0; i < objects.length; i += perFile) {
    const part = objects.slice(i, i + perFile);
    const text = part.map(({ inputs }) => stringify(inputs, { lineWidth: 0 })).join("---\n");
    writeFileSync(join(manifests, `${i / perFile}.yaml`), text);
  }
  return { stack, manifests };
}
