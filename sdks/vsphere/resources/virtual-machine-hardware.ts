import type * as pulumi from "@pulumi/pulumi";

/** Processor, memory, firmware and controllers of a virtual machine. */
export interface VirtualMachineHardware {
  /**
   * Virtual processors. A change restarts the machine unless hot-add was already on.
   * @default 1
   */
  numCpus?: pulumi.Input<number>;
  /**
   * Cores in one virtual socket; 0 lets vSphere choose.
   * @default 1
   */
  numCoresPerSocket?: pulumi.Input<number>;
  /** Cores in one virtual NUMA node; left out, vSphere chooses. */
  numCoresPerNumaNode?: pulumi.Input<number>;
  /**
   * Memory in MB. A change restarts the machine unless hot-add was already on.
   * @default 1024
   */
  memory?: pulumi.Input<number>;
  /** Processors can be added while it runs. Changing the flag restarts the machine. */
  cpuHotAddEnabled?: pulumi.Input<boolean>;
  /** Processors can be removed while it runs. Changing the flag restarts the machine. */
  cpuHotRemoveEnabled?: pulumi.Input<boolean>;
  /** Memory can be added while it runs. Changing the flag restarts the machine. */
  memoryHotAddEnabled?: pulumi.Input<boolean>;
  /** Guaranteed processor time in MHz. */
  cpuReservation?: pulumi.Input<number>;
  /**
   * Upper limit of processor time in MHz, -1 for none.
   * @default -1
   */
  cpuLimit?: pulumi.Input<number>;
  /**
   * `low`, `normal`, `high` or `custom`.
   * @default "normal"
   */
  cpuShareLevel?: pulumi.Input<string>;
  /** Shares where the level is `custom`. */
  cpuShareCount?: pulumi.Input<number>;
  /** Guaranteed memory in MB. */
  memoryReservation?: pulumi.Input<number>;
  /** Keep the reservation equal to the memory; valid only where both are equal already. */
  memoryReservationLockedToMax?: pulumi.Input<boolean>;
  /**
   * Upper limit of memory in MB, -1 for none.
   * @default -1
   */
  memoryLimit?: pulumi.Input<number>;
  /**
   * `low`, `normal`, `high` or `custom`.
   * @default "normal"
   */
  memoryShareLevel?: pulumi.Input<string>;
  /** Shares where the level is `custom`. */
  memoryShareCount?: pulumi.Input<number>;
  /**
   * `low`, `normal`, `medium` or `high`; `high` wants full reservations.
   * @default "normal"
   */
  latencySensitivity?: pulumi.Input<string>;
  /** `inherit`, `hostLocal` or `vmDirectory`. Set it: left out, some servers show a difference for ever. */
  swapPlacementPolicy?: pulumi.Input<string>;
  /** Virtual hardware version: 4, 7 to 11, 13 to 15, 17 to 22. It cannot be lowered. */
  hardwareVersion?: pulumi.Input<number>;
  /**
   * `bios` or `efi`. A guest that was installed for one does not start from the other.
   * @default "bios"
   */
  firmware?: pulumi.Input<string>;
  /** Start signed boot loaders only; needs `firmware: "efi"`. */
  efiSecureBootEnabled?: pulumi.Input<boolean>;
  /** Adds a virtual TPM; needs `efi` and a key provider. `version` (`"2.0"` or `"1.2"`) is not sent to the server. */
  vtpm?: pulumi.Input<{ version?: pulumi.Input<string> }>;
  /** Virtualization-based security of Windows guests. */
  vbsEnabled?: pulumi.Input<boolean>;
  /** Virtual IOMMU. */
  vvtdEnabled?: pulumi.Input<boolean>;
  /** Hardware virtualization within the guest. */
  nestedHvEnabled?: pulumi.Input<boolean>;
  /** `hvAuto`, `hvOn` or `hvOff`. */
  hvMode?: pulumi.Input<string>;
  /** `automatic`, `on` or `off`. */
  eptRviMode?: pulumi.Input<string>;
  /** Processor generation that the machine may see. */
  evcMode?: pulumi.Input<string>;
  /** Let the guest read processor performance counters. */
  cpuPerformanceCountersEnabled?: pulumi.Input<boolean>;
  /**
   * `pvscsi`, `lsilogic` or `lsilogic-sas`.
   * @default "pvscsi"
   */
  scsiType?: pulumi.Input<string>;
  /** `noSharing`, `virtualSharing` or `physicalSharing`. */
  scsiBusSharing?: pulumi.Input<string>;
  /**
   * SCSI controllers, 15 disks each: give data and WAL their own by `unitNumber`.
   * @default 1
   */
  scsiControllerCount?: pulumi.Input<number>;
  /** SATA controllers. */
  sataControllerCount?: pulumi.Input<number>;
  /** IDE controllers. */
  ideControllerCount?: pulumi.Input<number>;
  /** NVMe controllers. */
  nvmeControllerCount?: pulumi.Input<number>;
  /** Physical devices handed through; they forbid snapshots and migration. */
  pciDeviceIds?: pulumi.Input<pulumi.Input<string>[]>;
}

/** What happens when the machine starts and stops, and how it works with the tools in the guest. */
export interface VirtualMachineLifecycle {
  /** Milliseconds before the boot sequence. */
  bootDelay?: pulumi.Input<number>;
  /** Try again when the boot fails. */
  bootRetryEnabled?: pulumi.Input<boolean>;
  /** Milliseconds before that retry. */
  bootRetryDelay?: pulumi.Input<number>;
  /**
   * Longest wait for an orderly shutdown in minutes, 1 to 10. For a database: 10.
   * @default 3
   */
  shutdownWaitTimeout?: pulumi.Input<number>;
  /**
   * Cut the power when that wait is over. For a database: false.
   * @default true
   */
  forcePowerOff?: pulumi.Input<boolean>;
  /**
   * Longest time for a start in seconds, 300 or more.
   * @default 300
   */
  poweronTimeout?: pulumi.Input<number>;
  /**
   * Longest time for a migration in minutes, 10 or more.
   * @default 30
   */
  migrateWaitTimeout?: pulumi.Input<number>;
  /**
   * Longest wait for an address that the guest tools report, in minutes; below 1: no wait.
   * @default 5
   */
  waitForGuestNetTimeout?: pulumi.Input<number>;
  /**
   * Accept only an address with a default gateway.
   * @default true
   */
  waitForGuestNetRoutable?: pulumi.Input<boolean>;
  /**
   * Longest wait for any address in minutes; below 1: no wait.
   * @default 0
   */
  waitForGuestIpTimeout?: pulumi.Input<number>;
  /** Addresses and networks that do not end the wait. */
  ignoredGuestIps?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * `manual` or `upgradeAtPowerCycle`.
   * @default "manual"
   */
  toolsUpgradePolicy?: pulumi.Input<string>;
  /**
   * Set the guest's clock at start and resume.
   * @default true
   */
  syncTimeWithHost?: pulumi.Input<boolean>;
  /**
   * Set it periodically too. Not beside a time service in the guest.
   * @default false
   */
  syncTimeWithHostPeriodically?: pulumi.Input<boolean>;
  /** Scripts of the guest tools after a start. */
  runToolsScriptsAfterPowerOn?: pulumi.Input<boolean>;
  /** Scripts of the guest tools after a resume. */
  runToolsScriptsAfterResume?: pulumi.Input<boolean>;
  /** Scripts of the guest tools before a reboot. */
  runToolsScriptsBeforeGuestReboot?: pulumi.Input<boolean>;
  /** Scripts of the guest tools before a shutdown. */
  runToolsScriptsBeforeGuestShutdown?: pulumi.Input<boolean>;
  /** Scripts of the guest tools before standby. */
  runToolsScriptsBeforeGuestStandby?: pulumi.Input<boolean>;
  /** Advanced settings, key to value. Only these keys are read back; a removed key is set to empty text. */
  extraConfig?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Restart the machine when `extraConfig` changes.
   * @default true
   */
  extraConfigRebootRequired?: pulumi.Input<boolean>;
  /** A change of this text makes a new machine. */
  replaceTrigger?: pulumi.Input<string>;
}
