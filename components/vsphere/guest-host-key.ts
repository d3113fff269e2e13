import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { VmwareHost } from "../declaration/index.js";
import { asRoot, hostConnection, type HostAccess } from "../remote/index.js";
import type { Credentials } from "./connection.js";
import { hostKeyScript } from "./text/host-key-script.js";

export interface GuestHostKeyArgs {
  /** Operations host of the guest's site, where govc and Node.js are. */
  host: VmwareHost;
  access: HostAccess;
  /** Name of the vCenter Server, with a port if it is not 443. */
  vcenter: string;
  /** Account that may read the VM; kept secret. */
  credentials: Credentials;
  /** BIOS UUID of the VM. Another one is asked anew. */
  vmUuid: pulumi.Input<string>;
  /** Longest wait for the guest's first start, in seconds. @default 900 */
  wait?: number;
}

/**
 * The public key of a guest's SSH server, as the guest itself told it to vCenter through VMware Tools. Whoever connects with it
 * knows that it is this VM: the key comes over a verified connection to vCenter, and who could write it there could change the VM
 * in every other way as well.
 */
export class GuestHostKey extends pulumi.ComponentResource {
  /** Such as "ssh-ed25519 AAAA…". */
  readonly hostKey: pulumi.Output<string>;

  constructor(name: string, args: GuestHostKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, access, vcenter, credentials, vmUuid, wait = 900 } = args;
    super("pgkeep:vsphere:GuestHostKey", name, { host, vcenter, vmUuid, wait }, opts);
    const script = hostKeyScript({ vcenter, wait, authorities: host.authorities });
    const read = new command.remote.Command(
      name,
      {
        connection: hostConnection(host, access),
        create: pulumi
          .output(vmUuid)
          .apply((uuid) =>
            asRoot(host, `sh -c '${script.replaceAll("'", "'\\''")}' pgkeep-host-key ${uuid}`),
          ),
        stdin: pulumi.secret(pulumi.interpolate`${credentials.user}\n${credentials.password}\n`),
        addPreviousOutputInEnv: false,
        logging: command.remote.Logging.Stderr,
      },
      { parent: this, additionalSecretOutputs: ["stdin"], customTimeouts: { create: "60m", update: "60m" } },
    );
    this.hostKey = pulumi.unsecret(read.stdout).apply((text) => text.trim());
    this.registerOutputs({ hostKey: this.hostKey });
  }
}
