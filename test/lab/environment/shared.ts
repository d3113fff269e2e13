import assert from "node:assert/strict";
import type { Lab } from "../../../lab/hosts/lab.js";
import type { HypervisorName, NodeName } from "../../../lab/hosts/topology.js";
import { bringUp, type RunningEnvironment } from "../../../lab/run/bring-up.js";
import { pgkeep } from "../../../lab/run/host-command.js";
import { toStderr } from "../../../lab/progress.js";
import type { EvidenceRecord } from "../../../operations/evidence/index.js";

let running: Promise<RunningEnvironment> | undefined;

/**
 * The lab's environment, brought up once for all suites of this folder, with PostgreSQL 17 and synchronous replication.
 * `make test-vms` gives it a folder of its own and ends it afterwards; a lab that already runs there is used as it is.
 */
export function runningEnvironment(): Promise<RunningEnvironment> {
  running ??= bringUp({}, { major: 17 }, toStderr);
  return running;
}

/** Emulated guests are slow: the limit of a suite that uses them, in milliseconds. */
export const PATIENCE = 25 * 60_000;

/** The file system of one of the lab's machines with all its mounts, seen from here. */
export function nodeRoot(lab: Lab, node: NodeName): string {
  return `/proc/${lab.holder(node).pid}/root`;
}

/** Runs a job on a hypervisor that must pass without a finding. @returns what it left as evidence */
export async function recorded(lab: Lab, host: HypervisorName, ...args: string[]): Promise<EvidenceRecord> {
  const { code, stdout, stderr } = await pgkeep(lab, host, ["--json", ...args]);
  const { record } = JSON.parse(stdout) as { record?: EvidenceRecord };
  assert.ok(record !== undefined, `${stdout}\n${stderr}`);
  assert.deepEqual([code, record.findings], [0, []], stderr.slice(-2000));
  return record;
}
