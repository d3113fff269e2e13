import * as pulumi from "@pulumi/pulumi";
import { known } from "../dynamic/known.js";
import { requireParsed } from "../dynamic/parse.js";
import type { InventoryMappingsArgs } from "./args.js";
import { parseMappings } from "./mappings-schema.js";
import { ownerOf, SrmObject } from "./object.js";

/** What networks, folders and resources of one site are at the other. Groups that need them `dependsOn` it. */
export class InventoryMappings extends pulumi.ComponentResource {
  /** Id of the pairing, once all are there. */
  readonly pairingId: pulumi.Output<string>;

  /** @throws DeclarationError with everything that is wrong with the arguments */
  constructor(name: string, args: InventoryMappingsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:srm:InventoryMappings", name, { ...args }, opts);
    requireParsed(parseMappings(known(args)));
    const inputs = { declared: args, owner: ownerOf(name) };
    this.pairingId = new SrmObject("mappings", "InventoryMappings", name, inputs, { parent: this }).objectId;
    this.registerOutputs({ pairingId: this.pairingId });
  }
}
