import * as pulumi from "@pulumi/pulumi";
import { known } from "../dynamic/known.js";
import { requireParsed } from "../dynamic/parse.js";
import type { ProtectionGroupArgs } from "./args.js";
import { parseGroup } from "./group-schema.js";
import { ownerOf, SrmObject } from "./object.js";

/** VMs that SRM protects together: one for each PostgreSQL cluster. */
export class ProtectionGroup extends pulumi.ComponentResource {
  /** Id in SRM, once every VM is protected. */
  readonly groupId: pulumi.Output<string>;

  /** @throws DeclarationError with everything that is wrong with the arguments */
  constructor(name: string, args: ProtectionGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:srm:ProtectionGroup", name, { ...args }, opts);
    requireParsed(parseGroup(known(args)));
    const inputs = { declared: args, owner: ownerOf(name) };
    this.groupId = new SrmObject("group", "ProtectionGroup", name, inputs, { parent: this }).objectId;
    this.registerOutputs({ groupId: this.groupId });
  }
}
