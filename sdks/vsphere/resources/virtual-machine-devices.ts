import type * as pulumi from "@pulumi/pulumi";

/** A disk of a virtual machine. */
export interface VirtualMachineDisk {
  /** Unique within the machine; a disk is recognised by it. */
  label: pulumi.Input<string>;
  /** Size in GB. It can only grow, and not while a snapshot exists. */
  size?: pulumi.Input<number>;
  /** Place on the controllers: 0 to 14 on the first SCSI controller, 15 to 29 on the second, and so on. */
  unitNumber?: pulumi.Input<number>;
  /** `scsi`, `sata`, `nvme` or `ide`. */
  controllerType?: pulumi.Input<string>;
  /** Managed object id of the datastore where it differs from the machine's. */
  datastoreId?: pulumi.Input<string>;
  /** Id of the storage policy; encryption follows from it. */
  storagePolicyId?: pulumi.Input<string>;
  /**
   * Take space as it is written.
   * @default true
   */
  thinProvisioned?: pulumi.Input<boolean>;
  /**
   * Zero the whole disk when it is made.
   * @default false
   */
  eagerlyScrub?: pulumi.Input<boolean>;
  /**
   * `persistent`, or one of the modes that a snapshot does not hold: `independent_persistent`,
   * `independent_nonpersistent`, `nonpersistent`, `append`, `undoable`.
   * @default "persistent"
   */
  diskMode?: pulumi.Input<string>;
  /** `sharingNone` or `sharingMultiWriter`. */
  diskSharing?: pulumi.Input<string>;
  /** Send writes through without buffering. */
  writeThrough?: pulumi.Input<boolean>;
  /** Most operations a second, -1 for no limit. */
  ioLimit?: pulumi.Input<number>;
  /** Guaranteed operations a second. */
  ioReservation?: pulumi.Input<number>;
  /** `low`, `normal`, `high` or `custom`. */
  ioShareLevel?: pulumi.Input<string>;
  /** Shares where the level is `custom`. */
  ioShareCount?: pulumi.Input<number>;
  /**
   * Keep the file when the disk leaves the declaration.
   * @default false
   */
  keepOnRemove?: pulumi.Input<boolean>;
  /** Use the disk at `path` instead of making one; implies `keepOnRemove`. */
  attach?: pulumi.Input<boolean>;
  /** File of an attached disk. */
  path?: pulumi.Input<string>;
  /** UUID of the disk's file, known once it is made: with `enableDiskUuid` the guest sees it as the disk's WWN. */
  uuid?: pulumi.Input<string>;
}

/** A network adapter. The order of adapters is also that of the clone's network settings. */
export interface VirtualMachineNetworkInterface {
  /** Managed object id of the network. */
  networkId: pulumi.Input<string>;
  /**
   * `vmxnet3`, `e1000`, `e1000e`, `sriov` or `vrdma`.
   * @default "vmxnet3"
   */
  adapterType?: pulumi.Input<string>;
  /** Keep the address given in `macAddress`. */
  useStaticMac?: pulumi.Input<boolean>;
  /** MAC address; it can be set only with `useStaticMac`. */
  macAddress?: pulumi.Input<string>;
  /** Most traffic in Mbit/s, -1 for no limit. */
  bandwidthLimit?: pulumi.Input<number>;
  /** Guaranteed traffic in Mbit/s. */
  bandwidthReservation?: pulumi.Input<number>;
  /** `low`, `normal`, `high` or `custom`. */
  bandwidthShareLevel?: pulumi.Input<string>;
  /** Shares where the level is `custom`. */
  bandwidthShareCount?: pulumi.Input<number>;
  /** Port of an NSX segment. */
  externalPortId?: pulumi.Input<string>;
}

/** A CD-ROM drive; a hardened machine has none. */
export interface VirtualMachineCdrom {
  /** Use the drive of whoever looks at the console. */
  clientDevice?: pulumi.Input<boolean>;
  /** Managed object id of the image's datastore. */
  datastoreId?: pulumi.Input<string>;
  /** Path of the image in the datastore. */
  path?: pulumi.Input<string>;
}
