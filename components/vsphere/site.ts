import * as pulumi from "@pulumi/pulumi";
import * as vsphere from "@pulumi/vsphere";
import { folderOf, PURPOSES, type Purpose, type VmwareSite } from "../declaration/index.js";
import { IsolatedPortGroup } from "./isolated-port-group.js";

export interface SiteArgs {
  /** Name of the PostgreSQL cluster; names of what is made begin with it. */
  cluster: string;
  /** Where the site's guests live. */
  place: VmwareSite;
  /** Reserved for the guests of the site and for what is recovered there. */
  reservation: {
    /** In MHz. */
    readonly cpu: number;
    /** In bytes. */
    readonly memory: number;
  };
}

const MIB = 1024 ** 2;

/**
 * What stands ready at one site before its guests: a folder and a resource pool of their own, networks with a VLAN, and the ids of
 * what exists. Site Recovery Manager carries neither reservations nor permissions over, so both sites declare theirs.
 */
export class Site extends pulumi.ComponentResource {
  /** Path of the folder below the datacenter's VM folder, once it is there. */
  readonly folder: pulumi.Output<string>;
  readonly folderId: pulumi.Output<string>;
  readonly poolId: pulumi.Output<string>;
  readonly computeClusterId: pulumi.Output<string>;
  readonly datastoreId: pulumi.Output<string>;
  readonly storagePolicyId: pulumi.Output<string> | undefined;
  readonly templateUuid: pulumi.Output<string>;
  readonly networkIds: Readonly<Record<Purpose, pulumi.Output<string>>>;
  /** Types of the networks as vCenter names them, such as DistributedVirtualPortgroup. */
  readonly networkTypes: Readonly<Record<Purpose, pulumi.Output<string>>>;
  /** Ids of the port groups that were made. */
  readonly ownNetworkIds: Readonly<Partial<Record<Purpose, pulumi.Output<string>>>>;

  constructor(name: string, args: SiteArgs, opts?: pulumi.ComponentResourceOptions) {
    const { cluster, place, reservation } = args;
    super("pgkeep:vsphere:Site", name, { ...args }, opts);
    const look: pulumi.InvokeOutputOptions = { parent: this };
    const child = { parent: this };
    const datacenterId = vsphere.getDatacenterOutput({ name: place.datacenter }, look).id;
    const found = vsphere.getComputeClusterOutput({ name: place.cluster, datacenterId }, look);
    this.computeClusterId = found.id;
    this.datastoreId = vsphere.getDatastoreOutput({ name: place.datastore, datacenterId }, look).id;
    this.storagePolicyId =
      place.storagePolicy === undefined
        ? undefined
        : vsphere.getPolicyOutput({ name: place.storagePolicy }, look).id;
    this.templateUuid = vsphere.getVirtualMachineOutput({ name: place.template, datacenterId }, look).uuid;
    const folder = new vsphere.Folder(
      `${name}-folder`,
      { path: folderOf(cluster, place), type: "vm", datacenterId },
      child,
    );
    this.folder = folder.path;
    this.folderId = folder.id;
    const pool = new vsphere.ResourcePool(
      `${name}-pool`,
      {
        name: `pgkeep-${cluster}-${place.site}`,
        parentResourcePoolId:
          place.parentPool === undefined
            ? found.resourcePoolId
            : vsphere.getResourcePoolOutput({ name: place.parentPool, datacenterId }, look).id,
        cpuReservation: reservation.cpu,
        memoryReservation: Math.ceil(reservation.memory / MIB),
        // What a VM needs beside its memory, and what is not needed elsewhere.
        cpuExpandable: true,
        memoryExpandable: true,
        cpuLimit: -1,
        memoryLimit: -1,
        cpuShareLevel: "high",
        memoryShareLevel: "high",
      },
      child,
    );
    this.poolId = pool.id;
    const own = this.ownNetworks(name, args, datacenterId, look);
    const networks: Partial<Record<Purpose, pulumi.Output<string>>> = {};
    const types: Partial<Record<Purpose, pulumi.Output<string>>> = {};
    for (const purpose of PURPOSES) {
      const made = own[purpose];
      const { id, type } =
        made === undefined
          ? vsphere.getNetworkOutput({ name: place.networks[purpose].name, datacenterId }, look)
          : { id: made, type: pulumi.output("DistributedVirtualPortgroup") };
      networks[purpose] = id;
      types[purpose] = type;
    }
    this.ownNetworkIds = own;
    this.networkIds = networks as Record<Purpose, pulumi.Output<string>>;
    this.networkTypes = types as Record<Purpose, pulumi.Output<string>>;
    this.registerOutputs({ folder: this.folder, poolId: this.poolId, networkIds: this.networkIds });
  }

  /** Port groups of the networks that have a VLAN. */
  private ownNetworks(
    name: string,
    { cluster, place }: SiteArgs,
    datacenterId: pulumi.Output<string>,
    look: pulumi.InvokeOutputOptions,
  ): Partial<Record<Purpose, pulumi.Output<string>>> {
    const made: Partial<Record<Purpose, pulumi.Output<string>>> = {};
    if (place.switch === undefined) return made;
    const switchUuid = vsphere.getDistributedVirtualSwitchOutput(
      { name: place.switch, datacenterId },
      look,
    ).id;
    for (const purpose of PURPOSES) {
      const { name: group, vlan } = place.networks[purpose];
      if (vlan === undefined) continue;
      made[purpose] = new IsolatedPortGroup(
        `${name}-${purpose}`,
        { name: group, switchUuid, vlan, description: `pgkeep ${cluster}: ${purpose}` },
        { parent: this },
      ).networkId;
    }
    return made;
  }
}
