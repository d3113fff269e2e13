import { installPrograms, type Progress, versions } from "../../toolchain/index.js";

/** Where the programs of the Kubernetes laboratory lie. */
export interface KubernetesPrograms {
  readonly apiServer: string;
  readonly controllerManager: string;
  readonly scheduler: string;
  readonly kubectl: string;
  readonly kwok: string;
  readonly velero: string;
  readonly veleroObjectStorePlugin: string;
  readonly objectStore: string;
}

/** Obtains the programs that are not in the cache: see toolchain/kubernetes-versions.ts. */
export async function kubernetesPrograms(progress?: Progress): Promise<KubernetesPrograms> {
  const wanted = { ...versions.kubernetesPrograms, objectStore: versions.programs.objectStore };
  const places = await installPrograms(Object.values(wanted), progress === undefined ? {} : { progress });
  const place = (name: keyof KubernetesPrograms): string => places[Object.keys(wanted).indexOf(name)] ?? "";
  return {
    apiServer: place("apiServer"),
    controllerManager: place("controllerManager"),
    scheduler: place("scheduler"),
    kubectl: place("kubectl"),
    kwok: place("kwok"),
    velero: place("velero"),
    veleroObjectStorePlugin: place("veleroObjectStorePlugin"),
    objectStore: place("objectStore"),
  };
}
