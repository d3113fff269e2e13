import type * as pulumi from "@pulumi/pulumi";
import type { CalloutMode, Position } from "./positions.js";

/** A server of a site: the appliance of Site Recovery Manager or of vSphere Replication. */
export interface SrmServerArgs {
  /** Name or address; the certificate must be for it. */
  address: string;
  /** @default 443 */
  port?: number;
  /** Authorities to trust, PEM; nothing else is trusted then. @default those that Node.js trusts */
  caCertificate?: pulumi.Input<string>;
}

/** One of two paired sites. User and password are never named here. */
export interface SrmSiteArgs {
  /** As people call it, at most 80 characters. */
  name: string;
  /** GUID of its vCenter, lower case: the pairing is found by it. */
  vcenter: string;
  /** Site Recovery Manager. */
  server: SrmServerArgs;
  /** vSphere Replication; needed at the recovery site when the replication of a VM is declared. @default none */
  replication?: SrmServerArgs;
  /** User and password are read from the environment variables `<credentials>_USER` and `<credentials>_PASSWORD`. @default "PGKEEP_SRM" */
  credentials?: string;
}

/** Two paired sites. The pairing itself is made by hand, once: it takes secrets of both. */
export interface SrmSitesArgs {
  /** Where the VMs run before any failover. */
  protected: SrmSiteArgs;
  /** Where they are recovered; its servers are the ones that are called. */
  recovery: SrmSiteArgs;
}

/** How vSphere Replication copies a VM. */
export interface VmReplicationArgs {
  /** Recovery point objective, minutes, 5 to 1440; vSphere Replication's own limit may be higher. */
  rpo: number;
  /** Datastore at the recovery site, `Datastore:<managed object id>:<GUID>`. All disks go there. */
  datastore: pulumi.Input<string>;
  /** Id of a storage policy at the recovery site. @default the datastore's */
  storagePolicy?: pulumi.Input<string>;
  /** @default "SAME_AS_SOURCE" */
  diskFormat?: "SAME_AS_SOURCE" | "THIN" | "THICK" | "NATIVE_THICK" | "FLAT";
  /** Freeze the guest for each copy. PostgreSQL recovers without it, and pauses with it. @default false */
  quiesce?: boolean;
  /** Compress on the network. @default true */
  compression?: boolean;
  /** Replicate disks that are added later. @default true */
  newDisks?: boolean;
  /** Older copies: so many a day for so many days, at most 24 in all. @default the newest alone */
  pointsInTime?: { instances: number; days: number };
}

/** Protects VMs: replicated one by one by vSphere Replication, or together on datastores of an array. Exactly one of the two. */
export interface ProtectionGroupArgs {
  sites: SrmSitesArgs;
  /** Unique in the pairing, at most 80 characters. */
  name: string;
  /** The mark of the stack is added to it. @default "" */
  description?: string;
  /**
   * VMs of vSphere Replication, `VirtualMachine:<managed object id>:<GUID of the vCenter>`. With `replication`, it is configured here and
   * removed with the group; without, somebody else has configured it.
   */
  virtualMachines?: readonly { id: pulumi.Input<string>; replication?: VmReplicationArgs }[];
  /** A replicated array pair, and datastores of it: VMs on them are copied at one instant. */
  array?: { pair: pulumi.Input<string>; datastores: readonly pulumi.Input<string>[] };
  /** Seconds that one task of SRM may take. @default 900 */
  timeout?: number;
}

/** What stands for what at the other site. */
export interface InventoryPairArgs {
  /** `<type>:<managed object id>:<GUID of the vCenter>`. */
  protected: pulumi.Input<string>;
  recovery: pulumi.Input<string>;
}

/** Site-wide mappings, without which SRM makes no placeholders. One for two sites. */
export interface InventoryMappingsArgs {
  sites: SrmSitesArgs;
  networks: readonly InventoryPairArgs[];
  folders: readonly InventoryPairArgs[];
  /** Resource pools or clusters. */
  resources: readonly InventoryPairArgs[];
  /** The way back as well, which a reprotection needs. @default true */
  reverse?: boolean;
  /** Seconds that one task of SRM may take. @default 900 */
  timeout?: number;
}

/** A command that SRM runs, or a text that it shows until a person dismisses it. No secret belongs into it: SRM shows it to everybody. */
export type StepArgs =
  | {
      name: string;
      /** Where it runs. A VM needs VMware Tools. @default "srm-server" */
      on?: "srm-server" | "virtual-machine";
      /** With the full path of the program. */
      command: string;
      /** Seconds after which SRM stops it, at most 59999. @default 300 */
      timeout?: number;
    }
  | { name: string; prompt: string };

/** A step between those of SRM. */
export type CalloutArgs = (
  { name: string; on?: "srm-server"; command: string; timeout?: number } | { name: string; prompt: string }
) & {
  /** Place between SRM's own steps. */
  at: Position;
  /** Workflows that run it. A test leaves the protected site alone, so what touches it belongs into a recovery. @default ["recovery"] */
  in?: readonly CalloutMode[];
};

/** How a VM of the plan is recovered. */
export interface PlanVmArgs {
  /** As in the protection group. */
  id: pulumi.Input<string>;
  /** 1, recovered first, to 5. @default 3 */
  priority?: number;
  /** @default true */
  powerOn?: boolean;
  /** Seconds for the guest to shut down at the protected site before it is powered off, at most 3599. @default 600 */
  shutdownTimeout?: number;
  /** VMs of the same priority that have to run before this one. @default none */
  after?: readonly pulumi.Input<string>[];
  /** @default none */
  beforePowerOn?: readonly StepArgs[];
  /** @default none */
  afterPowerOn?: readonly StepArgs[];
}

/** What the recovery plan is for, for the command that runs it. */
export interface RunbookArgs {
  environment: string;
  cluster: string;
  /** Seconds. */
  objectives: { rto: number; rpo: number };
  /** Seconds for which records are kept. @default 2 years */
  evidenceRetention?: number;
}

/** A recovery plan. It is declared here; testing and running it is the command's, `pgkeep recovery-plan`. */
export interface RecoveryPlanArgs {
  sites: SrmSitesArgs;
  /** Unique in the pairing, at most 80 characters. */
  name: string;
  /** The mark of the stack is added to it. @default "" */
  description?: string;
  /** Ids, such as `groupId` of a ProtectionGroup. */
  protectionGroups: readonly pulumi.Input<string>[];
  /** Networks that a test uses in the place of others at the recovery site. @default isolated ones that SRM makes */
  testNetworks?: readonly { network: pulumi.Input<string>; testNetwork: pulumi.Input<string> }[];
  /** VMs that are not recovered as SRM does by itself. @default none */
  virtualMachines?: readonly PlanVmArgs[];
  /** Steps of our own, in their order at each place; see `failoverCallouts`. @default none */
  callouts?: readonly CalloutArgs[];
  runbook: RunbookArgs;
  /** Seconds that one task of SRM may take. @default 900 */
  timeout?: number;
}
