import type * as pulumi from "@pulumi/pulumi";
import { isOfType, VsphereResource } from "../binding.js";
import type { VirtualMachineClone } from "./virtual-machine-clone.js";
import type {
  VirtualMachineCdrom,
  VirtualMachineDisk,
  VirtualMachineNetworkInterface,
} from "./virtual-machine-devices.js";
import type { VirtualMachineHardware, VirtualMachineLifecycle } from "./virtual-machine-hardware.js";

/** Where the machine lives, what it is made of, and its devices. */
export interface VirtualMachineArgs extends VirtualMachineHardware, VirtualMachineLifecycle {
  /** Managed object id of the resource pool; a cluster or host has one of its own. */
  resourcePoolId: pulumi.Input<string>;
  /** Name, at most 80 characters; generated with a random suffix when left out. */
  name?: pulumi.Input<string>;
  /** Folder relative to the datacenter's folder of machines. */
  folder?: pulumi.Input<string>;
  /** Managed object id of the datacenter; needed only when deploying without a clone or disk source. */
  datacenterId?: pulumi.Input<string>;
  /** Managed object id of the datastore; this or `datastoreClusterId`. */
  datastoreId?: pulumi.Input<string>;
  /** Id of a datastore cluster; this or `datastoreId`. */
  datastoreClusterId?: pulumi.Input<string>;
  /** Pins the machine to a host; left out, the scheduler chooses. */
  hostSystemId?: pulumi.Input<string>;
  /** Storage policy of the machine's home; the only way to encrypt it. */
  storagePolicyId?: pulumi.Input<string>;
  /** Id of the guest's operating system, for example `debian12_64Guest`. */
  guestId?: pulumi.Input<string>;
  /** Free name of the operating system where `guestId` is one of the `other` kind. */
  alternateGuestName?: pulumi.Input<string>;
  /** Note for people. */
  annotation?: pulumi.Input<string>;
  /** Source template; left out, the machine starts from empty or attached disks. */
  clone?: pulumi.Input<VirtualMachineClone>;
  /** Disks; all must be persistent ones for snapshots to hold the whole machine. */
  disks?: pulumi.Input<pulumi.Input<VirtualMachineDisk>[]>;
  /** Network adapters in the order in which the guest sees them. */
  networkInterfaces?: pulumi.Input<pulumi.Input<VirtualMachineNetworkInterface>[]>;
  /** CD-ROM drives. */
  cdroms?: pulumi.Input<pulumi.Input<VirtualMachineCdrom>[]>;
  /** Show the disks' UUIDs to the guest, so that it can name them safely. */
  enableDiskUuid?: pulumi.Input<boolean>;
  /** Write the machine's log. Set it: left out, it is sent as false, and hardening wants true. */
  enableLogging?: pulumi.Input<boolean>;
  /** Ids of tags. */
  tags?: pulumi.Input<pulumi.Input<string>[]>;
  /** Custom attribute id to value. */
  customAttributes?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

const OUTPUTS = [
  "name",
  "folder",
  "resourcePoolId",
  "datastoreId",
  "hostSystemId",
  "storagePolicyId",
  "guestId",
  "disks",
  "networkInterfaces",
  "tags",
  "uuid",
  "moid",
  "defaultIpAddress",
  "guestIpAddresses",
  "powerState",
  "vmxPath",
  "vmwareToolsStatus",
  "changeVersion",
  "rebootRequired",
] as const;

/** A virtual machine. Its resource id is its UUID, which rules, overrides and snapshots take. */
export class VirtualMachine extends VsphereResource {
  /** @internal read by policy packs */
  static readonly __pulumiType = "vsphere:index/virtualMachine:VirtualMachine";

  declare readonly name: pulumi.Output<string>;
  declare readonly folder: pulumi.Output<string | undefined>;
  declare readonly resourcePoolId: pulumi.Output<string>;
  declare readonly datastoreId: pulumi.Output<string>;
  declare readonly hostSystemId: pulumi.Output<string>;
  declare readonly storagePolicyId: pulumi.Output<string>;
  declare readonly guestId: pulumi.Output<string>;
  declare readonly disks: pulumi.Output<pulumi.Unwrap<VirtualMachineDisk>[]>;
  declare readonly networkInterfaces: pulumi.Output<
    pulumi.Unwrap<VirtualMachineNetworkInterface>[] | undefined
  >;
  declare readonly tags: pulumi.Output<string[] | undefined>;
  /** BIOS UUID, equal to the resource id. */
  declare readonly uuid: pulumi.Output<string>;
  /** Managed object id. */
  declare readonly moid: pulumi.Output<string>;
  /** Address that the guest tools report first. */
  declare readonly defaultIpAddress: pulumi.Output<string>;
  /** All addresses that the guest tools report. */
  declare readonly guestIpAddresses: pulumi.Output<string[]>;
  /** `on`, `off` or `suspended`. */
  declare readonly powerState: pulumi.Output<string>;
  /** Path of the machine's definition in its datastore. */
  declare readonly vmxPath: pulumi.Output<string>;
  /** State of the guest tools. */
  declare readonly vmwareToolsStatus: pulumi.Output<string>;
  /** Version of the machine's configuration. */
  declare readonly changeVersion: pulumi.Output<string>;
  /** Did the last change need a restart? */
  declare readonly rebootRequired: pulumi.Output<boolean>;

  constructor(name: string, args: VirtualMachineArgs, opts?: pulumi.CustomResourceOptions) {
    super(VirtualMachine.__pulumiType, name, args, { required: ["resourcePoolId"], outputs: OUTPUTS }, opts);
  }

  /** An existing machine by its UUID, read but not managed. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): VirtualMachine {
    return new VirtualMachine(name, {} as VirtualMachineArgs, { ...opts, id });
  }

  /** True for a resource of this type, also of another copy of this package. */
  static override isInstance(candidate: unknown): candidate is VirtualMachine {
    return isOfType(candidate, VirtualMachine.__pulumiType);
  }
}
