import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import { systemClock } from "../../../operations/adapters/clock.js";
import { kubectlVelero } from "../../../operations/adapters/kubectl-velero.js";
import { localShell } from "../../../operations/adapters/shell.js";
import { EvidenceStore, type EvidenceRecord } from "../../../operations/evidence/index.js";
import type { VeleroJob } from "../../../operations/jobs/velero/job.js";
import { loadKubernetesPlan } from "../../../operations/kubernetes-plan.js";
import type { Shell, VeleroCluster } from "../../../operations/ports/index.js";
import { kubernetesEnvironment } from "../../fixtures/environment.js";

const ROOT = join(__dirname, "..", "..", "..");

/** An object of a cluster. */
export interface Stored {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> } & Record<
    string,
    unknown
  >;
  readonly [part: string]: unknown;
}

type Objects = Record<string, Stored>;

/** What the clusters, or kubectl, shall do wrong. */
export interface Faults {
  /** What kubectl says and fails with. */
  readonly says?: string;
  /** A resource that is not served. */
  readonly unknown?: string;
  /** From which call to which the API server is away; the first is 1. */
  readonly away?: readonly [from: number, to: number];
  /** Status in which backups, and restores, end. */
  readonly backup?: object;
  readonly restore?: object;
  /** The other cluster does not see what was backed up. */
  readonly unseen?: boolean;
  /** Name of an object that comes back changed, or not at all. */
  readonly changes?: string;
  readonly loses?: string;
}

/** How a call of `pgkeep` ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

const OLD = "2026-01-01T00:00:00Z";

const object = (apiVersion: string, kind: string, name: string, rest: object, changed = OLD): Stored => ({
  apiVersion,
  kind,
  metadata: {
    name,
    namespace: "orders",
    creationTimestamp: OLD,
    managedFields: [
      { time: changed },
      // The controller writes all the time.
      { time: "2099-01-01T00:00:00Z", subresource: "status" },
    ],
  },
  ...rest,
});

/** What lies in the database's namespace. */
const CONTENTS: Objects = Object.fromEntries(
  [
    [
      "configmaps",
      object("v1", "ConfigMap", "orders-a-config", { data: { "postgresql.conf": "port = 5432\n" } }),
    ],
    ["configmaps", object("v1", "ConfigMap", "kube-root-ca.crt", { data: { "ca.crt": "PEM of cluster a" } })],
    ["secrets", object("v1", "Secret", "orders-a-keys", { type: "Opaque", data: { key: "PLANTED" } })],
    [
      "persistentvolumeclaims",
      object("v1", "PersistentVolumeClaim", "data-orders-a-0", {
        spec: { volumeName: "pv-1", resources: { requests: { storage: "1Gi" } } },
        status: { phase: "Bound" },
      }),
    ],
    [
      "statefulsets",
      object("apps/v1", "StatefulSet", "orders-a", {
        spec: { replicas: 2, selector: { matchLabels: { app: "orders" } } },
        status: { readyReplicas: 2 },
      }),
    ],
    [
      "services",
      object("v1", "Service", "orders", { spec: { clusterIP: "10.96.0.7", ports: [{ port: 5432 }] } }),
    ],
    [
      "networkpolicies",
      object("networking.k8s.io/v1", "NetworkPolicy", "orders-open", { spec: { podSelector: {} } }),
    ],
  ].map(([resource, each]) => [
    `${resource as string}/orders/${(each as Stored).metadata.name}`,
    each as Stored,
  ]),
);

/** Two clusters of an environment that are files, with a kubectl of their own on PATH. */
export class Clusters {
  readonly home = mkdtempSync(join(tmpdir(), "pgkeep-velero-"));
  readonly told: string[] = [];
  private readonly plan = join(this.home, "plan.json");
  private readonly evidence = join(this.home, "evidence.jsonl");

  constructor() {
    const programs = join(this.home, "bin");
    mkdirSync(programs);
    symlinkSync(join(__dirname, "fake-kubectl.cjs"), join(programs, "kubectl"));
    const plan = recoveryPlan(parseEnvironment(kubernetesEnvironment()));
    writeFileSync(this.plan, JSON.stringify(plan));
    this.write("clusters.json", ["cluster-a", "cluster-b"]);
    this.write("contents.json", CONTENTS);
    this.reset();
  }

  /** As they were in the beginning; faults and records are gone. */
  reset(): void {
    this.fault({});
    this.told.length = 0;
    for (const name of ["evidence.jsonl", "evidence.jsonl.head", "calls.log"])
      rmSync(join(this.home, name), { force: true });
    const location = (accessMode: string): Stored => ({
      kind: "BackupStorageLocation",
      metadata: { name: "default" },
      spec: { default: true, accessMode, provider: "aws" },
      status: { phase: "Available" },
    });
    const schedule: Stored = {
      kind: "Schedule",
      metadata: {
        name: "orders-daily",
        labels: { "app.kubernetes.io/managed-by": "pgkeep" },
        annotations: { "velero.io/csi-volumesnapshot-class_csi": "fast" },
      },
      spec: {
        schedule: "0 2 * * *",
        template: {
          includedNamespaces: ["orders"],
          storageLocation: "default",
          ttl: "168h",
          snapshotMoveData: true,
        },
      },
      status: { phase: "Enabled" },
    };
    this.write("cluster-a.json", {
      ...CONTENTS,
      "backupstoragelocations/velero/default": location("ReadWrite"),
      "schedules/velero/orders-daily": schedule,
    });
    this.write("cluster-b.json", { "backupstoragelocations/velero/default": location("ReadOnly") });
  }

  /** Changes what lies in a cluster. */
  change(site: "a" | "b", change: (objects: Objects) => void): void {
    const objects = this.objects(site);
    change(objects);
    this.write(`cluster-${site}.json`, objects);
  }

  objects(site: "a" | "b"): Objects {
    return JSON.parse(readFileSync(join(this.home, `cluster-${site}.json`), "utf8")) as Objects;
  }

  /** Objects of a resource in a cluster, in Velero's namespace or another. */
  of(site: "a" | "b", resource: string, namespace = "velero"): Stored[] {
    return Object.entries(this.objects(site))
      .filter(([key]) => key.startsWith(`${resource}/${namespace}/`))
      .map(([, each]) => each);
  }

  fault(faults: Faults): void {
    this.write("faults.json", faults);
  }

  /** Every call of kubectl so far. */
  get calls(): string {
    return readFileSync(join(this.home, "calls.log"), "utf8");
  }

  get records(): readonly EvidenceRecord[] {
    return new EvidenceStore(this.evidence).read().records;
  }

  /** The cluster of a site, through its kubectl. */
  cluster(site: "a" | "b"): VeleroCluster {
    const local = localShell("here", { key: "", knownHosts: "", hosts: [] });
    const variables = ["env", `PATH=${this.path}`, `FAKE_KUBE=${this.home}`];
    const shell: Shell = { ...local, run: (argv, options) => local.run([...variables, ...argv], options) };
    return kubectlVelero(shell, { site, context: `cluster-${site}`, podSecurity: "v1.34" });
  }

  /** What jobs work with; what people are told is in `told`. */
  async job(change: Partial<VeleroJob> = {}): Promise<VeleroJob> {
    const tell = (text: string): void => void this.told.push(text);
    return {
      plan: await loadKubernetesPlan(this.plan),
      output: { step: tell, info: tell, warn: tell, progress: () => undefined, result: () => undefined },
      clock: systemClock(),
      dryRun: false,
      evidence: this.evidence,
      watch: { poll: 0.01, patience: 60, silence: 60 },
      ...change,
    };
  }

  private get path(): string {
    return `${join(this.home, "bin")}:${process.env["PATH"] ?? ""}`;
  }

  /** `pgkeep velero …`, as an operator calls it. @param dieAt step after which it is killed */
  velero(args: readonly string[], dieAt?: string): Ended {
    const watched = args[0] === "status" ? [] : ["--every", "0.02", "--evidence", this.evidence];
    const argv = ["--import", "tsx", join(ROOT, "operations", "cli.ts"), "--plan", this.plan, "velero"];
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...argv, ...args, ...watched], {
      encoding: "utf8",
      env: {
        PATH: this.path,
        HOME: this.home,
        FAKE_KUBE: this.home,
        ...(dieAt === undefined ? {} : { PGKEEP_TEST: "1", PGKEEP_DIE_AT: dieAt }),
      },
    });
    return { code: status, signal, out: stdout, err: stderr };
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  private write(name: string, value: unknown): void {
    writeFileSync(join(this.home, name), JSON.stringify(value));
  }
}
