import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { KvmHost, Secrets } from "../declaration/index.js";
import { guestBundle } from "../postgres/index.js";
import type { RecoveryPlan } from "../recovery/index.js";
import { asRoot, hostConnection } from "../remote/index.js";
import type { DeployerAccess } from "./host-connection.js";

export interface GuestConfigurationArgs {
  /** Hypervisor of the guest. */
  host: KvmHost;
  access: DeployerAccess;
  plan: RecoveryPlan;
  /** Guest of the plan. */
  guest: string;
  /** Name of the domain, once it has been started. */
  domain: pulumi.Input<string>;
  /** Which system disk the guest has: see `PostgresVm.generation`. Another one is configured anew. */
  generation: string;
  /** Sizes of the disks that hold data, in bytes. A disk grows while the guest runs; a smaller size is refused. */
  disks: readonly { readonly target: string; readonly size: number }[];
  /** Kept secret: it reaches the guest on standard input and through the guest agent only. */
  secrets: pulumi.Input<Secrets>;
  /** Longest wait for the guest's agent and its first start, in seconds. @default 900 */
  wait?: number;
}

/**
 * Configuration inside a guest: server, failover, backup and firewall, by the guest agent. A changed setting changes files
 * and reloads or restarts what reads them; it never replaces the VM.
 */
export class GuestConfiguration extends pulumi.ComponentResource {
  /** Files that the last run changed, one a line. */
  readonly report: pulumi.Output<string>;

  constructor(name: string, args: GuestConfigurationArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, access, plan, guest, generation, disks, wait = 900 } = args;
    super("pgkeep:libvirt:GuestConfiguration", name, { host, guest, generation, disks, wait }, opts);
    const bundle = pulumi
      .secret(args.secrets)
      // Disks are for the hypervisor, and the generation is there so that the command runs again; the guest uses neither.
      .apply((secrets) => JSON.stringify({ ...guestBundle(plan, secrets, guest), disks, generation }));
    const configuration = new command.remote.Command(
      name,
      {
        connection: hostConnection(host, access),
        create: pulumi
          .output(args.domain)
          .apply((domain) => asRoot(host, `pgkeep guest apply --domain ${domain} --wait ${wait}`)),
        stdin: bundle,
        addPreviousOutputInEnv: false,
        logging: command.remote.Logging.Stderr,
      },
      { parent: this, additionalSecretOutputs: ["stdin"], customTimeouts: { create: "60m", update: "60m" } },
    );
    this.report = pulumi.unsecret(configuration.stdout);
    this.registerOutputs({ report: this.report });
  }
}
