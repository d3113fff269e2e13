import { z } from "zod";
import type {
  BackupPlan,
  ClaimedVolume,
  ClusterObject,
  NamespaceState,
  StorageLocation,
  VeleroBackup,
  VeleroRestore,
  VeleroRun,
} from "../ports/index.js";

/** Labels by which objects are known as ours. */
export const MARKS = {
  /** On backups and restores that were asked for by `pgkeep`, and on namespaces that it made. */
  ours: "pgkeep/asked",
  /** On restores: the namespace that they restore into. */
  into: "pgkeep/into",
  /** On namespaces that were left standing on purpose. */
  kept: "pgkeep/kept",
} as const;

/** Velero's own, on what it makes from a schedule. */
export const SCHEDULE_LABEL = "velero.io/schedule-name";

/** Velero's own, on what it brings back. */
const RESTORED_LABEL = "velero.io/restore-name";

const texts = z.record(z.string(), z.string());
const metadata = z.object({
  name: z.string().min(1),
  labels: texts.default({}),
  annotations: texts.default({}),
  deletionTimestamp: z.string().optional(),
});
const moment = z
  .string()
  .transform((text) => Date.parse(text))
  .refine((value) => !Number.isNaN(value), "is no moment");
const count = z.int().min(0).default(0);

/** A list of objects of a kind, as kubectl prints it. */
export function listOf<T>(item: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z.object({ items: z.array(item) }).transform(({ items }) => items);
}

export const locationSchema: z.ZodType<StorageLocation> = z
  .object({
    metadata,
    spec: z.object({
      accessMode: z.enum(["ReadWrite", "ReadOnly"]).default("ReadWrite"),
      default: z.boolean().default(false),
    }),
    status: z.object({ phase: z.string().default("") }).prefault({}),
  })
  .transform(({ metadata: { name }, spec, status }) => ({
    name,
    access: spec.accessMode,
    isDefault: spec.default,
    phase: status.phase,
  }));

/** What a backup says of itself, kept whole: a backup by hand is made from it. */
const template = z.looseObject({
  includedNamespaces: z.array(z.string()).default([]),
  storageLocation: z.string().optional(),
  snapshotVolumes: z.boolean().optional(),
  defaultVolumesToFsBackup: z.boolean().optional(),
  metadata: z.looseObject({ labels: texts.optional() }).optional(),
});

/** A schedule, with what a backup is made from. */
export const scheduleSchema = z
  .object({
    metadata,
    spec: z.object({ paused: z.boolean().default(false), template }),
    status: z
      .object({ phase: z.string().default(""), validationErrors: z.array(z.string()).default([]) })
      .prefault({}),
  })
  .transform(({ metadata: { name, labels, annotations }, spec, status }) => ({
    plan: {
      name,
      phase: status.phase,
      paused: spec.paused,
      problems: status.validationErrors,
      location: spec.template.storageLocation,
      namespaces: spec.template.includedNamespaces,
      snapshots: spec.template.snapshotVolumes !== false && spec.template.defaultVolumesToFsBackup !== true,
    } satisfies BackupPlan,
    template: spec.template,
    // As Velero itself does: labels of the template, if it has any, else those of the schedule.
    labels: spec.template.metadata?.labels ?? labels,
    annotations,
  }));

export type ReadSchedule = z.output<typeof scheduleSchema>;

const runStatus = {
  phase: z.string().default(""),
  startTimestamp: moment.optional(),
  completionTimestamp: moment.optional(),
  errors: count,
  warnings: count,
  validationErrors: z.array(z.string()).default([]),
  failureReason: z.string().optional(),
  hookStatus: z.object({ hooksFailed: count }).prefault({}),
};

const backupStatus = z.object({
  ...runStatus,
  expiration: moment.optional(),
  progress: z.object({ totalItems: count, itemsBackedUp: count }).prefault({}),
  csiVolumeSnapshotsAttempted: count,
  csiVolumeSnapshotsCompleted: count,
  volumeSnapshotsAttempted: count,
  volumeSnapshotsCompleted: count,
  backupItemOperationsAttempted: count,
  backupItemOperationsCompleted: count,
  backupItemOperationsFailed: count,
});

const restoreStatus = z.object({
  ...runStatus,
  progress: z.object({ totalItems: count, itemsRestored: count }).prefault({}),
  restoreItemOperationsAttempted: count,
  restoreItemOperationsCompleted: count,
  restoreItemOperationsFailed: count,
});

type AnyStatus = z.output<typeof backupStatus> | z.output<typeof restoreStatus>;

/** What both kinds tell alike. */
function runOf(
  { name, labels }: z.output<typeof metadata>,
  status: AnyStatus,
): Omit<VeleroRun, "items" | "moves"> {
  return {
    name,
    phase: status.phase,
    ours: labels[MARKS.ours] === "true",
    started: status.startTimestamp,
    ended: status.completionTimestamp,
    errors: status.errors,
    warnings: status.warnings,
    problems: [
      ...status.validationErrors,
      ...(status.failureReason === undefined ? [] : [status.failureReason]),
    ],
    hooksFailed: status.hookStatus.hooksFailed,
  };
}

export const backupSchema: z.ZodType<VeleroBackup> = z
  .object({
    metadata,
    spec: z.object({ includedNamespaces: z.array(z.string()).default([]) }),
    status: backupStatus.prefault({}),
  })
  .transform(({ metadata: own, spec, status }) => {
    const [attempted, completed] = [
      status.csiVolumeSnapshotsAttempted + status.volumeSnapshotsAttempted,
      status.csiVolumeSnapshotsCompleted + status.volumeSnapshotsCompleted,
    ];
    return {
      ...runOf(own, status),
      schedule: own.labels[SCHEDULE_LABEL],
      namespaces: spec.includedNamespaces,
      expires: status.expiration,
      items: { total: status.progress.totalItems, done: status.progress.itemsBackedUp },
      snapshots: { attempted, completed, failed: 0 },
      moves: {
        attempted: status.backupItemOperationsAttempted,
        completed: status.backupItemOperationsCompleted,
        failed: status.backupItemOperationsFailed,
      },
    };
  });

export const restoreSchema: z.ZodType<VeleroRestore> = z
  .object({
    metadata,
    spec: z.object({ backupName: z.string().default("") }),
    status: restoreStatus.prefault({}),
  })
  .transform(({ metadata: own, spec, status }) => ({
    ...runOf(own, status),
    backup: spec.backupName,
    into: own.labels[MARKS.into],
    items: { total: status.progress.totalItems, done: status.progress.itemsRestored },
    moves: {
      attempted: status.restoreItemOperationsAttempted,
      completed: status.restoreItemOperationsCompleted,
      failed: status.restoreItemOperationsFailed,
    },
  }));

export const namespaceSchema: z.ZodType<NamespaceState> = z
  .object({ metadata })
  .transform(({ metadata: { labels, deletionTimestamp } }) => ({
    ours: labels[MARKS.ours] === "true",
    kept: labels[MARKS.kept] === "true",
    ending: deletionTimestamp !== undefined,
  }));

/** A volume, with the namespace of its claim. */
export const volumeSchema: z.ZodType<ClaimedVolume & { readonly namespace: string | undefined }> = z
  .object({
    metadata,
    spec: z.object({
      persistentVolumeReclaimPolicy: z.string().default("Retain"),
      claimRef: z.object({ namespace: z.string().optional() }).optional(),
    }),
  })
  .transform(({ metadata: { name, labels }, spec }) => ({
    name,
    namespace: spec.claimRef?.namespace,
    restored: labels[RESTORED_LABEL] !== undefined,
    retained: spec.persistentVolumeReclaimPolicy === "Retain",
  }));

export const objectSchema: z.ZodType<ClusterObject> = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string().min(1),
    creationTimestamp: z.string().optional(),
    labels: texts.optional(),
    annotations: texts.optional(),
    managedFields: z
      .array(z.looseObject({ time: z.string().optional(), subresource: z.string().optional() }))
      .optional(),
  }),
});
