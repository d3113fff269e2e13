import * as pulumi from "@pulumi/pulumi";
import { isOfType, withVersion } from "./base.js";

export interface ProviderArgs {
  /**
   * libvirt connection URI, such as `qemu+ssh://root@host/system?keyfile=…&knownhosts=…`.
   * @default the environment variable LIBVIRT_DEFAULT_URI
   */
  uri?: pulumi.Input<string>;
}

/** The connection to one hypervisor: one instance a host, named explicitly by every resource. */
export class Provider extends pulumi.ProviderResource {
  /** @internal also read by policy packs */
  static readonly __pulumiType = "libvirt";

  /** libvirt connection URI. */
  declare readonly uri: pulumi.Output<string | undefined>;

  constructor(name: string, args: ProviderArgs = {}, options?: pulumi.ResourceOptions) {
    super("libvirt", name, { uri: args.uri ?? process.env["LIBVIRT_DEFAULT_URI"] }, withVersion(options));
  }

  /** True for a provider of this package, also when the package is loaded twice. */
  static override isInstance(candidate: unknown): candidate is Provider {
    return isOfType(candidate, "pulumi:providers:libvirt") || isOfType(candidate, Provider.__pulumiType);
  }
}
