import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { format, resolveConfig } from "prettier";
import { compareInEngine, compareOnMocks, vmwareOnMocks } from "./compare.js";
import { Endpoint } from "./endpoint.js";
import { fixedCost } from "./fixed-cost.js";
import { machine } from "./machine.js";
import { costOfPack } from "./pack.js";
import { costOfPreview } from "./preview.js";
import { page, type Findings } from "./report.js";

const CHECKOUT = join(__dirname, "..", "..");
const USAGE = `Usage: npm run benchmark -- [options]
  --runs N              timed previews of each kind (default 5)
  --clusters A,B,C      sizes on Pulumi mocks (default 10,50,100)
  --mock-runs N         timed runs of each size (default 3)
  --engine-clusters N   size of the preview by the real engine (default 100)
  --engine-runs N       timed runs of that preview (default 1)
  --objects A,B,C       sizes under the policy pack and under checkov (default 100,1000,10000)
  --pack-runs N         timed runs of each of them (default 3)
  --no-engine           mocks and pgkeep preview only; docs/performance.md is not written then
`;

interface Options {
  readonly runs: number;
  readonly clusters: readonly number[];
  readonly mockRuns: number;
  readonly engineClusters: number;
  readonly engineRuns: number;
  readonly objects: readonly number[];
  readonly packRuns: number;
  readonly engine: boolean;
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "5" },
      clusters: { type: "string", default: "10,50,100" },
      "mock-runs": { type: "string", default: "3" },
      "engine-clusters": { type: "string", default: "100" },
      "engine-runs": { type: "string", default: "1" },
      objects: { type: "string", default: "100,1000,10000" },
      "pack-runs": { type: "string", default: "3" },
      engine: { type: "boolean", default: true },
    },
    allowNegative: true,
  });
  return {
    runs: positive("--runs", values.runs),
    clusters: values.clusters.split(",").map((size) => positive("--clusters", size)),
    mockRuns: positive("--mock-runs", values["mock-runs"]),
    engineClusters: positive("--engine-clusters", values["engine-clusters"]),
    engineRuns: positive("--engine-runs", values["engine-runs"]),
    objects: values.objects.split(",").map((size) => positive("--objects", size, 100_000)),
    packRuns: positive("--pack-runs", values["pack-runs"]),
    engine: values.engine,
  };
}

function positive(option: string, text: string, most = 1000): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new RangeError(`${option}: "${text}" must be a whole number from 1 to ${most}`);
  }
  return value;
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

async function measure(
  { runs, clusters, mockRuns, engineClusters, engineRuns, objects, packRuns, engine }: Options,
  folder: string,
): Promise<Findings> {
  const findings = { date: new Date().toISOString().slice(0, 10), machine: machine(engine) };
  const preview = await costOfPreview(runs, say);
  const mocks = [];
  for (const size of clusters) {
    mocks.push(await compareOnMocks(size, mockRuns, folder, say));
  }
  const vmware = [];
  for (const size of clusters) vmware.push(await vmwareOnMocks(size, mockRuns, say));
  if (!engine) {
    return { ...findings, fixed: [], preview, pack: [], mocks, vmware, engine: [] };
  }
  const pack = await costOfPack(objects, packRuns, folder, say);
  const endpoint = await Endpoint.start(folder);
  try {
    const fixed = await fixedCost(runs, folder, endpoint.uri, say);
    const comparison = await compareInEngine(engineClusters, engineRuns, folder, endpoint.uri, say);
    return { ...findings, fixed, preview, pack, mocks, vmware, engine: [comparison] };
  } finally {
    await endpoint.stop();
  }
}

async function main(): Promise<void> {
  const chosen = options();
  const folder = mkdtempSync(join(tmpdir(), "pgkeep-benchmark-"));
  try {
    const findings = await measure(chosen, folder);
    const reports = join(CHECKOUT, "reports");
    mkdirSync(reports, { recursive: true });
    writeFileSync(join(reports, "benchmark.json"), `${JSON.stringify(findings, undefined, 2)}\n`);
    const file = join(CHECKOUT, "docs", "performance.md");
    const text = await format(page(findings), { ...(await resolveConfig(file)), parser: "markdown" });
    if (chosen.engine) {
      writeFileSync(file, text);
    }
    process.stdout.write(text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  const usage = error instanceof TypeError || error instanceof RangeError;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage ? USAGE : ""}`);
  process.exit(usage ? 2 : 1);
});
