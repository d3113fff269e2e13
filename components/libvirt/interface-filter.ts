import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { KvmHost } from "../declaration/index.js";
import { asRoot, hostConnection } from "../remote/index.js";
import type { DeployerAccess } from "./host-connection.js";

export interface InterfaceFilterArgs {
  host: KvmHost;
  access: DeployerAccess;
  /** Name in libvirt, lower-case letters, digits and hyphens. */
  name: string;
  /** Definition with a fixed UUID, so that a changed one takes effect on running guests at once. */
  xml: string;
}

/**
 * An nwfilter on one hypervisor. The provider knows none, so `virsh` defines it; a change is defined over the old one,
 * which changes running guests without a gap. Deleted after the guests that use it.
 */
export class InterfaceFilter extends pulumi.ComponentResource {
  /** Name in libvirt, once the filter is there. */
  readonly filterName: pulumi.Output<string>;

  constructor(name: string, args: InterfaceFilterArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, access } = args;
    super("pgkeep:libvirt:InterfaceFilter", name, { host, name: args.name, xml: args.xml }, opts);
    if (!/^[a-z][a-z0-9-]*$/.test(args.name))
      throw new TypeError(
        `InterfaceFilter ${name}: name "${args.name}" is not usable; give lower-case letters, digits and hyphens`,
      );
    const uri = "qemu:///system";
    const filter = new command.remote.Command(
      name,
      {
        connection: hostConnection(host, access),
        create: asRoot(host, `virsh -q -c ${uri} nwfilter-define /dev/stdin`),
        delete: asRoot(
          host,
          `sh -c 'virsh -q -c ${uri} nwfilter-dumpxml ${args.name} >/dev/null 2>&1 || exit 0; virsh -q -c ${uri} nwfilter-undefine ${args.name}'`,
        ),
        stdin: args.xml,
        addPreviousOutputInEnv: false,
        logging: command.remote.Logging.Stderr,
      },
      { parent: this },
    );
    this.filterName = filter.id.apply(() => args.name);
    this.registerOutputs({ filterName: this.filterName });
  }
}
