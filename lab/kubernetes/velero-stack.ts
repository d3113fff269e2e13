import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ObjectStore } from "../endpoints/object-store/index.js";
import { checkoutRoot } from "../places.js";
import { prepareEngine } from "../run/engine.js";
import type { ControlPlane } from "./control-plane.js";
import { until } from "./daemon.js";
import type { KubernetesPrograms } from "./programs.js";
import { EngineStack } from "./stack.js";
import { CLUSTER_SITES, type ClusterSite } from "./site.js";
import { Velero, VELERO_NAMESPACE } from "./velero.js";

/** Name of the stack with VeleroBackups on both clusters. */
export const VELERO_STACK = "lab-velero";

/** Where the backups lie. */
const PLACE = { bucket: "velero", folder: "lab" };

/** What every update of it is judged by; nothing of it is exempt. */
export const VELERO_POLICY = ["--policy-pack", join(checkoutRoot(), "policy")];

/** Its program, as the engine finds it. */
const PROGRAM = `"use strict";\nrequire("./dist/lab/programs/velero.js");\n`;

/** Secret with the repositories' password, as Velero looks for it. */
export const PASSWORD_SECRET = `/api/v1/namespaces/${VELERO_NAMESPACE}/secrets/velero-repo-credentials`;

/** Longest until the password stands, in seconds: the engine, the policy pack and the program start before. */
const PATIENCE = 300;

/** Keys with which Velero reaches the store, and opens what it has encrypted there. */
export interface VeleroKeys {
  readonly access: string;
  readonly secret: string;
  /** The same in both clusters: what one has written the other must read. */
  readonly repository: string;
}

/** What somebody could declare wrongly for the cluster of site a. */
export interface DeclaredMistake {
  readonly access?: "ReadOnly";
  readonly schedules?: readonly {
    readonly name: string;
    readonly schedule: string;
    readonly ttl: string;
    readonly location?: string;
  }[];
}

/** Velero in the laboratory: an object store that both clusters reach, their servers, and the stack that declares backups to them. */
export class VeleroSide {
  private readonly servers: Partial<Record<ClusterSite, Velero>> = {};

  private constructor(
    private readonly dir: string,
    private readonly programs: KubernetesPrograms,
    private readonly planes: Readonly<Record<ClusterSite, ControlPlane>>,
    private readonly store: ObjectStore,
    private readonly keys: VeleroKeys,
    readonly stack: EngineStack,
  ) {}

  /** Starts the store and makes the stack; servers start when the password stands. */
  static async start(
    dir: string,
    programs: KubernetesPrograms,
    planes: Readonly<Record<ClusterSite, ControlPlane>>,
  ): Promise<VeleroSide> {
    const keys: VeleroKeys = { access: random(12), secret: random(24), repository: random(24) };
    const pair = [keys.access, keys.secret] as const;
    const store = await ObjectStore.start(
      programs.objectStore,
      join(dir, "object-store"),
      PLACE.bucket,
      pair,
    );
    const stack = new EngineStack(prepareEngine({ dir }, VELERO_STACK, PROGRAM), VELERO_STACK);
    const side = new VeleroSide(dir, programs, planes, store, keys, stack);
    try {
      for (const site of CLUSTER_SITES) await makeNamespace(planes[site]);
      await stack.make({ keys, kubeconfigs: kubeconfigsOf(planes) });
      const authorities = readFileSync(store.authority, "utf8");
      stack.configure({ "pgkeep:store": { ...PLACE, address: store.address, authorities } });
      return side;
    } catch (error) {
      await side.stop();
      throw error;
    }
  }

  /** Declares a mistake, or none any more. */
  mistake(mistake: DeclaredMistake | undefined): void {
    this.stack.configure({ "pgkeep:mistake": mistake ?? {} });
  }

  /** Starts the server of each cluster as whoever installs it would: once the repositories' password stands. */
  async install(): Promise<void> {
    for (const site of CLUSTER_SITES) {
      const plane = this.planes[site];
      await until(`the repositories' password of site ${site}`, PATIENCE, () =>
        plane.api.get(PASSWORD_SECRET),
      );
      this.servers[site] = Velero.start(plane, join(this.dir, `velero-${site}`), this.programs);
    }
  }

  /** The server of a site's cluster. @throws Error when it does not run */
  server(site: ClusterSite): Velero {
    const server = this.servers[site];
    if (server === undefined) throw new Error(`Velero of site ${site} was not started`);
    server.requireRunning();
    return server;
  }

  /** Options by which Velero's command line trusts the object store. */
  get trusting(): readonly string[] {
    return ["--cacert", this.store.authority];
  }

  get confidential(): readonly string[] {
    return [this.keys.secret, this.keys.repository];
  }

  /** The repositories' password. */
  get password(): string {
    return this.keys.repository;
  }

  async stop(): Promise<void> {
    for (const server of Object.values(this.servers)) await server.stop();
    await this.store.stop();
  }
}

/** Text of the administrator's kubeconfig of each site, as stacks take it. */
export function kubeconfigsOf(planes: Readonly<Record<ClusterSite, ControlPlane>>): Record<string, string> {
  return Object.fromEntries(
    CLUSTER_SITES.map((site) => [site, planes[site].credentials.kubeconfigs.admin.text]),
  );
}

/** Node agents of Velero run as root; none does here. */
async function makeNamespace({ api }: ControlPlane): Promise<void> {
  const level = "pod-security.kubernetes.io/enforce";
  const metadata = { name: VELERO_NAMESPACE, labels: { [level]: "privileged" } };
  await api.create("/api/v1/namespaces", { metadata });
}

function random(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
