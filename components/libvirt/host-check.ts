import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { KvmHost } from "../declaration/index.js";
import { asRoot, hostConnection } from "../remote/index.js";
import type { DeployerAccess } from "./host-connection.js";
import { hostCheckScript, type HostRequirements } from "./text/host-check-script.js";

export interface HostCheckArgs {
  host: KvmHost;
  access: DeployerAccess;
  requirements: HostRequirements;
}

/**
 * Looks at a hypervisor before anything is made on it and names everything that is missing, at once: programs, bridges,
 * image, firmware, room in the image, files that a volume of ours would silently take over.
 */
export class HostCheck extends pulumi.ComponentResource {
  /** Known once the hypervisor has passed. */
  readonly passed: pulumi.Output<boolean>;

  constructor(name: string, args: HostCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, access, requirements } = args;
    super("pgkeep:libvirt:HostCheck", name, { host, requirements }, opts);
    const check = new command.remote.Command(
      name,
      {
        connection: hostConnection(host, access),
        create: asRoot(host, "sh -s -- create"),
        // Later the volumes are ours.
        update: asRoot(host, "sh -s -- update"),
        stdin: hostCheckScript(host, requirements),
        addPreviousOutputInEnv: false,
        logging: command.remote.Logging.Stderr,
      },
      { parent: this },
    );
    this.passed = check.id.apply(() => true);
    this.registerOutputs({ passed: this.passed });
  }
}
