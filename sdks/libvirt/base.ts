import * as pulumi from "@pulumi/pulumi";

/** The plugin version that these bindings speak to. */
const version = "0.5.4";

/** Options of every resource: the plugin's version, unless the caller names another. */
export function withVersion<O extends pulumi.ResourceOptions>(options: O | undefined): O {
  return pulumi.mergeOptions({ version }, options) as unknown as O;
}

/** True when an object carries a type token, as resources, and what policy packs show of them, do. */
export function isOfType(candidate: unknown, token: string): boolean {
  return (
    typeof candidate === "object" &&
    candidate !== null &&
    "__pulumiType" in candidate &&
    candidate.__pulumiType === token
  );
}

/** Transforms the XML that the plugin generates, before libvirt sees it. Needs `xsltproc` where Pulumi runs. */
export interface XmlTransformation {
  /** XSLT 1.0 style sheet. Any change, white space between elements included, replaces the resource. */
  xslt?: pulumi.Input<string>;
}
