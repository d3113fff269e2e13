/** State of a domain as virsh names it; absent when it is not defined. */
export type DomainState =
  "running" | "idle" | "paused" | "in shutdown" | "shut off" | "crashed" | "pmsuspended" | "absent";

/** A block device of a domain. */
export interface BlockDevice {
  readonly target: string;
  readonly device: "disk" | "cdrom" | "floppy" | "lun";
  /** file, block, network, volume. */
  readonly type: string;
  /** Path on the hypervisor; undefined for an empty drive. */
  readonly source: string | undefined;
}

/** A backup job or other job on a domain. */
export interface DomainJob {
  /** None, Bounded, Unbounded, Completed, Failed, Cancelled. */
  readonly type: string;
  /** Backup, Migration, Snapshot, … when virsh says so. */
  readonly operation: string | undefined;
}

/** Where a disk goes. */
export interface DiskTarget {
  readonly target: string;
  readonly path: string;
}

/** libvirt on one host. Every method throws CommandError or HostUnreachableError. */
export interface Hypervisor {
  readonly host: string;
  /** Names of all domains, running or not. */
  domains(): Promise<readonly string[]>;
  state(domain: string): Promise<DomainState>;
  /** Definition as XML. @default the persistent one */
  xml(domain: string, which?: "persistent" | "live"): Promise<string>;
  blockDevices(domain: string): Promise<readonly BlockDevice[]>;
  /** Size of a disk as the guest sees it, in bytes. */
  diskSize(domain: string, target: string): Promise<number>;
  /** Grows a disk of a running domain; the guest sees it at once. */
  growDisk(domain: string, target: string, size: number): Promise<void>;

  /** Defines or redefines a domain; does not start it. */
  define(xml: string): Promise<void>;
  start(domain: string): Promise<void>;
  /** Power off at once. No error when it is already off. */
  destroy(domain: string): Promise<void>;
  /** Forgets a domain that is off, with its NVRAM and checkpoint metadata; its disks stay. No error when it is absent. */
  undefine(domain: string): Promise<void>;
  /** Whether QEMU has stopped a guest because a write of it failed; the usual cause is a full disk. */
  stoppedByError(domain: string): Promise<boolean>;
  /** Lets a paused guest go on; what it wrote last is written again. */
  resume(domain: string): Promise<void>;
  autostart(domain: string, on: boolean): Promise<void>;
  /** Plugs or pulls the cable of an interface, in the running domain, in the definition, or in both. */
  link(domain: string, mac: string, up: boolean, where: "live" | "config" | "both"): Promise<void>;
  /** Our metadata under a key; undefined when there is none. The content is one XML element. */
  metadata(domain: string, key: string): Promise<string | undefined>;
  setMetadata(domain: string, key: string, xml: string | undefined): Promise<void>;

  /** One atomic external disk-only snapshot without metadata: writes go to the given overlays from now on. */
  snapshotDisks(
    domain: string,
    name: string,
    overlays: readonly DiskTarget[],
    quiesce: boolean,
  ): Promise<void>;
  /** Merges the overlay of a disk into the file right below it and goes on there. Never further down. */
  mergeOverlay(domain: string, target: string, timeout: number): Promise<void>;
  /** Ends what is left of a block job on a disk; a job that is ready is pivoted when `pivot`, else aborted. */
  endBlockJob(domain: string, target: string): Promise<void>;
  /** Thaws the guest's file systems; true when something was frozen. */
  thaw(domain: string): Promise<boolean>;

  checkpoints(domain: string): Promise<readonly string[]>;
  /** Bytes changed since a checkpoint, a disk; undefined when its bitmaps are lost. */
  changedSince(domain: string, checkpoint: string): Promise<Readonly<Record<string, number>> | undefined>;
  deleteCheckpoint(domain: string, checkpoint: string): Promise<void>;
  /**
   * Begins a push backup of all given disks at one instant, with a new checkpoint; with `since` only what changed.
   * The guest is frozen around the instant when `freeze`, and thawed whatever happens.
   */
  beginBackup(
    domain: string,
    disks: readonly DiskTarget[],
    options: { readonly checkpoint: string; readonly since?: string | undefined; readonly freeze: boolean },
  ): Promise<void>;
  job(domain: string): Promise<DomainJob>;
  /** The job that ended last. */
  completedJob(domain: string): Promise<DomainJob>;
  abortJob(domain: string): Promise<void>;
  /** Files that the running backup job writes; empty when there is none. */
  backupTargets(domain: string): Promise<readonly string[]>;
  /** Names of the network filters that the host knows. */
  filters(): Promise<readonly string[]>;
}
