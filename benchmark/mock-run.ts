/**
 * One measurement under Pulumi mocks, in a process of its own:
 *   node mock-run.js components COUNT [RECORD_FILE]     node mock-run.js flat COUNT LIST_FILE
 *   node mock-run.js vmware COUNT
 * Prints one line of JSON. The time runs from the first declaration until the last registration is answered; it is
 * processor time, which other work on the machine disturbs least.
 */
import { readFileSync, writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { declareClusters, declareVmwareClusters } from "./clusters.js";
import { declareFlat, type FlatResource } from "./flat.js";
import { Recorder } from "./recorder.js";

/** What one measurement found. */
export interface MockResult {
  /** Resources of providers, the providers included. */
  readonly custom: number;
  /** Component resources above them. */
  readonly components: number;
  /** Processor time. */
  readonly milliseconds: number;
  /** Largest resident memory of the process in bytes. */
  readonly memory: number;
}

async function main(kind: string, count: number, file: string | undefined): Promise<void> {
  const record = kind === "components" && file !== undefined;
  const recorder = new Recorder(record);
  await pulumi.runtime.setMocks(recorder, "benchmark", "benchmark", true);
  const list =
    kind === "flat" && file !== undefined
      ? (JSON.parse(readFileSync(file, "utf8")) as FlatResource[])
      : undefined;
  const before = process.cpuUsage();
  if (list !== undefined) {
    declareFlat(list);
  } else if (kind === "vmware") {
    declareVmwareClusters(count);
  } else {
    declareClusters(count);
  }
  await pulumi.runtime.disconnect();
  const { user, system } = process.cpuUsage(before);
  const milliseconds = (user + system) / 1000;
  if (record) {
    writeFileSync(file, JSON.stringify(recorder.resources), { mode: 0o600 });
  }
  const result: MockResult = {
    custom: recorder.custom,
    components: recorder.components,
    milliseconds,
    memory: process.resourceUsage().maxRSS * 1024,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

if (require.main === module) {
  const [kind = "", count = "0", file] = process.argv.slice(2);
  main(kind, Number(count), file).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
}
