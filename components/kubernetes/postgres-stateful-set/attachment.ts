import type * as k8s from "@pulumi/kubernetes";

/** What is attached to the pods of a database: a WAL archive, hooks of a backup, an exporter. */
export interface PodAttachment {
  /** Server settings, such as archive_command; they take the place of generated ones. @default none */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Containers beside the server; requests and limits must be equal. @default none */
  readonly containers?: readonly k8s.types.input.core.v1.Container[];
  /** Containers before it, in order, after the one that prepares the data directory. @default none */
  readonly initContainers?: readonly k8s.types.input.core.v1.Container[];
  /** Volumes of the pod. @default none */
  readonly volumes?: readonly k8s.types.input.core.v1.Volume[];
  /** Mounts of the server's container. @default none */
  readonly mounts?: readonly k8s.types.input.core.v1.VolumeMount[];
  /** Annotations of the pods. @default none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Labels of the pods. @default none */
  readonly labels?: Readonly<Record<string, string>>;
}

const list = <K extends keyof PodAttachment>(
  all: readonly PodAttachment[],
  key: K,
): NonNullable<PodAttachment[K]>[] => all.flatMap((each) => (each[key] === undefined ? [] : [each[key]]));

/** Several attachments as one, every part present. */
export function joined(all: readonly PodAttachment[]): Required<PodAttachment> {
  return {
    settings: Object.assign({}, ...list(all, "settings")) as Record<string, string | number | boolean>,
    containers: list(all, "containers").flat(),
    initContainers: list(all, "initContainers").flat(),
    volumes: list(all, "volumes").flat(),
    mounts: list(all, "mounts").flat(),
    annotations: Object.assign({}, ...list(all, "annotations")) as Record<string, string>,
    labels: Object.assign({}, ...list(all, "labels")) as Record<string, string>,
  };
}
