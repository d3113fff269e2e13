import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic/dynamic-resource.js";
import { known } from "../dynamic/known.js";
import { requireParsed } from "../dynamic/parse.js";
import type { DistributedFirewallArgs } from "./firewall-args.js";
import { namesOf } from "./objects.js";
import { parseFirewall } from "./parse-firewall.js";
import { nsxProvider } from "./provider-entry.js";

/** The intent in NSX: written in one call, kept in the state as NSX has it. */
class FirewallIntent extends DynamicResource {
  declare readonly policyPath: pulumi.Output<string>;

  constructor(
    name: string,
    inputs: { firewall: unknown; owner: string },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      nsxProvider("firewall"),
      "nsx:FirewallIntent",
      name,
      { ...inputs, policyPath: undefined, objects: undefined },
      opts,
    );
  }
}

/**
 * Isolates VMs by NSX's distributed firewall: groups, services and one security policy that allows what is declared and
 * denies everything else, all of it logged.
 */
export class DistributedFirewall extends pulumi.ComponentResource {
  /** Policy path of the security policy, once it is in force. */
  readonly policyPath: pulumi.Output<string>;
  /** Policy paths of the groups by their declared id, once the policy is in force. */
  readonly groupPaths: pulumi.Output<Record<string, string>>;

  /** @throws DeclarationError with everything that is wrong with the arguments */
  constructor(name: string, args: DistributedFirewallArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:nsx:DistributedFirewall", name, { ...args }, opts);
    const { policyId, domain, groups } = requireParsed(parseFirewall(known(args)));
    const intent = new FirewallIntent(name, { firewall: args, owner: ownerOf(policyId) }, { parent: this });
    const { group } = namesOf({ policyId, domain: domain ?? "default" });
    this.policyPath = intent.policyPath;
    this.groupPaths = intent.policyPath.apply(() =>
      Object.fromEntries(groups.map(({ id }) => [id, group(id).path])),
    );
    this.registerOutputs({ policyPath: this.policyPath, groupPaths: this.groupPaths });
  }
}

/** NSX takes 256 characters in a tag; the end of a longer mark tells more than its beginning. */
function ownerOf(policyId: string): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}/${policyId}`.slice(-256);
}
