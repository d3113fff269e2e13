import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Secrets, VmwareHost } from "../declaration/index.js";
import { CONFIGURATION_ACCOUNT, GUEST_PATHS, guestBundle } from "../postgres/index.js";
import { DISKS, type RecoveryPlan } from "../recovery/index.js";
import { hostConnection, type HostAccess } from "../remote/index.js";

/** Volumes of a bundle in its order are the disks that hold data, in theirs. */
const DATA_DISKS = DISKS.map(({ purpose }) => purpose).filter((purpose) => purpose !== "system");

export interface GuestConfigurationArgs {
  /** Operations host of the guest's site: the way to the guest, and the only one. */
  host: VmwareHost;
  access: HostAccess;
  plan: RecoveryPlan;
  /** Guest of the plan. */
  guest: string;
  /** Public key of the guest's SSH server, as `GuestHostKey` gives it. */
  hostKey: pulumi.Input<string>;
  /** Device of each disk in the guest: see `PostgresVm.devices`. */
  devices: pulumi.Input<Readonly<Record<(typeof DISKS)[number]["purpose"], string>>>;
  /** Which VM it is: see `PostgresVm.vmUuid`. Another one is configured anew. */
  vmUuid: pulumi.Input<string>;
  /** Sizes of the disks in bytes. A grown one is noticed in the guest, and its file system grown. */
  sizes: Readonly<Record<string, number>>;
  /** Kept secret: it reaches the guest on standard input of an SSH session only. */
  secrets: pulumi.Input<Secrets>;
}

/**
 * Configuration inside a guest: server, failover, backup and firewall, by SSH over the site's operations host. The key opens nothing
 * but `pgkeep-apply`, which takes the bundle on standard input. A changed setting changes files and reloads or restarts what reads
 * them; it never replaces the VM. Why not guestinfo and why not guest operations: see `guestAccess`.
 */
export class GuestConfiguration extends pulumi.ComponentResource {
  /** Files that the last run changed, as JSON. */
  readonly report: pulumi.Output<string>;

  constructor(name: string, args: GuestConfigurationArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, access, plan, guest, hostKey, vmUuid, sizes } = args;
    super("pgkeep:vsphere:GuestConfiguration", name, { host, guest, hostKey, vmUuid, sizes }, opts);
    const target = plan.guests.find((candidate) => candidate.name === guest);
    if (target === undefined)
      throw new RangeError(
        `"${guest}" is not a guest of this environment; give one of ${plan.guests.map((g) => g.name).join(", ")}`,
      );
    const secrets = pulumi.secret(args.secrets);
    const bundle = pulumi
      .all([secrets, args.devices, vmUuid])
      // UUID and sizes are there so that the command runs again; the guest does not use them.
      .apply(([all, devices, generation]) => {
        const { volumes, ...rest } = guestBundle(plan, all, guest);
        const placed = volumes.map((volume, i) => ({ ...volume, device: devices[DATA_DISKS[i] ?? "data"] }));
        return JSON.stringify({ ...rest, volumes: placed, generation, sizes });
      });
    const configuration = new command.remote.Command(
      name,
      {
        connection: {
          host: target.addresses.management,
          user: CONFIGURATION_ACCOUNT,
          hostKey,
          privateKey: secrets.apply(({ operationsKey }) => operationsKey.private),
          perDialTimeout: 15,
          dialErrorLimit: 10,
          proxy: hostConnection(host, access),
        },
        // The key is bound to this command; another one would be ignored.
        create: `sudo -n ${GUEST_PATHS.apply}`,
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
