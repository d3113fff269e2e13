import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { KvmHost, Secrets } from "../declaration/index.js";
import type { RecoveryPlan } from "../recovery/index.js";
import { hostBundle } from "./host-bundle.js";
import { asRoot, hostConnection } from "../remote/index.js";
import type { DeployerAccess } from "./host-connection.js";

export interface HostAgentArgs {
  host: KvmHost;
  access: DeployerAccess;
  plan: RecoveryPlan;
  /** Kept secret: it reaches the hypervisor on standard input only. */
  secrets: pulumi.Input<Secrets>;
}

/**
 * What a hypervisor needs beside its guests: the recovery plan, keys, timers of the jobs, fencing, rules of access. Placed by
 * `pgkeep host apply`, which must be installed there, and taken away by `pgkeep host remove` when this is deleted; evidence,
 * backups and replicas stay.
 */
export class HostAgent extends pulumi.ComponentResource {
  /** What the last run changed, one line a thing. */
  readonly report: pulumi.Output<string>;

  constructor(name: string, args: HostAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, access, plan } = args;
    super("pgkeep:libvirt:HostAgent", name, { host, plan }, opts);
    const bundle = pulumi
      .secret(args.secrets)
      .apply((secrets) => JSON.stringify(hostBundle(plan, host.name, secrets)));
    const agent = new command.remote.Command(
      name,
      {
        connection: hostConnection(host, access),
        create: asRoot(host, "pgkeep host apply"),
        delete: asRoot(host, `pgkeep host remove --environment ${plan.environment.name}`),
        stdin: bundle,
        addPreviousOutputInEnv: false,
        logging: command.remote.Logging.Stderr,
      },
      { parent: this, additionalSecretOutputs: ["stdin"] },
    );
    this.report = pulumi.unsecret(agent.stdout);
    this.registerOutputs({ report: this.report });
  }
}
