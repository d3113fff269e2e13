import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.js";
import type { FlatResource } from "./flat.js";
import type { MockResult } from "./mock-run.js";
import { Project } from "./project.js";
import { ENDPOINT } from "./redirect.js";
import type { Comparison, Series, Sized } from "./report.js";

const MOCK_TIMEOUT = 10 * 60_000;
const PROGRAMS = join(__dirname, "programs");

type Say = (text: string) => void;

/** Declares `clusters` clusters on Pulumi mocks, through the components and flat in turns, each in a fresh process. */
export async function compareOnMocks(
  clusters: number,
  runs: number,
  folder: string,
  say: Say,
): Promise<Comparison> {
  const list = listFile(clusters, folder);
  const components: MockResult[] = [];
  const flat: MockResult[] = [];
  for (let turn = 0; turn < runs; turn += 1) {
    // The first run also writes the list that the others are compared with; writing it is not timed.
    components.push(await onMocks("components", clusters, turn === 0 ? list : undefined));
    flat.push(await onMocks("flat", clusters, list));
    say(`mocks, ${clusters} clusters: ${turn + 1} of ${runs}`);
  }
  const [one, other] = [components[0], flat[0]];
  if (one === undefined || other === undefined || one.custom !== other.custom) {
    throw new Error(`not the same resources: ${one?.custom} through components, ${other?.custom} flat`);
  }
  return {
    clusters,
    components: series("components", components),
    flat: series("flat", flat),
    wrappers: one.components,
  };
}

/** Declares `clusters` clusters on vSphere on Pulumi mocks, each time in a fresh process. */
export async function vmwareOnMocks(clusters: number, runs: number, say: Say): Promise<Sized> {
  const results: MockResult[] = [];
  for (let turn = 0; turn < runs; turn += 1) {
    results.push(await onMocks("vmware", clusters));
    say(`mocks, ${clusters} clusters on vSphere: ${turn + 1} of ${runs}`);
  }
  return { clusters, ...series("vSphere", results), wrappers: results[0]?.components ?? 0 };
}

/** The same comparison as previews by the real engine. */
export async function compareInEngine(
  clusters: number,
  runs: number,
  folder: string,
  endpoint: string,
  say: Say,
): Promise<Comparison> {
  const list = listFile(clusters, folder);
  if (!existsSync(list)) {
    await onMocks("components", clusters, list);
  }
  const environment = {
    [ENDPOINT]: endpoint,
    PGKEEP_BENCHMARK_CLUSTERS: String(clusters),
    PGKEEP_BENCHMARK_LIST: list,
  };
  const make = (program: string): Promise<Project> =>
    Project.create(
      join(folder, `${program}-${clusters}`),
      `require(${JSON.stringify(join(PROGRAMS, `${program}.js`))});\n`,
      environment,
    );
  const programs = [await make("components"), await make("flat")] as const;
  const elapsed: [number[], number[]] = [[], []];
  const processor: [number[], number[]] = [[], []];
  const created: [number, number] = [0, 0];
  for (let turn = 0; turn < runs; turn += 1) {
    for (const which of [0, 1] as const) {
      const finished = await programs[which].preview();
      elapsed[which].push(finished.milliseconds);
      processor[which].push(finished.processor);
      created[which] = Project.created(finished);
    }
    say(`engine, ${clusters} clusters: ${turn + 1} of ${runs}`);
  }
  const count = (JSON.parse(readFileSync(list, "utf8")) as FlatResource[]).length;
  if (created[1] !== count + 1) {
    throw new Error(
      `the flat preview would create ${created[1]} resources instead of ${count} and the stack`,
    );
  }
  return {
    clusters,
    components: { label: "components", resources: count, elapsed: elapsed[0], processor: processor[0] },
    flat: { label: "flat", resources: count, elapsed: elapsed[1], processor: processor[1] },
    wrappers: created[0] - created[1],
  };
}

/** Where the list of resources lies that the components register for so many clusters. */
function listFile(clusters: number, folder: string): string {
  return join(folder, `list-${clusters}.json`);
}

async function onMocks(
  kind: "components" | "flat" | "vmware",
  clusters: number,
  file?: string,
): Promise<MockResult> {
  const args = [
    join(__dirname, "mock-run.js"),
    kind,
    String(clusters),
    ...(file === undefined ? [] : [file]),
  ];
  const { stdout } = await run(process.execPath, args, { timeout: MOCK_TIMEOUT });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as MockResult;
}

function series(label: string, results: readonly MockResult[]): Series {
  return {
    label,
    resources: results[0]?.custom ?? 0,
    processor: results.map(({ milliseconds }) => milliseconds),
  };
}
