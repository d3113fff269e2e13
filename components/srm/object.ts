import * as pulumi from "@pulumi/pulumi";
import { deferredProvider } from "../dynamic/deferred-provider.js";
import type { kinds } from "./provider/index.js";

/** An object in SRM: made by tasks, kept in the state as SRM shows it. */
export class SrmObject extends pulumi.dynamic.Resource {
  declare readonly objectId: pulumi.Output<string>;

  /** @param type name of the resource's type, which states keep */
  constructor(
    kind: keyof typeof kinds,
    type: string,
    name: string,
    inputs: { declared: unknown; owner: string },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      deferredProvider("pgkeep/srm/provider", kind),
      name,
      { ...inputs, objectId: undefined, facts: undefined, made: undefined },
      opts,
      "srm",
      type,
    );
  }
}

/** The mark of an object: whose it is. */
export function ownerOf(name: string): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}/${name}`.replaceAll(/[^\w./-]/g, "-");
}
