import type { Api, ApiObject } from "./api.js";
import { ApiError } from "./api.js";
import { STORAGE_CLASS, STORAGE_DRIVER } from "./site.js";

/** Milliseconds between two looks. */
const EVERY = 300;

/** What a storage driver's provisioner does: each claim gets a volume. The controller manager binds them. */
export class Provisioner {
  private stopped = false;
  private readonly done: Promise<void>;

  private constructor(
    private readonly api: Api,
    private readonly problems: string[],
  ) {
    this.done = this.work();
  }

  /** @param problems gets what goes wrong */
  static start(api: Api, problems: string[]): Provisioner {
    return new Provisioner(api, problems);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
  }

  private async work(): Promise<void> {
    while (!this.stopped) {
      try {
        for (const claim of await this.api.list("/api/v1/persistentvolumeclaims"))
          if (isWaiting(claim)) await this.provide(claim);
      } catch (error) {
        // An API server that ends meanwhile ends this too.
        if (!this.stopped) this.problems.push(`provisioner: ${(error as Error).message}`);
      }
      await new Promise((wake) => setTimeout(wake, EVERY));
    }
  }

  private async provide({ metadata, spec }: ApiObject): Promise<void> {
    const name = `pvc-${metadata.uid ?? ""}`;
    const { resources, accessModes, volumeMode } = spec as {
      resources: { requests: { storage: string } };
      accessModes: string[];
      volumeMode?: string;
    };
    try {
      await this.api.create("/api/v1/persistentvolumes", {
        metadata: { name, annotations: { "pv.kubernetes.io/provisioned-by": STORAGE_DRIVER } },
        spec: {
          accessModes,
          volumeMode,
          capacity: { storage: resources.requests.storage },
          claimRef: {
            apiVersion: "v1",
            kind: "PersistentVolumeClaim",
            namespace: metadata.namespace,
            name: metadata.name,
            uid: metadata.uid,
          },
          csi: { driver: STORAGE_DRIVER, volumeHandle: name },
          persistentVolumeReclaimPolicy: "Retain",
          storageClassName: STORAGE_CLASS,
        },
      });
    } catch (error) {
      // Made at an earlier look.
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
    }
  }
}

function isWaiting({ spec, status }: ApiObject): boolean {
  return (
    spec?.["storageClassName"] === STORAGE_CLASS &&
    spec["volumeName"] === undefined &&
    status?.["phase"] === "Pending"
  );
}
