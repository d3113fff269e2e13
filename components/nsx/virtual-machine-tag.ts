import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic/dynamic-resource.js";
import { known } from "../dynamic/known.js";
import { requireParsed } from "../dynamic/parse.js";
import type { NsxManagerArgs } from "./firewall-args.js";
import { nsxProvider } from "./provider-entry.js";
import { parseVmTag } from "./tag-schema.js";

export interface VirtualMachineTagArgs {
  manager: NsxManagerArgs;
  /** First half of the tag, at most 128 characters. */
  scope: string;
  /** Second half, at most 256 characters. Another scope or tag replaces this one, the new one first. */
  tag: string;
  /** BIOS UUIDs, instance UUIDs or external ids of the VMs, such as the `uuid` of a vSphere VM. */
  virtualMachines: readonly pulumi.Input<string>[];
}

class TagAssignment extends DynamicResource {
  constructor(name: string, assignment: VirtualMachineTagArgs, opts: pulumi.CustomResourceOptions) {
    super(nsxProvider("tag"), "nsx:TagAssignment", name, { assignment, tagged: undefined }, opts);
  }
}

/** One tag on VMs, by which groups find them. Other tags of the VMs stay as they are. */
export class VirtualMachineTag extends pulumi.ComponentResource {
  /** `scope|tag`, once all VMs have it. */
  readonly assigned: pulumi.Output<string>;

  /** @throws DeclarationError with everything that is wrong with the arguments */
  constructor(name: string, args: VirtualMachineTagArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:nsx:VirtualMachineTag", name, { ...args }, opts);
    requireParsed(parseVmTag(known(args)));
    this.assigned = new TagAssignment(name, args, { parent: this }).id;
    this.registerOutputs({ assigned: this.assigned });
  }
}
