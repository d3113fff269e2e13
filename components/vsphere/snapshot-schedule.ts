import * as pulumi from "@pulumi/pulumi";
import { formatDuration, longestInterval, type Backup } from "../declaration/index.js";
import { snapshotJob, SNAPSHOT_PREFIX, type Job } from "../recovery/index.js";

/** Longest chain of snapshots that vSphere makes; 2 or 3 are advised (Broadcom KB 318825). */
const LONGEST_CHAIN = 32;

export interface SnapshotScheduleArgs {
  /** Name of the environment; it stands in the description of each snapshot, and no others are ever pruned. */
  environment: string;
  /** Name of the VM. */
  guest: string;
  /** Operations host that runs the job. */
  host: string;
  /** Five cron fields, UTC. */
  schedule: string;
  /** Snapshots older than `age` (seconds) go, but the newest `count` stay. */
  retention: NonNullable<Backup["vmSnapshot"]>["retention"];
  /** Freeze the file systems for the instant; a snapshot that was not frozen is reported and not counted. @default true */
  quiesce?: boolean;
}

/**
 * The rotating snapshots of one VM: declared here, taken by a job of the recovery plan (`pgkeep snapshot`) on the site's operations
 * host. There is no resource under it: a `VirtualMachineSnapshot` that a rotation prunes makes every later refresh fail.
 */
export class SnapshotSchedule extends pulumi.ComponentResource {
  /** The job as it stands in the recovery plan. */
  readonly job: Job;
  /** What the names of the snapshots begin with. */
  readonly prefix: string;

  constructor(name: string, args: SnapshotScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
    const { quiesce = true } = args;
    super("pgkeep:vsphere:SnapshotSchedule", name, { ...args, quiesce, prefix: SNAPSHOT_PREFIX }, opts);
    refuseContradictions(name, args);
    this.prefix = SNAPSHOT_PREFIX;
    this.job = snapshotJob({ name: args.guest, host: args.host }, args.schedule);
    this.registerOutputs({ job: this.job, prefix: this.prefix });
  }
}

function refuseContradictions(name: string, { schedule, retention }: SnapshotScheduleArgs): void {
  const problems: string[] = [];
  const interval = longestInterval(schedule);
  const { age, count } = retention;
  if (age < interval)
    problems.push(
      `retention.age: ${formatDuration(age)} is shorter than the longest gap between two snapshots; give ${formatDuration(interval)} at least`,
    );
  if (!Number.isInteger(count) || count < 1)
    problems.push(`retention.count: ${count} would prune the last snapshot; give 1 at least`);
  const chain = Math.max(count, Math.floor(age / interval)) + 1;
  if (chain > LONGEST_CHAIN)
    problems.push(
      `retention: makes a chain of ${chain} snapshots, and vSphere takes ${LONGEST_CHAIN}; give a lower age or count`,
    );
  if (problems.length > 0) throw new TypeError(`SnapshotSchedule ${name}:\n  ${problems.join("\n  ")}`);
}
