import * as pulumi from "@pulumi/pulumi";
import * as vsphere from "@pulumi/vsphere";
import type { VmwareEnvironment } from "../declaration/index.js";
import type { GuestKind } from "../recovery/index.js";
import { vcenterProvider, type VcenterAccess } from "./connection.js";
import { Roles } from "./roles.js";
import { ROLES_OF_ACCOUNTS } from "./site-permissions.js";

export interface VcenterArgs {
  /** Name of the vCenter Server, with a port if it is not 443. */
  server: string;
  /** Kept secret. */
  access: VcenterAccess;
  environment: VmwareEnvironment;
}

/** What stands ready in one vCenter, whatever number of sites it has: the connection, tags for the VMs, the roles of people. */
export class Vcenter extends pulumi.ComponentResource {
  readonly provider: vsphere.Provider;
  /** The account that operations hosts use. */
  readonly operations: VcenterAccess["operations"];
  /** Absent when the declaration names no accounts. */
  readonly roles: Roles | undefined;
  /** Id of the tag of each kind of guest: backup products and firewalls may choose VMs by it. */
  readonly tags: Readonly<Record<GuestKind, pulumi.Output<string>>>;

  constructor(name: string, args: VcenterArgs, opts?: pulumi.ComponentResourceOptions) {
    const { server, access, environment } = args;
    // Without the accounts: a component's arguments stand in the state.
    super("pgkeep:vsphere:Vcenter", name, { server }, opts);
    this.operations = access.operations;
    this.provider = vcenterProvider(name, server, access.deployer, { parent: this });
    const options = { parent: this, provider: this.provider };
    const category = new vsphere.TagCategory(
      `${name}-kind`,
      {
        name: `pgkeep-${environment.name}`,
        description: "What a VM is to pgkeep",
        cardinality: "SINGLE",
        associableTypes: ["VirtualMachine"],
      },
      options,
    );
    const tag = (kind: GuestKind): pulumi.Output<string> =>
      new vsphere.Tag(
        `${name}-${kind}`,
        { name: kind, categoryId: category.id, description: `${kind} of ${environment.cluster.name}` },
        options,
      ).id;
    this.tags = { member: tag("member"), witness: tag("witness") };
    const encrypted = environment.vmware.sites.some(
      (site) => site.vcenter === server && site.storagePolicy !== undefined,
    );
    this.roles =
      environment.vmware.accounts === undefined
        ? undefined
        : new Roles(
            `${name}-roles`,
            { prefix: `pgkeep-${environment.name}`, kinds: Object.values(ROLES_OF_ACCOUNTS), encrypted },
            { parent: this, providers: [this.provider] },
          );
    this.registerOutputs({ tags: this.tags });
  }
}

/** A server's name as part of a resource's. */
export function labelOf(server: string): string {
  return server.replaceAll(/[^a-z0-9]+/g, "-");
}
