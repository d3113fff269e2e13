import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Secrets, VmwareHost } from "../declaration/index.js";
import type { RecoveryPlan } from "../recovery/index.js";
import { asRoot, hostConnection, type HostAccess } from "../remote/index.js";
import type { Credentials } from "./connection.js";
import { hostBundle } from "./host-bundle.js";

export interface OperationsHostArgs {
  host: VmwareHost;
  access: HostAccess;
  plan: RecoveryPlan;
  /** Account of the site's vCenter that the host works with; kept secret. */
  credentials: Credentials;
  /** Kept secret: it reaches the host on standard input only. */
  secrets: pulumi.Input<Secrets>;
}

/** Programs that the host must have, and where each comes from. */
const REQUIRED = [
  { program: "pgkeep", from: "npm install -g pgkeep" },
  { program: "govc", from: "https://github.com/vmware/govmomi/releases, 0.32 or newer" },
  { program: "node", from: "the package nodejs" },
] as const;

/** A command that ends the script where a program is missing. */
function present({ program, from }: (typeof REQUIRED)[number]): string {
  return `command -v ${program} >/dev/null || { echo "${program} is missing on this operations host: ${from}" >&2; exit 1; }`;
}

/**
 * What the operations host of a site needs: the recovery plan, keys, its account of vCenter, fencing, timers of the jobs that the
 * command carries out on vSphere. Placed by `pgkeep host apply`, which must be installed there with govc (it says so before any VM is made), and taken away by
 * `pgkeep host remove` when this is deleted; evidence stays.
 */
export class OperationsHost extends pulumi.ComponentResource {
  /** What the last run changed, one line a thing. */
  readonly report: pulumi.Output<string>;

  constructor(name: string, args: OperationsHostArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, access, plan, credentials } = args;
    super("pgkeep:vsphere:OperationsHost", name, { host, plan }, opts);
    const bundle = pulumi
      .all([
        pulumi.secret(args.secrets),
        pulumi.secret(credentials.user),
        pulumi.secret(credentials.password),
      ])
      .apply(([secrets, user, password]) =>
        JSON.stringify(hostBundle(plan, host, secrets, { user, password })),
      );
    const agent = new command.remote.Command(
      name,
      {
        connection: hostConnection(host, access),
        create: asRoot(host, `sh -c '${REQUIRED.map(present).join("; ")}; exec pgkeep host apply'`),
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
