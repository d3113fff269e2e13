import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readVeleroBackups, type Location, type VeleroPlan } from "./velero-backups/args.js";
import { locationSpec, scheduleName, scheduleSpec, snapshotAnnotations } from "./velero-backups/objects.js";
import { judgedPassword, REPOSITORY_SECRET } from "./velero-backups/repository-password.js";

export interface VeleroBackupsArgs {
  /** Namespace of Velero; it is there. @default velero */
  namespace?: string;
  /** Version of Velero's server, 1.14 or newer: `1.18`. Fields that it does not know are refused. */
  version: string;
  /**
   * Password of the repositories that moved data lies in, the same in every cluster that reads them: 24 characters or more, from a Pulumi
   * secret, with a copy outside the protected sites. Nothing is opened without it, and it cannot be changed later.
   */
  repositoryPassword: pulumi.Input<string>;
  /** Where backups lie; the first one is Velero's default. A cluster that only reads them has the same with access ReadOnly. */
  locations: readonly BackupLocation[];
  /** What is backed up. @default nothing: a cluster that restores what another has backed up */
  databases?: readonly BackedUpDatabase[];
  /** Made for each database. @default daily at 02:00, kept 168h, and weekly on Sunday at 03:00, kept 720h, in the first location */
  schedules?: readonly BackupSchedule[];
  /** Longest that the snapshot of a volume may take, as a duration of Go. @default 10m */
  snapshotTimeout?: string;
  /** Longest that moving what was snapshot into the location may take, as a duration of Go. @default 4h */
  moveTimeout?: string;
  /** Refuse to delete the repositories' password. @default true */
  protect?: boolean;
  /**
   * Installs Velero, where this program does, once the repositories' password stands: a server that finds none sets the one that everybody
   * knows. Locations and schedules wait for what it gives. @default Velero is there
   */
  install?: (password: pulumi.Resource) => readonly pulumi.Resource[];
}

/** A place in an object store with the API of S3. */
export interface BackupLocation {
  /** @default default */
  name?: string;
  /** ReadOnly in the second cluster: it lists and restores, makes no backups and removes none. */
  access: "ReadWrite" | "ReadOnly";
  /** Velero's plugin for the store. @default aws */
  plugin?: string;
  bucket: string;
  /** Folder in the bucket, for these clusters alone. */
  folder: string;
  /** @default us-east-1 */
  region?: string;
  /** Address of a store that is not the provider's own: `https://objects.example.org:9000`. @default the region's */
  address?: string;
  /** Certificates (PEM) of the authorities that the store's is checked by. @default the image's */
  authorities?: string;
  /** Encryption by the store; `bucket` where the bucket does so by default. @default AES256 */
  encryption?: "AES256" | { kmsKeyId: string } | "bucket";
  /** A key for the store: a Secret with a file of credentials by name and key (`cloud`), or the two for one. */
  credentials:
    | { secretName: string; key?: string }
    | { accessKey: pulumi.Input<string>; secretKey: pulumi.Input<string> };
  /** How often backups of other clusters are looked for, as a duration of Go. @default 1m */
  syncPeriod?: string;
}

/** The database of a namespace. */
export interface BackedUpDatabase {
  /** Everything in it is backed up. */
  namespace: string;
  /**
   * Volumes that the files of one server lie on: its claim templates. One, with pg_wal and all tablespaces in it; several only as a group
   * whose snapshots are of one instant.
   */
  volumes: readonly string[];
  /** Label of the claims that are snapshot together (VolumeGroupSnapshot); from Velero 1.18 on, and the CSI driver must do it. @default none */
  volumeGroup?: string;
  /** VolumeSnapshotClass for the claims of a CSI driver. @default that which is labelled for Velero */
  snapshotClass?: { driver: string; name: string };
  /** A CHECKPOINT before the snapshot, which shortens recovery; what fails there makes the backup PartiallyFailed, with everything in it. @default none */
  checkpoint?: {
    /** Labels of the servers' pods. */
    labels: Readonly<Record<string, string>>;
    /** @default postgres */
    container?: string;
    /** A program and its arguments; no shell. @default psql as maint, which may checkpoint, over the socket */
    command?: readonly string[];
    /** A checkpoint may have much to write; as a duration of Go. @default 10m */
    timeout?: string;
  };
}

/** When every database is backed up, and how long that is kept. */
export interface BackupSchedule {
  /** A database's namespace comes before it: orders-daily. */
  name: string;
  /** Five cron fields, UTC. */
  schedule: string;
  /** How long a backup is kept, as a duration of Go: 168h, 720h. Velero removes it then, with its data. At least two runs. */
  ttl: string;
  /** @default the first location */
  location?: string;
}

/**
 * Backups of databases' namespaces and volumes by Velero: where they lie, when they are made, how long they are kept, and the password of
 * the data that is moved there. In the second cluster the same locations, read-only. Single backups and restores are actions:
 * `pgkeep velero`.
 */
export class VeleroBackups extends pulumi.ComponentResource {
  /** Names of the locations, known when Velero reaches them. */
  readonly locations: readonly pulumi.Output<string>[];
  /** Names of the schedules, known when Velero has taken them. */
  readonly schedules: readonly pulumi.Output<string>[];

  constructor(name: string, args: VeleroBackupsArgs, opts?: pulumi.ComponentResourceOptions) {
    const { install = () => [], ...stated } = args;
    const plan = readVeleroBackups(name, stated);
    super("pgkeep:kubernetes:VeleroBackups", name, withSecrets(stated), opts);
    const labels = { "app.kubernetes.io/managed-by": "pgkeep", "app.kubernetes.io/instance": name };
    const metadata = (called: string) => ({ name: called, namespace: plan.namespace, labels });
    const child = { parent: this };

    const password = new k8s.core.v1.Secret(
      `${name}-repository`,
      {
        metadata: metadata(REPOSITORY_SECRET.name),
        type: "Opaque",
        immutable: true,
        stringData: pulumi.secret({
          [REPOSITORY_SECRET.key]: judgedPassword(`VeleroBackups ${name}`, args.repositoryPassword),
        }),
      },
      // With it go all backups: what is moved is encrypted by it.
      { ...child, protect: plan.protect, retainOnDelete: plan.protect },
    );
    const installed = install(password);
    const locations = plan.locations.map((location, i) =>
      this.location(name, location, i === 0, metadata, [password, ...installed]),
    );
    this.locations = locations.map((location) => location.metadata.name);
    this.schedules = this.scheduled(name, plan, metadata, locations);
    this.registerOutputs({ locations: this.locations, schedules: this.schedules });
  }

  private location(
    name: string,
    location: Location,
    isDefault: boolean,
    metadata: (called: string) => { name: string; namespace: string; labels: Record<string, string> },
    after: readonly pulumi.Resource[],
  ): k8s.apiextensions.CustomResource {
    const { credentials } = location;
    const needed = [...after];
    const called = `${name}-${location.name}`;
    if ("accessKey" in credentials)
      needed.push(
        new k8s.core.v1.Secret(
          `${called}-credentials`,
          {
            metadata: metadata(called),
            type: "Opaque",
            stringData: pulumi.secret({
              cloud: credentialsFile(credentials.accessKey, credentials.secretKey),
            }),
          },
          { parent: this },
        ),
      );
    const key =
      "secretName" in credentials
        ? { name: credentials.secretName, key: credentials.key }
        : { name: called, key: "cloud" };
    return new k8s.apiextensions.CustomResource(
      called,
      {
        ...VELERO,
        kind: "BackupStorageLocation",
        metadata: { ...metadata(location.name), annotations: awaited("Available") },
        spec: locationSpec(location, key, isDefault),
      },
      { parent: this, dependsOn: needed, customTimeouts: PATIENCE },
    );
  }

  private scheduled(
    name: string,
    plan: VeleroPlan,
    metadata: (called: string) => { name: string; namespace: string; labels: Record<string, string> },
    after: pulumi.Resource[],
  ): readonly pulumi.Output<string>[] {
    return plan.databases.flatMap((database) =>
      plan.schedules.map((each) => {
        const called = scheduleName(database, each);
        return new k8s.apiextensions.CustomResource(
          `${name}-${called}`,
          {
            ...VELERO,
            kind: "Schedule",
            metadata: {
              ...metadata(called),
              annotations: { ...snapshotAnnotations(database), ...awaited("Enabled") },
            },
            spec: scheduleSpec(plan, database, each),
          },
          { parent: this, dependsOn: after, customTimeouts: PATIENCE },
        ).metadata.name;
      }),
    );
  }
}

const VELERO = { apiVersion: "velero.io/v1" } as const;

/** Velero looks at new objects within a minute; what is wrong then stays wrong. */
const PATIENCE = { create: "5m", update: "5m" };

/** Lets the engine wait until Velero has found nothing wrong. */
function awaited(phase: string): Record<string, string> {
  return { "pulumi.com/waitFor": `jsonpath={.status.phase}=${phase}` };
}

/** The file that plugins for S3 read. */
function credentialsFile(access: pulumi.Input<string>, secret: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.interpolate`[default]
aws_access_key_id = ${access}
aws_secret_access_key = ${secret}
`;
}

/** The arguments, with what is secret in them marked so: they stand in the state. */
function withSecrets(args: Omit<VeleroBackupsArgs, "install">): Omit<VeleroBackupsArgs, "install"> {
  return {
    ...args,
    repositoryPassword: pulumi.secret(args.repositoryPassword),
    locations: args.locations.map((location) => {
      const { credentials } = location;
      return "accessKey" in credentials
        ? {
            ...location,
            credentials: {
              accessKey: pulumi.secret(credentials.accessKey),
              secretKey: pulumi.secret(credentials.secretKey),
            },
          }
        : location;
    }),
  };
}
