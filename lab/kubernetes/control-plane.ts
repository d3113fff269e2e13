import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { Api } from "./api.js";
import { createCredentials, type Credentials } from "./credentials.js";
import { Daemon, Final, freePorts, until } from "./daemon.js";
import { loadBalancerStage } from "./load-balancer.js";
import type { KubernetesPrograms } from "./programs.js";
import { CLUSTER_FACTS, type ClusterSite } from "./site.js";

/** Seconds until an API server answers, on a busy machine. */
const PATIENCE = 180;

/** What namespaces admit that say nothing themselves; those of the cluster's own parts need more. */
const ADMISSION = {
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AdmissionConfiguration",
  plugins: [
    {
      name: "PodSecurity",
      configuration: {
        apiVersion: "pod-security.admission.config.k8s.io/v1",
        kind: "PodSecurityConfiguration",
        defaults: {
          enforce: "baseline",
          "enforce-version": "latest",
          warn: "restricted",
          "warn-version": "latest",
        },
        exemptions: { namespaces: ["kube-system"] },
      },
    },
  ],
};

/** etcd, API server, controller manager and scheduler of a site, and the nodes that they think they have. */
export class ControlPlane {
  private constructor(
    readonly site: ClusterSite,
    readonly credentials: Credentials,
    readonly api: Api,
    private readonly daemons: Daemon[],
  ) {}

  static async start(site: ClusterSite, dir: string, programs: KubernetesPrograms): Promise<ControlPlane> {
    const { context, podNetwork, serviceNetwork } = CLUSTER_FACTS[site];
    const [etcdPort = 0, peerPort = 0, apiPort = 0] = await freePorts(3);
    const server = `https://127.0.0.1:${apiPort}`;
    const first = serviceNetwork.replace(/\d+\/\d+$/, "1");
    const credentials = await createCredentials(join(dir, "keys"), context, server, first);
    const plane = new ControlPlane(site, credentials, new Api(credentials.access), []);
    const logs = join(dir, "logs");
    for (const folder of [logs, join(dir, "home")]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    const env = { PATH: process.env["PATH"], HOME: join(dir, "home"), TMPDIR: join(dir, "home") };
    const run = (name: string, argv: readonly string[]): Daemon => {
      const daemon = Daemon.start(`${name} of ${context}`, argv, join(logs, `${name}.log`), env);
      plane.daemons.push(daemon);
      return daemon;
    };
    const { files, kubeconfigs } = credentials;
    try {
      const etcd = `https://127.0.0.1:${etcdPort}`;
      run("etcd", etcdCommand(join(dir, "etcd"), etcd, `https://127.0.0.1:${peerPort}`, files));
      const admission = join(dir, "keys", "admission.yaml");
      writeFileSync(admission, stringify(ADMISSION), { mode: 0o600 });
      const apiServer = run("kube-apiserver", [
        programs.apiServer,
        ...apiServerOptions(etcd, apiPort, serviceNetwork, files, admission),
      ]);
      await until(`the API server of ${context}`, PATIENCE, async () => {
        plane.requireRunning();
        // It answers "ok" when every part of it has come up.
        return (await plane.api.call("GET", "/readyz")) === "ok" ? true : undefined;
      });
      apiServer.requireRunning();
      run("kube-controller-manager", [
        programs.controllerManager,
        `--kubeconfig=${kubeconfigs.controllerManager.path}`,
        `--root-ca-file=${files.authority}`,
        `--service-account-private-key-file=${files.accounts.private}`,
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        // Nobody asks it anything.
        "--secure-port=0",
      ]);
      run("kube-scheduler", [
        programs.scheduler,
        `--kubeconfig=${kubeconfigs.scheduler.path}`,
        "--leader-elect=false",
        "--secure-port=0",
      ]);
      const stages = join(dir, "kwok.yaml");
      writeFileSync(stages, loadBalancerStage());
      run("kwok", [
        programs.kwok,
        `--kubeconfig=${kubeconfigs.nodes.path}`,
        `--config=${stages}`,
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=40",
        `--cidr=${podNetwork}`,
      ]);
      return plane;
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  /** @throws Error with its last words, when a part of it has ended */
  requireRunning(): void {
    try {
      for (const daemon of this.daemons) daemon.requireRunning();
    } catch (error) {
      throw new Final((error as Error).message);
    }
  }

  /** Path of the administrator's kubeconfig. */
  get kubeconfig(): string {
    return this.credentials.kubeconfigs.admin.path;
  }

  async stop(): Promise<void> {
    this.api.close();
    // The store last: what it serves would otherwise complain.
    for (const daemon of this.daemons.toReversed()) await daemon.stop();
  }
}

type Files = Credentials["files"];

function etcdCommand(data: string, client: string, peer: string, { authority, server }: Files): string[] {
  const pairs = (prefix: string): string[] => [
    `--${prefix}cert-file=${server.certificate}`,
    `--${prefix}key-file=${server.key}`,
    `--${prefix}trusted-ca-file=${authority}`,
    `--${prefix}client-cert-auth=true`,
  ];
  return [
    ...["etcd", "--name=lab", `--data-dir=${data}`, "--unsafe-no-fsync=true"],
    ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
    ...[
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=lab=${peer}`,
    ],
    ...pairs(""),
    ...pairs("peer-"),
  ];
}

function apiServerOptions(
  etcd: string,
  port: number,
  services: string,
  { authority, server, etcdClient, accounts, encryption }: Files,
  admission: string,
): string[] {
  return [
    `--etcd-servers=${etcd}`,
    `--etcd-cafile=${authority}`,
    `--etcd-certfile=${etcdClient.certificate}`,
    `--etcd-keyfile=${etcdClient.key}`,
    `--encryption-provider-config=${encryption}`,
    "--bind-address=127.0.0.1",
    // What advertises loopback is refused; nobody goes by this address.
    "--advertise-address=198.51.100.1",
    "--endpoint-reconciler-type=none",
    `--secure-port=${port}`,
    `--tls-cert-file=${server.certificate}`,
    `--tls-private-key-file=${server.key}`,
    `--client-ca-file=${authority}`,
    "--anonymous-auth=false",
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction,PodSecurity",
    `--admission-control-config-file=${admission}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${accounts.public}`,
    `--service-account-signing-key-file=${accounts.private}`,
    `--service-cluster-ip-range=${services}`,
    "--profiling=false",
  ];
}
