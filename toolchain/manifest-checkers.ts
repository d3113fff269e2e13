import type { GoBuild, GoModuleFile } from "./versions.js";

/*
 * Versions of what checks manifests and is no program of Go: those stand with the others in versions.ts.
 */

/** Files that are taken out of Go modules, together. */
export interface ModuleFiles {
  readonly name: string;
  readonly version: string;
  readonly files: readonly GoModuleFile[];
  /** Free space that fetching the modules needs. */
  readonly needsMiB: number;
  /** Seconds that fetching them takes. */
  readonly expectedSeconds: number;
}

const schemasOf = (module: string, folder: string, names: readonly string[]): readonly GoModuleFile[] =>
  names.map((name) => ({ directory: "kubernetes-schemas", module, path: `${folder}/${name}` }));

/** What objects of Kubernetes may hold: its own kinds, Velero's, those of CloudNativePG and its plugin Barman Cloud, and of volume snapshots. */
export const kubernetesSchemas: ModuleFiles = {
  name: "kubernetes-schemas",
  version: "1.31.0",
  files: [
    ...schemasOf("k8s.io/kubernetes", "api/openapi-spec", ["swagger.json"]),
    ...schemasOf(
      "github.com/vmware-tanzu/velero",
      "config/crd/v1/bases",
      [
        "backuprepositories",
        "backups",
        "backupstoragelocations",
        "deletebackuprequests",
        "downloadrequests",
        "podvolumebackups",
        "podvolumerestores",
        "restores",
        "schedules",
        "serverstatusrequests",
        "volumesnapshotlocations",
      ].map((kind) => `velero.io_${kind}.yaml`),
    ),
    ...schemasOf(
      "github.com/vmware-tanzu/velero",
      "config/crd/v2alpha1/bases",
      ["datadownloads", "datauploads"].map((kind) => `velero.io_${kind}.yaml`),
    ),
    ...schemasOf(
      "github.com/kubernetes-csi/external-snapshotter/client/v7",
      "config/crd",
      ["volumesnapshotclasses", "volumesnapshotcontents", "volumesnapshots"].map(
        (kind) => `snapshot.storage.k8s.io_${kind}.yaml`,
      ),
    ),
    ...schemasOf(
      "github.com/cloudnative-pg/cloudnative-pg",
      "config/crd/bases",
      ["backups", "clusterimagecatalogs", "clusters", "imagecatalogs", "poolers", "scheduledbackups"].map(
        (kind) => `postgresql.cnpg.io_${kind}.yaml`,
      ),
    ),
    ...schemasOf("github.com/cloudnative-pg/plugin-barman-cloud", "config/crd/bases", [
      "barmancloud.cnpg.io_objectstores.yaml",
    ]),
  ],
  needsMiB: 400,
  expectedSeconds: 30,
};

/** Files that a program of ours writes from the sources of Go modules. */
export interface GeneratedFiles {
  readonly name: string;
  readonly version: string;
  readonly build: GoBuild;
  /** What the program is told after the folder that it writes into. */
  readonly arguments: readonly string[];
  /** Names of what it writes. */
  readonly files: readonly string[];
  /** Free space that the build needs, caches included. */
  readonly needsMiB: number;
}

/** What objects of Calico may hold: its kinds are published as types of Go alone. */
export const calicoDefinitions: GeneratedFiles = {
  name: "calico-definitions",
  // Of the types: shortly before Calico 3.31, the newest whose hash the database of checksums knows.
  version: "0.0.0-20250916150628-d4009e4d7c50",
  build: {
    directory: "calico-definitions",
    package: ".",
    binary: "calico-definitions",
    define: {},
    expectedSeconds: 110,
  },
  arguments: ["GlobalNetworkPolicy", "GlobalNetworkSet", "NetworkPolicy", "NetworkSet", "Tier"],
  files: ["globalnetworkpolicies", "globalnetworksets", "networkpolicies", "networksets", "tiers"].map(
    (kind) => `projectcalico.org_${kind}.yaml`,
  ),
  needsMiB: 600,
};

/** Where CloudNativePG says which settings it keeps to itself, and what stands in pg_hba.conf and pg_ident.conf around ours. */
export const cloudNativePg: ModuleFiles = {
  name: "cloudnative-pg-source",
  version: "1.30.0",
  files: schemasOf("github.com/cloudnative-pg/cloudnative-pg", "pkg/postgres", ["configuration.go"]),
  needsMiB: 200,
  expectedSeconds: 15,
};

/** A program of Python in an environment of its own. */
export interface PythonProgram {
  readonly name: string;
  readonly version: string;
  /** File under `toolchain/python/` with every package, its version and the hash of what is installed. */
  readonly requirements: string;
  /** What the hashes are for. */
  readonly python: string;
  readonly platform: string;
  readonly needsMiB: number;
  readonly expectedSeconds: number;
}

export const pythonPrograms = {
  /** Checks manifests against good practice. */
  checkov: {
    name: "checkov",
    version: "3.3.30",
    requirements: "checkov.txt",
    python: "3.11",
    platform: "linux-x64",
    needsMiB: 700,
    expectedSeconds: 40,
  },
} as const satisfies Record<string, PythonProgram>;
