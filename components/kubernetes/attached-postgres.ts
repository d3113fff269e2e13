import * as pulumi from "@pulumi/pulumi";
import { AccessPolicies, type AccessPoliciesArgs } from "./access-policies.js";
import { drillPlan, type DrillPlan } from "./attached-postgres/drill-plan.js";
import { readAttachedPostgres } from "./attached-postgres/args.js";
import { ImageScan, type ImageScanArgs } from "./image-scan.js";
import { RuntimeRules, type RuntimeRulesArgs } from "./runtime-rules.js";
import { VeleroBackups, type BackedUpDatabase, type VeleroBackupsArgs } from "./velero-backups.js";

export interface AttachedPostgresArgs {
  /** Namespace of the database; it and everything in it is there, and stays as it is. */
  namespace: string;
  /** Labels by which the database's pods are found; all servers carry them and nothing else does. */
  labels: Readonly<Record<string, string>>;
  /** Backups by Velero, in a cluster where it is installed. @default none */
  backup?: Omit<VeleroBackupsArgs, "databases"> & {
    /** Claim templates, or claims, that the files of one server lie on. */
    volumes: readonly string[];
    /** Label of the claims that are snapshot together, where there are several. @default none */
    volumeGroup?: string;
    /** @default that which is labelled for Velero */
    snapshotClass?: BackedUpDatabase["snapshotClass"];
    /** A CHECKPOINT before the snapshot, in the pods that the labels find: the container, and a command that may checkpoint. @default none */
    checkpoint?: { container: string; command: readonly string[]; timeout?: string };
  };
  /**
   * Who reaches the database and what it reaches. All that is not said here is denied, and so it is for every other pod of the namespace.
   * @default none: the network stays as it is
   */
  access?: Omit<AccessPoliciesArgs, "namespace" | "cluster" | "labels">;
  /** A nightly scan of its images. `namespace` is where the scan runs. @default none */
  scan?: ImageScanArgs;
  /** Rules of Falco about it. @default none */
  detection?: RuntimeRulesArgs;
  /**
   * Drills of a restore, from the backups: with what `pgkeep velero` needs to know, in `drillPlan`. Needs backup.
   * @default none
   */
  drill?: {
    /** Longest that a restore may take, such as 4 h. */
    rto: string;
    /** Most that may be lost, such as 24 h; at least the time between two backups. */
    rpo: string;
    /** Context of the database's cluster in the kubeconfig of whoever drills. @default the current one */
    context?: string;
    /** Version of the Pod Security Standards that the drill's namespace enforces. @default v1.34 */
    podSecurityVersion?: string;
  };
}

/**
 * Backup, network policies, image scan, runtime rules and drills for a database that is there already, whoever made it. It is found by
 * its labels; nothing of it is declared, read or changed, and nothing of it goes with this component.
 */
export class AttachedPostgres extends pulumi.ComponentResource {
  readonly backups: VeleroBackups | undefined;
  readonly policies: AccessPolicies | undefined;
  readonly scan: ImageScan | undefined;
  readonly rules: RuntimeRules | undefined;
  /** What `pgkeep --plan` takes for `velero backup`, `velero restore` and `velero status`; no secret in it. */
  readonly drillPlan: DrillPlan | undefined;

  constructor(name: string, args: AttachedPostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    const plan = readAttachedPostgres(name, args);
    const { namespace, labels, backup, access, scan, detection } = args;
    // Arguments that hold secrets go to the components alone, which mark them.
    super("pgkeep:kubernetes:AttachedPostgres", name, { namespace, labels, drill: args.drill }, opts);
    const child = { parent: this };
    this.policies =
      access === undefined
        ? undefined
        : new AccessPolicies(`${name}-access`, { ...access, namespace, labels, cluster: name }, child);
    this.scan = scan === undefined ? undefined : new ImageScan(`${name}-scan`, scan, child);
    this.rules = detection === undefined ? undefined : new RuntimeRules(`${name}-rules`, detection, child);
    this.backups =
      backup === undefined
        ? undefined
        : new VeleroBackups(`${name}-velero`, backupsOf(namespace, labels, backup), child);
    this.drillPlan = plan.drill === undefined ? undefined : drillPlan(name, namespace, plan.drill);
    this.registerOutputs({ drillPlan: this.drillPlan });
  }
}

function backupsOf(
  namespace: string,
  labels: Readonly<Record<string, string>>,
  { volumes, volumeGroup, snapshotClass, checkpoint, ...backup }: NonNullable<AttachedPostgresArgs["backup"]>,
): VeleroBackupsArgs {
  const database: BackedUpDatabase = {
    namespace,
    volumes,
    ...(volumeGroup === undefined ? {} : { volumeGroup }),
    ...(snapshotClass === undefined ? {} : { snapshotClass }),
    ...(checkpoint === undefined ? {} : { checkpoint: { labels, ...checkpoint } }),
  };
  return { ...backup, databases: [database] };
}
