import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { KubernetesEnvironmentInput, Secrets } from "../../components/declaration/index.js";
import { createSecrets } from "../../operations/secrets/index.js";
import { checkoutRoot, labDir } from "../places.js";
import { type Progress, step } from "../progress.js";
import { engineEnvironment, prepareEngine, type EngineOptions, type EnginePlaces } from "../run/engine.js";
import { run, type Outcome } from "../subprocess.js";
import type { Api } from "./api.js";
import { ControlPlane } from "./control-plane.js";
import { committedEnvironment, KUBERNETES_STACK, writeKubernetesStack } from "./declaration.js";
import { furnish } from "./furniture.js";
import { kubernetesPrograms } from "./programs.js";
import { Provisioner } from "./provisioner.js";
import { CLUSTER_SITES, type ClusterSite } from "./site.js";

/** What every preview and update of the laboratory is judged by. */
export const KUBERNETES_POLICY = [
  ...["--policy-pack", join(checkoutRoot(), "policy")],
  // What is not there yet is exempt, with its reason.
  ...["--policy-pack-config", join(checkoutRoot(), "policy", "exemptions", `${KUBERNETES_STACK}.json`)],
];

/** Longest that the engine may take. */
const ENGINE_LIMIT_MS = 20 * 60_000;

/** One cluster and what plays its storage. */
interface Cluster {
  readonly plane: ControlPlane;
  readonly provisioner: Provisioner;
}

/** Two Kubernetes clusters without containers, and the engine's stack of the environment on them. */
export class KubernetesLab {
  private constructor(
    private readonly dir: string,
    private readonly clusters: Readonly<Record<ClusterSite, Cluster>>,
    readonly places: EnginePlaces,
    private readonly secrets: Secrets,
    private readonly input: KubernetesEnvironmentInput,
    /** What went wrong beside the engine so far. */
    readonly problems: readonly string[],
  ) {}

  /** Starts both; when one does not start, nothing stays. */
  static async start(progress: Progress, dir = kubernetesLabDir()): Promise<KubernetesLab> {
    const programs = await kubernetesPrograms();
    // Whatever ran in it ended with the process that started it.
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const planes: ControlPlane[] = [];
    const problems: string[] = [];
    const begin = async (site: ClusterSite): Promise<Cluster> => {
      const plane = await ControlPlane.start(site, join(dir, site), programs);
      planes.push(plane);
      await furnish(plane.api);
      return { plane, provisioner: Provisioner.start(plane.api, problems) };
    };
    try {
      return await step(
        progress,
        "two clusters: etcd, API server, controllers, scheduler, nodes",
        40,
        async () => {
          const settled = await Promise.allSettled(CLUSTER_SITES.map(begin));
          const [a, b] = settled.map((one) => {
            if (one.status === "rejected") throw one.reason;
            return one.value;
          });
          if (a === undefined || b === undefined) throw new Error("a cluster is missing");
          const places = prepareEngine({ dir }, KUBERNETES_STACK);
          const input = committedEnvironment();
          const secrets = await createSecrets(writeKubernetesStack(places, input), {
            // Of a store that nobody asks: no container is started.
            objectStore: { accessKey: "pgkeep", secretKey: randomBytes(24).toString("base64url") },
          });
          const lab = new KubernetesLab(dir, { a, b }, places, secrets, input, problems);
          await lab.makeStack();
          return lab;
        },
      );
    } catch (error) {
      for (const plane of planes) await plane.stop();
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Ends everything; nothing is left. */
  async stop(): Promise<void> {
    for (const { provisioner } of Object.values(this.clusters)) await provisioner.stop();
    for (const { plane } of Object.values(this.clusters)) await plane.stop();
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
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

  /** Runs the engine as an operator would. */
  pulumi(args: readonly string[], options: EngineOptions = {}): Promise<Outcome> {
    const env = { ...engineEnvironment(this.places), ...options.env };
    // Node itself may lie outside the usual folders.
    env["PATH"] = `${env["PATH"]}:${dirname(process.execPath)}`;
    const argv = ["--non-interactive", "-C", this.places.project, ...args, "--stack", KUBERNETES_STACK];
    return run("setpriv", ["--pdeathsig", "TERM", "--", "pulumi", ...argv], {
      env,
      timeoutMs: ENGINE_LIMIT_MS,
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      ...(options.onLine === undefined ? {} : { onStdoutLine: options.onLine, onStderrLine: options.onLine }),
    });
  }

  /** As `pulumi`, but a failure is an error with the end of what the engine said. */
  async mustPulumi(args: readonly string[], options: EngineOptions = {}): Promise<string> {
    const outcome = await this.pulumi(args, options);
    if (outcome.code === 0) return outcome.stdout;
    const said = `${outcome.stdout}\n${outcome.stderr}`.trim().split("\n").slice(-60).join("\n");
    throw new Error(`pulumi ${args[0] ?? ""} ended with code ${outcome.code}:\n${said}`);
  }

  /** Passwords and keys, for those who look where they must not stand. */
  get confidential(): readonly string[] {
    const keys = Object.values(this.secrets.certificates).map(({ key }) => key);
    const clients = CLUSTER_SITES.map((site) => this.clusters[site].plane.credentials.access.key);
    return [...Object.values(this.secrets.passwords), ...keys, ...clients];
  }

  private async makeStack(): Promise<void> {
    const kubeconfigs = Object.fromEntries(
      CLUSTER_SITES.map((site) => [site, this.clusters[site].plane.credentials.kubeconfigs.admin.text]),
    );
    await this.mustPulumi(["stack", "init"]);
    for (const [key, value] of Object.entries({ secrets: this.secrets, kubeconfigs }))
      // By standard input: the engine encrypts it before it touches a file.
      await this.mustPulumi(["config", "set", "--secret", `pgkeep:${key}`], { stdin: JSON.stringify(value) });
    // The engine rewrites the file, and everything in it as it likes.
    writeKubernetesStack(this.places, this.input);
  }
}

/** Where the laboratory lives. */
export function kubernetesLabDir(): string {
  return `${labDir()}-kubernetes`;
}
