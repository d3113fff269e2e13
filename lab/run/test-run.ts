import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { checkoutRoot } from "../places.js";
import type { Progress } from "../progress.js";
import { endLeftovers, ownFolder, ownMark } from "./test-leftovers.js";

/** A run of mocha over some suites of test/lab. */
interface Run {
  readonly suites: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Runs one after the other. */
type Lane = readonly Run[];

/** Jobs on copies of a guest: first of one without an operating system, where they are killed dozens of times, then of a real one. */
const COPIES = ["snapshot", "replicate"] as const;
const DRILLS = "drills";
/** They need no emulated guest, and run where there is time left. */
const LIGHT = [
  "detection",
  "kubernetes",
  "kubernetes-server",
  "manifests",
  "packets",
  "preview",
  "scan",
  "vcenter",
  "vmware",
] as const;
/** Shares one environment on the lab's virtual machines, in the order of its files' names; runs only when it is named. */
const SHARED = "environment";

/**
 * Lanes side by side: neither native servers nor a single guest keep two processors busy. The three guests of the shared
 * environment do, so it comes afterwards and alone; emulated, it takes most of an hour.
 */
function lanesOf(folders: readonly string[]): readonly (readonly Lane[])[] {
  const others = folders.filter((name) => ![DRILLS, SHARED, ...COPIES, ...LIGHT].includes(name));
  return [
    [
      [
        { suites: [DRILLS], env: {} },
        { suites: others, env: {} },
      ],
      [
        { suites: COPIES, env: { PGKEEP_TEST_GUEST: "bare" } },
        { suites: COPIES, env: {} },
        { suites: LIGHT, env: {} },
      ],
    ],
    [[{ suites: [SHARED], env: { PGKEEP_LAB_DIR: ownFolder() } }]],
  ];
}

/** Runs of mocha at work, for the one who has to end them. */
const running = new Set<ChildProcess>();

/**
 * Runs the tests on real endpoints. The shared environment lies apart from a lab that a person may have running. Whatever
 * happens, it is ended, and so is all that tests have started and a run before this one has left; only after SIGKILL that
 * falls to the next run.
 *
 * @param only folders of test/lab to run; without any, all but the shared environment
 * @returns the exit code
 */
export async function runLabTests(only: readonly string[], progress: Progress): Promise<number> {
  const folders = readdirSync(join(checkoutRoot(), "test", "lab"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((name) => testFiles(name).length > 0)
    .sort();
  const unknown = only.filter((name) => !folders.includes(name));
  if (unknown.length > 0)
    throw new Error(`no suite ${unknown.join(", ")} in test/lab: use one of ${folders.join(", ")}`);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      stop.abort();
      for (const child of running) child.kill("SIGKILL");
      // What they started may hold their output open.
      endLeftovers(progress).catch((error: unknown) => progress(String(error)));
    });
  let code = 0;
  await endLeftovers(progress);
  try {
    for (const lanes of lanesOf(folders))
      code = Math.max(code, await runLanes(lanes, { only, progress, stop: stop.signal }));
    return stop.signal.aborted ? 130 : code;
  } finally {
    await endLeftovers(progress);
  }
}

interface Choice {
  /** Suites to run; empty: all. */
  readonly only: readonly string[];
  readonly progress: Progress;
  readonly stop: AbortSignal;
}

/** Output of the first lane that has something to do is shown as it comes, that of the others at the end. @returns the exit code */
async function runLanes(lanes: readonly Lane[], choice: Choice): Promise<number> {
  const wanted = lanes
    .map((lane) => lane.map((run) => ({ ...run, suites: chosen(run.suites, choice.only) })))
    .map((lane) => lane.filter(({ suites }) => suites.length > 0))
    .filter((lane) => lane.length > 0);
  const ended = await Promise.all(wanted.map((lane, index) => runLane(lane, index === 0, choice)));
  for (const { output } of ended) process.stdout.write(output);
  return Math.max(0, ...ended.map(({ code }) => code));
}

async function runLane(lane: Lane, live: boolean, { progress, stop }: Choice): Promise<Ended> {
  const all: Ended[] = [];
  for (const { suites, env } of lane) {
    if (stop.aborted) break;
    const kind = env["PGKEEP_TEST_GUEST"] === undefined ? "" : ` (${env["PGKEEP_TEST_GUEST"]} guest)`;
    const title = `tests: ${suites.join(", ")}${kind}`;
    progress(live ? title : `${title}, shown at the end`);
    const began = Date.now();
    all.push(await mocha(suites.flatMap(testFiles), env, live));
    progress(`${title}: ended after ${Math.round((Date.now() - began) / 1000)} s`);
  }
  return {
    code: Math.max(0, ...all.map(({ code }) => code)),
    output: all.map(({ output }) => output).join(""),
  };
}

function chosen(suites: readonly string[], only: readonly string[]): readonly string[] {
  return suites.filter((name) => (only.length === 0 ? name !== SHARED : only.includes(name)));
}

function testFiles(suite: string): string[] {
  const dir = join(checkoutRoot(), "test", "lab", suite);
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .sort()
    .map((name) => join(dir, name));
}

/** How mocha ended. */
interface Ended {
  readonly code: number;
  /** Empty when it was shown. */
  readonly output: string;
}

/** @param live shows the output as it comes; otherwise it is handed back */
function mocha(
  files: readonly string[],
  env: Readonly<Record<string, string>>,
  live: boolean,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const program = join(checkoutRoot(), "node_modules", ".bin", "mocha");
    const child = spawn(program, ["--no-parallel", ...files], {
      env: { ...process.env, ...ownMark(), ...env },
      cwd: checkoutRoot(),
      stdio: ["inherit", live ? "inherit" : "pipe", live ? "inherit" : "pipe"],
    });
    running.add(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.once("error", reject);
    child.once("close", (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, output });
    });
  });
}
