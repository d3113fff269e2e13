import * as pulumi from "@pulumi/pulumi";
import type { NsxSites } from "../declaration/index.js";
import { PORTS } from "../postgres/index.js";
import type { RecoveryPlan } from "../recovery/index.js";
import { clusterFirewall, GUEST_TAG_SCOPE, guestTag } from "./cluster-firewall.js";
import { DistributedFirewall } from "./distributed-firewall.js";
import type { NsxManagerArgs } from "./firewall-args.js";
import { VirtualMachineTag } from "./virtual-machine-tag.js";

export interface ClusterIsolationArgs {
  plan: RecoveryPlan;
  /** An NSX Manager as the declaration has it, with the sites whose VMs it knows. */
  manager: NsxSites;
  /** BIOS UUID of each guest's VM, by the guest's name. */
  virtualMachines: Readonly<Record<string, pulumi.Input<string>>>;
}

/**
 * Isolates the guests of a cluster whose VMs one NSX Manager knows: a tag for each, and the firewall that the declaration's access model
 * asks for. What is allowed stands there, and everything else is denied, both logged.
 */
export class ClusterIsolation extends pulumi.ComponentResource {
  /** Policy path of the security policy, once it is in force. */
  readonly policyPath: pulumi.Output<string>;

  constructor(name: string, args: ClusterIsolationArgs, opts?: pulumi.ComponentResourceOptions) {
    const { plan, manager, virtualMachines } = args;
    super("pgkeep:nsx:ClusterIsolation", name, { manager, virtualMachines }, opts);
    const firewall = clusterFirewall(plan, manager.sites, PORTS);
    const missing = firewall.isolate.filter((guest) => !Object.hasOwn(virtualMachines, guest));
    if (missing.length > 0)
      throw new TypeError(
        `ClusterIsolation ${name}:\n  virtualMachines: has no VM of ${missing.join(", ")}; give the UUID of each`,
      );
    const tags = firewall.isolate.map(
      (guest) =>
        new VirtualMachineTag(
          `${name}-${guest}`,
          {
            manager: managerOf(manager),
            scope: GUEST_TAG_SCOPE,
            tag: guestTag(plan, guest),
            virtualMachines: [virtualMachines[guest] ?? ""],
          },
          { parent: this },
        ),
    );
    // Before the VMs have their tags, the groups are empty and the policy applies to nobody.
    this.policyPath = new DistributedFirewall(
      name,
      { manager: managerOf(manager), ...firewall },
      { parent: this, dependsOn: tags },
    ).policyPath;
    this.registerOutputs({ policyPath: this.policyPath });
  }
}

function managerOf({ address, port, authority, authentication, credentials }: NsxSites): NsxManagerArgs {
  return {
    ...{ address, port, authentication, credentials },
    ...(authority === undefined ? {} : { caCertificate: authority }),
  };
}
