import type { GoBuild, PluginVersion, ProgramVersion } from "./versions.js";

/*
 * Versions of what only Kubernetes needs: the engine's plugin, and a cluster without containers for the laboratory. They belong to the
 * table of versions.ts.
 */

const PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4";

/** The version that package.json has of the SDK: the newest whose plugin can be had as a module. */
export const kubernetesPlugin = {
  name: "kubernetes",
  version: "4.25.0",
  fallback: {
    directory: "pulumi-resource-kubernetes",
    package: ".",
    binary: "pulumi-resource-kubernetes",
    define: { "main.version": "4.25.0" },
    embeds: ["schema.json", "terraform-mapping.json"].map((name) => ({
      directory: "pulumi-resource-kubernetes",
      module: PROVIDER,
      path: `cmd/pulumi-resource-kubernetes/${name}`,
    })),
    expectedSeconds: 660,
  },
  downloadSeconds: 60,
  buildNeedsMiB: 6000,
} as const satisfies PluginVersion;

const KUBERNETES = "1.31.0";
const STAMP = "k8s.io/component-base/version";

/** A program of Kubernetes itself; the release that it says it is of decides what it does. */
const kubernetesBuild = (binary: string, expectedSeconds: number): GoBuild => ({
  directory: "kubernetes",
  package: `k8s.io/kubernetes/cmd/${binary}`,
  binary,
  define: {
    [`${STAMP}.gitVersion`]: `v${KUBERNETES}`,
    [`${STAMP}.gitMajor`]: "1",
    [`${STAMP}.gitMinor`]: "31",
  },
  expectedSeconds,
});

const kubernetesProgram = (name: string, expectedSeconds: number): ProgramVersion => ({
  name,
  version: KUBERNETES,
  versionArguments: name === "kubectl" ? ["version", "--client"] : ["--version"],
  build: kubernetesBuild(name, expectedSeconds),
  buildNeedsMiB: 4000,
});

export const kubernetesPrograms = {
  apiServer: kubernetesProgram("kube-apiserver", 300),
  controllerManager: kubernetesProgram("kube-controller-manager", 90),
  scheduler: kubernetesProgram("kube-scheduler", 30),
  kubectl: kubernetesProgram("kubectl", 60),
  /** Nodes, and pods on them, that live in the API alone. */
  kwok: {
    name: "kwok",
    version: "0.5.2",
    versionArguments: ["--version"],
    build: {
      directory: "kwok",
      package: "sigs.k8s.io/kwok/cmd/kwok",
      binary: "kwok",
      define: {},
      expectedSeconds: 120,
    },
    buildNeedsMiB: 2000,
  },
  /** Server and command line in one. */
  velero: {
    name: "velero",
    version: "1.14.0",
    versionArguments: ["version", "--client-only"],
    build: {
      directory: "velero",
      package: "./velero",
      binary: "velero",
      define: { "github.com/vmware-tanzu/velero/pkg/buildinfo.Version": "v1.14.0" },
      expectedSeconds: 300,
    },
    buildNeedsMiB: 4000,
  },
  /** Lets Velero keep backups in an object store; its own plugin for that is not served as a module. */
  veleroObjectStorePlugin: {
    name: "velero-plugin-s3",
    version: "1.14.0",
    versionArguments: ["-version"],
    build: {
      directory: "velero",
      package: "./object-store-plugin",
      binary: "velero-plugin-s3",
      define: { "main.version": "v1.14.0" },
      expectedSeconds: 30,
    },
    buildNeedsMiB: 1000,
  },
} as const satisfies Record<string, ProgramVersion>;
