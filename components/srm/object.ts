import * as pulumi from "@pulumi/pulumi";
import { DynamicResource, type NamedProvider } from "../dynamic/dynamic-resource.js";
import type { kinds } from "./provider/index.js";

/** A provider of SRM, as the state names it. */
export function srmProvider(name: keyof typeof kinds): NamedProvider {
  return { entry: "pgkeep/srm/provider", name };
}

/** An object in SRM: made by tasks, kept in the state as SRM shows it. */
export class SrmObject extends DynamicResource {
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
      srmProvider(kind),
      `srm:${type}`,
      name,
      { ...inputs, objectId: undefined, facts: undefined, made: undefined },
      opts,
    );
  }
}

/** The mark of an object: whose it is. */
export function ownerOf(name: string): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}/${name}`.replaceAll(/[^\w./-]/g, "-");
}
