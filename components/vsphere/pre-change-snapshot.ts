import * as pulumi from "@pulumi/pulumi";
import * as vsphere from "@pulumi/vsphere";

export interface PreChangeSnapshotArgs {
  /** UUID of the VM, such as `vmUuid` of a `PostgresVm`. */
  vmUuid: pulumi.Input<string>;
  /** The change that follows, such as "minor-17.12"; it becomes part of the snapshot's name. */
  change: string;
  /** Why, for whoever finds the snapshot. */
  reason: string;
  /** Freeze the file systems for the instant. Without running Tools vSphere ignores it silently. @default true */
  quiesce?: boolean;
}

/**
 * One snapshot before one change, without memory. Remove the component when the change has proved good: a snapshot is not a
 * backup, slows the disks down and forbids growing them. Not for a rotation: the plugin cannot tell a snapshot that somebody
 * pruned from an error, so the next refresh fails; daily ones are `SnapshotSchedule`'s.
 */
export class PreChangeSnapshot extends pulumi.ComponentResource {
  /** Name in vCenter. */
  readonly snapshotName: pulumi.Output<string>;

  constructor(name: string, args: PreChangeSnapshotArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:vsphere:PreChangeSnapshot", name, { ...args }, opts);
    refuseContradictions(name, args);
    const snapshot = new vsphere.VirtualMachineSnapshot(
      name,
      {
        virtualMachineUuid: args.vmUuid,
        snapshotName: `before-${args.change}`,
        description: args.reason,
        memory: false,
        quiesce: args.quiesce ?? true,
        // Younger snapshots are somebody else's.
        removeChildren: false,
        consolidate: true,
      },
      { parent: this },
    );
    this.snapshotName = snapshot.snapshotName;
    this.registerOutputs({ snapshotName: this.snapshotName });
  }
}

function refuseContradictions(name: string, { change, reason }: PreChangeSnapshotArgs): void {
  const problems: string[] = [];
  if (!/^[a-z0-9][a-z0-9.-]{0,59}$/.test(change))
    problems.push(
      `change: ${JSON.stringify(change)} cannot be part of a name; give at most 60 lower-case letters, digits, dots and hyphens`,
    );
  if (reason.trim() === "") problems.push("reason: says nothing; give a sentence");
  if (problems.length > 0) throw new TypeError(`PreChangeSnapshot ${name}:\n  ${problems.join("\n  ")}`);
}
