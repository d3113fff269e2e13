import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { formatIdentity, isAlive, parseIdentity, type ProcessIdentity } from "../processes.js";
import { NODES, type NodeName } from "./topology.js";

const names = NODES.map(({ name }) => name) as [NodeName, ...NodeName[]];

const schema = z.object({
  version: z.literal(1),
  name: z.string(),
  dir: z.string(),
  status: z.enum(["starting", "up"]),
  acceleration: z.enum(["kvm", "tcg"]),
  /** The checkout whose code the nodes see, as path and inode: another clone at the same path is another one. */
  checkout: z.object({ path: z.string(), inode: z.number() }),
  /** pid and start time of the process that holds each node. */
  holders: z.partialRecord(z.enum(names), z.string()),
});

/** What is written down about a lab: enough to use it and to end it from another process. */
export type LabRecord = z.infer<typeof schema>;

export function recordPath(dir: string): string {
  return join(dir, "lab.json");
}

/** Reads the record; undefined when there is no lab or the record was cut off by a kill. */
export function readRecord(dir: string): LabRecord | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(recordPath(dir), "utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export function writeRecord(record: LabRecord): void {
  const path = recordPath(record.dir);
  writeFileSync(`${path}.new`, JSON.stringify(record, null, 2) + "\n", { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function withHolder(record: LabRecord, node: NodeName, holder: ProcessIdentity): LabRecord {
  return { ...record, holders: { ...record.holders, [node]: formatIdentity(holder) } };
}

export function holderOf(record: LabRecord, node: NodeName): ProcessIdentity | undefined {
  return parseIdentity(record.holders[node] ?? "");
}

/** Nodes whose holder lives. */
export function runningNodes(record: LabRecord): NodeName[] {
  return names.filter((name) => {
    const holder = holderOf(record, name);
    return holder !== undefined && isAlive(holder);
  });
}

/** A folder is the lab's when it is marked so: nothing else is ever removed. */
export function markPath(dir: string): string {
  return join(dir, ".pgkeep-lab");
}

export function isLabFolder(dir: string): boolean {
  return existsSync(markPath(dir));
}
