/** A virtual disk of a VM. */
export interface VmDisk {
  /** Key of the device; the same as long as the VM has the disk. */
  readonly key: number;
  /** As people see it, such as "Hard disk 1". */
  readonly label: string;
  /** Such as "[datastore] pg-a1/pg-a1_1.vmdk". */
  readonly file: string;
  /** Reference of its datastore; undefined for a device that has none. */
  readonly datastore: string | undefined;
  /** vSphere's disk mode: persistent, independent_persistent, nonpersistent, … */
  readonly mode: string;
  /** Written to by several VMs at a time. */
  readonly shared: boolean;
  /** A device of the storage array that vSphere passes through (physical compatibility mode). */
  readonly passthrough: boolean;
  /** Bytes, as the guest sees it. */
  readonly capacity: number;
  /** Files that it rests on: one for every snapshot in its chain. */
  readonly depth: number;
}

/** A snapshot of a VM, whoever took it. */
export interface VmSnapshot {
  /** Reference that is never used again, such as snapshot-42. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Milliseconds since 1970, by vCenter's clock. */
  readonly created: number;
  /** Tools had frozen the guest's file systems. False also where that was asked for and ignored. */
  readonly quiesced: boolean;
  /** The guest's memory is part of it. */
  readonly memory: boolean;
}

/** A VM as vCenter shows it. */
export interface VirtualMachine {
  /** Such as VirtualMachine:vm-52. */
  readonly reference: string;
  readonly name: string;
  /** vCenter's own id of the VM; a clone has another. */
  readonly instanceUuid: string;
  readonly power: "poweredOn" | "poweredOff" | "suspended";
  /** VMware Tools answer. */
  readonly tools: boolean;
  /** A removed snapshot has left files that were not merged. */
  readonly consolidationNeeded: boolean;
  readonly disks: readonly VmDisk[];
  /** All snapshots, parents before their children. */
  readonly snapshots: readonly VmSnapshot[];
  /** Snapshots that what runs now rests on. */
  readonly depth: number;
}

/** Room on a datastore. */
export interface Datastore {
  readonly reference: string;
  readonly name: string;
  /** Bytes. */
  readonly capacity: number;
  /** Bytes. */
  readonly free: number;
  readonly accessible: boolean;
}

/** Something that vCenter is doing on a VM. */
export interface VmTask {
  /** vSphere's id of the method, such as VirtualMachine.createSnapshot. */
  readonly what: string;
  readonly user: string;
}

/** VMs and snapshots of one vCenter Server. Every method throws a VCenterError that says what helps. */
export interface VCenter {
  /** Name of the server. */
  readonly server: string;
  /** The server's own clock. */
  now(): Promise<Date>;
  /** The VM at an inventory path, such as /dc-a/vm/databases/pg-a1, or of a reference; undefined when there is none. */
  machine(path: string): Promise<VirtualMachine | undefined>;
  datastore(reference: string): Promise<Datastore>;
  /** What is running or waiting to run on a VM. */
  tasks(machine: string): Promise<readonly VmTask[]>;
  /** The disks that a snapshot shows. */
  snapshotDisks(id: string): Promise<readonly VmDisk[]>;
  /** A variable of a VM's extra configuration, such as what its guest has told VMware Tools; undefined when it is not set. */
  variable(machine: string, key: string): Promise<string | undefined>;
  /** Takes a snapshot without memory, and returns when vCenter says that it stands. */
  createSnapshot(
    machine: string,
    snapshot: { readonly name: string; readonly description: string; readonly quiesce: boolean },
  ): Promise<void>;
  /** Removes one snapshot, never its children, and merges its disks; returns when vCenter says that it is gone. */
  removeSnapshot(machine: string, id: string): Promise<void>;
}
