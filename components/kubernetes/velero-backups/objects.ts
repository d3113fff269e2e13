import type { Location, ScheduleClass, VeleroDatabase, VeleroPlan } from "./args.js";

/** What a storage location says. */
export interface LocationSpec {
  readonly provider: string;
  readonly default: boolean;
  readonly accessMode: "ReadWrite" | "ReadOnly";
  readonly backupSyncPeriod: string;
  readonly objectStorage: { readonly bucket: string; readonly prefix: string; readonly caCert?: string };
  readonly credential: { readonly name: string; readonly key: string };
  readonly config: Readonly<Record<string, string>>;
}

/** A command in a container of pods, before their volumes are snapshot. */
interface Hook {
  readonly name: string;
  readonly includedNamespaces: readonly string[];
  readonly includedResources: readonly string[];
  readonly labelSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly pre: readonly {
    readonly exec: {
      readonly container: string;
      readonly command: readonly string[];
      readonly onError: "Continue";
      readonly timeout: string;
    };
  }[];
}

/** What a schedule says. */
export interface ScheduleSpec {
  readonly schedule: string;
  readonly paused: false;
  readonly useOwnerReferencesInBackup: false;
  readonly template: {
    readonly includedNamespaces: readonly string[];
    readonly storageLocation: string;
    readonly ttl: string;
    readonly snapshotVolumes: true;
    readonly snapshotMoveData: true;
    readonly defaultVolumesToFsBackup: false;
    readonly csiSnapshotTimeout: string;
    readonly itemOperationTimeout: string;
    readonly volumeGroupSnapshotLabelKey?: string;
    readonly hooks?: { readonly resources: readonly Hook[] };
  };
}

/** Where backups lie. The first location is the one that is meant where none is named. */
export function locationSpec(
  location: Location,
  credential: LocationSpec["credential"],
  isDefault: boolean,
): LocationSpec {
  const { plugin, access, syncPeriod, bucket, folder, authorities } = location;
  return {
    provider: plugin,
    default: isDefault,
    accessMode: access,
    backupSyncPeriod: syncPeriod,
    objectStorage: {
      bucket,
      prefix: folder,
      ...(authorities === undefined ? {} : { caCert: Buffer.from(authorities).toString("base64") }),
    },
    credential,
    config: configOf(location),
  };
}

/** What the plugin is told: which server, verified, and that it encrypts. */
function configOf({ region, address, encryption }: Location): Record<string, string> {
  return {
    region,
    // Names of buckets before a host's name need a certificate for each.
    ...(address === undefined ? {} : { s3Url: address, s3ForcePathStyle: "true" }),
    ...(encryption === "AES256" ? { serverSideEncryption: "AES256" } : {}),
    ...(typeof encryption === "object" ? { kmsKeyId: encryption.kmsKeyId } : {}),
  };
}

/** Name of the schedule of one database and class; backups are called after it. */
export function scheduleName(
  database: Pick<VeleroDatabase, "namespace">,
  { name }: { name: string },
): string {
  return `${database.namespace}-${name}`;
}

/**
 * One schedule of one database. Its volumes are snapshot by their CSI driver, each at one instant, and the data mover carries what was
 * snapshot into the location: a snapshot alone may go with the storage that it lies on. Live files are never read.
 */
export function scheduleSpec(
  { snapshotTimeout, moveTimeout }: Pick<VeleroPlan, "snapshotTimeout" | "moveTimeout">,
  database: VeleroDatabase,
  { schedule, ttl, location }: ScheduleClass,
): ScheduleSpec {
  const { namespace, volumeGroup, checkpoint } = database;
  return {
    schedule,
    paused: false,
    // With owner references the records of backups would go with the schedule.
    useOwnerReferencesInBackup: false,
    template: {
      includedNamespaces: [namespace],
      storageLocation: location,
      ttl,
      snapshotVolumes: true,
      snapshotMoveData: true,
      defaultVolumesToFsBackup: false,
      csiSnapshotTimeout: snapshotTimeout,
      itemOperationTimeout: moveTimeout,
      ...(volumeGroup === undefined ? {} : { volumeGroupSnapshotLabelKey: volumeGroup }),
      ...(checkpoint === undefined ? {} : { hooks: { resources: [checkpointHook(namespace, checkpoint)] } }),
    },
  };
}

/** A CHECKPOINT shortens the recovery of what is restored, and is no condition of it: the backup goes on without. */
function checkpointHook(
  namespace: string,
  { labels, container, command, timeout }: NonNullable<VeleroDatabase["checkpoint"]>,
): Hook {
  return {
    name: "checkpoint",
    includedNamespaces: [namespace],
    includedResources: ["pods"],
    labelSelector: { matchLabels: labels },
    pre: [{ exec: { container, command, onError: "Continue", timeout } }],
  };
}

/** Annotations by which Velero finds the class of a database's snapshots; those of a schedule pass on to its backups. */
export function snapshotAnnotations({ snapshotClass }: VeleroDatabase): Record<string, string> {
  return snapshotClass === undefined
    ? {}
    : { [`velero.io/csi-volumesnapshot-class_${snapshotClass.driver}`]: snapshotClass.name };
}
