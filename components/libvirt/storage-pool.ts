import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";

export interface StoragePoolArgs {
  /** Name in libvirt. */
  name: string;
  /** Directory on the hypervisor; made when it does not exist. */
  path: string;
}

/** A directory pool for the volumes of one environment on one hypervisor. */
export class StoragePool extends pulumi.ComponentResource {
  /** Name in libvirt, once the pool is there. */
  readonly poolName: pulumi.Output<string>;

  constructor(name: string, args: StoragePoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgkeep:libvirt:StoragePool", name, { ...args }, opts);
    const pool = new libvirt.Pool(
      name,
      { name: args.name, type: "dir", target: { path: args.path } },
      // A pool of the same name cannot exist twice.
      { parent: this, deleteBeforeReplace: true },
    );
    this.poolName = pool.name;
    this.registerOutputs({ poolName: this.poolName });
  }
}
