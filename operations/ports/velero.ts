import { OperationError } from "../errors.js";

/** The API server refuses, or does not answer. */
export class KubernetesError extends OperationError {
  override readonly name: string = "KubernetesError";

  constructor(
    readonly site: string,
    problem: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super(`cluster of site ${site}: ${problem}`, remedy, undefined, options);
  }
}

/** It does not answer; what runs there goes on. */
export class ClusterUnreachableError extends KubernetesError {
  override readonly name = "ClusterUnreachableError";
}

/** A place in an object store where backups lie. */
export interface StorageLocation {
  readonly name: string;
  readonly access: "ReadWrite" | "ReadOnly";
  /** Meant where a backup names none. */
  readonly isDefault: boolean;
  /** Available, Unavailable; empty before Velero has looked. */
  readonly phase: string;
}

/** When Velero makes backups, and of what. */
export interface BackupPlan {
  readonly name: string;
  /** New, Enabled, FailedValidation. */
  readonly phase: string;
  readonly paused: boolean;
  /** What Velero finds wrong with it. */
  readonly problems: readonly string[];
  /** Location; undefined for the default. */
  readonly location: string | undefined;
  readonly namespaces: readonly string[];
  /** Volumes are snapshot; not left out, and not copied file by file. */
  readonly snapshots: boolean;
}

/** What Velero counts while it works. */
export interface Count {
  readonly attempted: number;
  readonly completed: number;
  readonly failed: number;
}

/** A backup or a restore as Velero tells of it. */
export interface VeleroRun {
  readonly name: string;
  /** One of Velero's phases; empty before Velero has seen it. */
  readonly phase: string;
  /** Asked for by `pgkeep`. */
  readonly ours: boolean;
  /** Milliseconds since 1970; undefined before it starts, or ends. */
  readonly started: number | undefined;
  readonly ended: number | undefined;
  readonly errors: number;
  readonly warnings: number;
  /** Why it was refused, or why it failed. */
  readonly problems: readonly string[];
  /** Objects: of how many, how many are done. */
  readonly items: { readonly total: number; readonly done: number };
  /** Volumes whose data is moved. */
  readonly moves: Count;
  readonly hooksFailed: number;
}

export interface VeleroBackup extends VeleroRun {
  /** Schedule that it was made from. */
  readonly schedule: string | undefined;
  readonly namespaces: readonly string[];
  /** Volumes that were snapshot. */
  readonly snapshots: Count;
  /** Milliseconds since 1970, when Velero removes it. */
  readonly expires: number | undefined;
}

export interface VeleroRestore extends VeleroRun {
  readonly backup: string;
  /** Namespace that it restores into, if `pgkeep` has asked for it. */
  readonly into: string | undefined;
}

/** What a restore shall do. */
export interface RestoreOrder {
  readonly name: string;
  readonly backup: string;
  readonly from: string;
  readonly into: string;
  /** Resources that are left out. */
  readonly without: readonly string[];
}

/** A namespace. */
export interface NamespaceState {
  /** Made by `pgkeep` for a restore. */
  readonly ours: boolean;
  /** Left standing on purpose. */
  readonly kept: boolean;
  /** It is being deleted. */
  readonly ending: boolean;
}

/** A volume that a claim has, or had. */
export interface ClaimedVolume {
  readonly name: string;
  /** Brought back by Velero as an object: what it stands for is not a copy of its own. */
  readonly restored: boolean;
  /** It stays when its claim goes. */
  readonly retained: boolean;
}

/** An object of Kubernetes. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
    /** Who has changed what, and when. */
    readonly managedFields?:
      | readonly { readonly time?: string | undefined; readonly subresource?: string | undefined }[]
      | undefined;
  };
  readonly [part: string]: unknown;
}

/** One Kubernetes cluster with Velero in it. Every method throws a KubernetesError that says what helps. */
export interface VeleroCluster {
  /** Site of the environment. */
  readonly site: string;
  locations(): Promise<readonly StorageLocation[]>;
  schedule(name: string): Promise<BackupPlan | undefined>;
  schedules(): Promise<readonly BackupPlan[]>;
  /** Backups, from old to new. */
  backups(): Promise<readonly VeleroBackup[]>;
  backup(name: string): Promise<VeleroBackup | undefined>;
  /** Has Velero make a backup as the schedule itself would. One of that name that is there already is the same one. */
  startBackup(schedule: string, name: string): Promise<void>;
  restores(): Promise<readonly VeleroRestore[]>;
  restore(name: string): Promise<VeleroRestore | undefined>;
  startRestore(order: RestoreOrder): Promise<void>;
  /** Removes the record of a restore, not what it has restored. */
  removeRestore(name: string): Promise<void>;
  namespace(name: string): Promise<NamespaceState | undefined>;
  /** Makes a namespace of ours that admits restricted pods, which reach nothing and are reached by nobody. */
  makeClosedNamespace(name: string): Promise<void>;
  /** Marks a namespace of ours as kept. */
  keepNamespace(name: string): Promise<void>;
  /** Removes a namespace with everything in it; returns when the API server has begun. */
  removeNamespace(name: string): Promise<void>;
  /** Volumes of the claims of a namespace, and those that are left of claims that are gone. */
  volumes(namespace: string): Promise<readonly ClaimedVolume[]>;
  /** Removes a volume as an object; one that is retained keeps what it stands for. */
  removeVolume(name: string): Promise<void>;
  /** Objects of these resources in a namespace, those that the cluster does not know left out. */
  objects(namespace: string, resources: readonly string[]): Promise<readonly ClusterObject[]>;
}
