import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { KubernetesEnvironmentInput, Secrets } from "../../components/declaration/index.js";
import { createSecrets } from "../../operations/secrets/index.js";
import { installGeneratedFiles, installModuleFiles, manifestCheckers } from "../../toolchain/index.js";
import { checkoutRoot, labDir } from "../places.js";
import { type Progress, step } from "../progress.js";
import { prepareEngine, type EngineOptions, type EnginePlaces } from "../run/engine.js";
import type { Outcome } from "../subprocess.js";
import type { Api } from "./api.js";
import { ControlPlane } from "./control-plane.js";
import { committedEnvironment, KUBERNETES_STACK, writeKubernetesStack } from "./declaration.js";
import { define } from "./definitions.js";
import { furnish } from "./furniture.js";
import { Operator } from "./operator.js";
import { kubernetesPrograms } from "./programs.js";
import { Provisioner } from "./provisioner.js";
import { CLUSTER_SITES, type ClusterSite } from "./site.js";
import { EngineStack } from "./stack.js";
import { kubeconfigsOf, VeleroSide } from "./velero-stack.js";

/** What every preview and update of the laboratory is judged by. */
export const KUBERNETES_POLICY = [
  ...["--policy-pack", join(checkoutRoot(), "policy")],
  // What is not there yet is exempt, with its reason.
  ...["--policy-pack-config", join(checkoutRoot(), "policy", "exemptions", `${KUBERNETES_STACK}.json`)],
];

/** One cluster, and what plays its storage. */
interface Cluster {
  readonly plane: ControlPlane;
  readonly provisioner: Provisioner;
}

/** Two Kubernetes clusters without containers, and the engine's stack of the environment on them. */
export class KubernetesLab {
  private constructor(
    private readonly dir: string,
    private readonly clusters: Readonly<Record<ClusterSite, Cluster>>,
    private readonly stack: EngineStack,
    private readonly secrets: Secrets,
    private readonly input: KubernetesEnvironmentInput,
    /** What went wrong beside the engine so far. */
    readonly problems: readonly string[],
    readonly velero: VeleroSide,
    /** Who works with `pgkeep` on both clusters. */
    readonly operator: Operator,
  ) {}

  /** Starts both; when one does not start, nothing stays. */
  static async start(progress: Progress, dir = kubernetesLabDir()): Promise<KubernetesLab> {
    const programs = await kubernetesPrograms();
    // Whatever ran in it ended with the process that started it.
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const definitions = [
      await installModuleFiles(manifestCheckers.kubernetesSchemas),
      await installGeneratedFiles(manifestCheckers.calicoDefinitions),
    ];
    const started: { stop(): Promise<void> }[] = [];
    const problems: string[] = [];
    const begin = async (site: ClusterSite): Promise<Cluster> => {
      const plane = await ControlPlane.start(site, join(dir, site), programs);
      started.push(plane);
      await furnish(plane.api);
      await define(plane.api, definitions);
      const provisioner = Provisioner.start(plane.api, problems);
      started.push(provisioner);
      return { plane, provisioner };
    };
    try {
      return await step(
        progress,
        "two clusters: etcd, API server, controllers, scheduler, nodes",
        60,
        async () => {
          const settled = await Promise.allSettled(CLUSTER_SITES.map(begin));
          const [a, b] = settled.map((one) => {
            if (one.status === "rejected") throw one.reason;
            return one.value;
          });
          if (a === undefined || b === undefined) throw new Error("a cluster is missing");
          const planes = { a: a.plane, b: b.plane };
          const stack = new EngineStack(prepareEngine({ dir }, KUBERNETES_STACK), KUBERNETES_STACK);
          const input = committedEnvironment();
          const secrets = await createSecrets(writeKubernetesStack(stack.places, input), {
            // Of a store that nobody asks: no container is started.
            objectStore: { accessKey: "pgkeep", secretKey: randomBytes(24).toString("base64url") },
          });
          await stack.make({ secrets, kubeconfigs: kubeconfigsOf(planes) });
          // The engine rewrites the file, and everything in it as it likes.
          writeKubernetesStack(stack.places, input);
          const velero = await VeleroSide.start(join(dir, "velero"), programs, planes);
          started.push(velero);
          const operator = await Operator.start(join(dir, "operator"), programs.kubectl, planes);
          return new KubernetesLab(dir, { a, b }, stack, secrets, input, problems, velero, operator);
        },
      );
    } catch (error) {
      for (const each of started.toReversed()) await each.stop();
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Ends everything; nothing is left. */
  async stop(): Promise<void> {
    for (const { provisioner } of Object.values(this.clusters)) await provisioner.stop();
    await this.velero.stop();
    for (const { plane } of Object.values(this.clusters)) await plane.stop();
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Ends the cluster of a site for good, as a site is lost: nothing there answers any more. */
  async lose(site: ClusterSite): Promise<void> {
    const { plane, provisioner } = this.clusters[site];
    await provisioner.stop();
    await plane.stop();
  }

  api(site: ClusterSite): Api {
    return this.clusters[site].plane.api;
  }

  /** Changes the declaration of the stack. */
  declare(
    change: (input: KubernetesEnvironmentInput) => void,
    settings: Readonly<Record<string, unknown>> = {},
  ): void {
    change(this.input);
    writeKubernetesStack(this.places, this.input, settings);
  }

  get places(): EnginePlaces {
    return this.stack.places;
  }

  /** Runs the engine as an operator would. */
  pulumi(args: readonly string[], options: EngineOptions = {}): Promise<Outcome> {
    return this.stack.pulumi(args, options);
  }

  /** As `pulumi`, but a failure is an error with the end of what the engine said. */
  mustPulumi(args: readonly string[], options: EngineOptions = {}): Promise<string> {
    return this.stack.mustPulumi(args, options);
  }

  /** Passwords and keys, for those who look where they must not stand. */
  get confidential(): readonly string[] {
    const keys = Object.values(this.secrets.certificates).map(({ key }) => key);
    const clients = CLUSTER_SITES.map((site) => this.clusters[site].plane.credentials.access.key);
    return [...Object.values(this.secrets.passwords), ...keys, ...clients, ...this.velero.confidential];
  }
}

/** Where the laboratory lives. */
export function kubernetesLabDir(): string {
  return `${labDir()}-kubernetes`;
}
