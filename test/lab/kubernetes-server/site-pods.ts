import {
  parseEnvironment,
  type KubernetesEnvironment,
  type KubernetesEnvironmentInput,
  type Secrets,
} from "../../../components/declaration/index.js";
import { createSecrets } from "../../../operations/secrets/index.js";
import { mustRun } from "../../../lab/subprocess.js";
import { kubernetesEnvironment } from "../../fixtures/environment.js";
import { Client } from "../postgres/client.js";
import { Wiring, type Link } from "../postgres/sandbox.js";
import { Pod } from "./pod.js";

const VERSIONS = { 17: "17.11", 18: "18.6" } as const;
/** Addresses of the pods; the load balancers of the sites stand at the pods that they select. */
export const ADDRESSES = {
  "orders-a-0": "10.20.0.10",
  "orders-a-1": "10.20.0.11",
  "orders-b-0": "10.21.0.10",
} as const;
export type Name = keyof typeof ADDRESSES;
const EXCHANGE = { a: "192.0.2.20", b: "192.0.2.21" } as const;
/** As which address each leaves its site: that of the node that it runs on. */
const SOURCES = {
  "orders-a-0": "198.51.100.20",
  "orders-a-1": "198.51.100.120",
  "orders-b-0": "198.51.100.21",
} as const;
export const APP = "10.77.1.201";

export function declaration(
  major: 17 | 18,
  primary?: Name,
  archive: Partial<NonNullable<KubernetesEnvironmentInput["kubernetes"]["archive"]>> = {},
): KubernetesEnvironment {
  const input = kubernetesEnvironment();
  Object.assign(input.kubernetes.archive ?? {}, archive);
  input.cluster.version = VERSIONS[major];
  input.cluster.sizing = { cpus: 2, memory: "1 GiB", data: "2 GiB", wal: "1 GiB" };
  input.kubernetes.image = `registry.example.org/postgres:${VERSIONS[major]}-trixie@sha256:${"a".repeat(64)}`;
  for (const { site, exchange } of input.kubernetes.sites)
    exchange?.sources.splice(
      0,
      1,
      ...Object.entries(SOURCES)
        .filter(([name]) => name.startsWith(`orders-${site}-`))
        .map(([, address]) => `${address}/32`),
    );
  if (primary !== undefined) input.kubernetes.primary = { member: primary, reason: "a promotion in a test" };
  return parseEnvironment(input);
}

/** Three pods of two sites, joined as the clusters' networks join them, and a client beside them. */
export class SitePods {
  private constructor(
    readonly environment: KubernetesEnvironment,
    readonly secrets: Secrets,
    readonly pods: Readonly<Record<Name, Pod>>,
    readonly client: Client,
    private readonly wiring: Wiring,
  ) {}

  /** @param beside what else lies on the networks */
  static async open(
    environment: KubernetesEnvironment,
    beside: readonly Omit<Link, "device">[] = [],
    more: readonly string[] = [],
  ): Promise<SitePods> {
    const secrets = await createSecrets(environment, {
      objectStore: { accessKey: "ACCESSKEY", secretKey: "PLANTED-secret-key-of-the-store" },
    });
    const hosts = `127.0.0.1 localhost\n${Object.entries(ADDRESSES)
      .map(([name, address]) => `${address} ${name}.${name.replace(/-\d$/, "")}.orders.svc.cluster.local\n`)
      .join("")}${more.map((line) => `${line}\n`).join("")}`;
    const pods: Partial<Record<Name, Pod>> = {};
    const wiring = new Wiring();
    try {
      for (const member of environment.cluster.members) {
        const name = member.name as Name;
        pods[name] = await Pod.open(environment, secrets, member, ADDRESSES[name], hosts);
      }
      const all = pods as Record<Name, Pod>;
      const app = await wiring.network();
      await wiring.connect([
        ...Object.values(all).map((pod) => ({
          net: pod.box.pid,
          device: "client0",
          addresses: [`${pod.address}/16`, `${SOURCES[pod.name as Name]}/32`],
        })),
        {
          net: app,
          device: "client0",
          addresses: [`${APP}/24`, "10.77.1.210/24", "10.77.1.250/24", "10.20.9.9/16"],
        },
        ...beside.map((link) => ({ ...link, device: "client0" })),
      ]);
      const made = new SitePods(
        environment,
        secrets,
        all,
        new Client(all["orders-a-0"].box, app, secrets),
        wiring,
      );
      for (const pod of Object.values(all)) await made.routes(pod);
      await made.balance("a", "orders-a-0");
      await made.balance("b", "orders-b-0");
      return made;
    } catch (error) {
      for (const pod of Object.values(pods)) await pod.box.close();
      await wiring.close();
      throw error;
    }
  }

  /** Members leave their site under its own address, as after translation. */
  private async routes({ box, name, site }: Pod): Promise<void> {
    const other = site === "a" ? "b" : "a";
    const ip = (...words: string[]): Promise<string> =>
      mustRun("nsenter", [`--net=/proc/${box.pid}/ns/net`, "ip", ...words]);
    await ip("route", "replace", `${EXCHANGE[other]}/32`, "dev", "client0", "src", SOURCES[name as Name]);
    for (const { name: foreign } of Object.values(this.pods).filter((pod) => pod.site === other))
      await ip("route", "replace", `${SOURCES[foreign as Name]}/32`, "dev", "client0");
    await ip("route", "replace", "10.77.1.0/24", "dev", "client0");
  }

  /** The load balancer of a site selects a pod: what comes for its address goes to the pod's own, from whom it came. */
  async balance(site: "a" | "b", name: Name): Promise<void> {
    const address = `${EXCHANGE[site]}/32`;
    for (const pod of Object.values(this.pods)) {
      const enter = [`--net=/proc/${pod.box.pid}/ns/net`];
      const ip = (...words: string[]): Promise<string> => mustRun("nsenter", [...enter, "ip", ...words]);
      if (pod.site === site) await ip("address", "delete", address, "dev", "client0").catch(() => "");
      if (pod.name !== name) {
        await ip("neighbour", "flush", "dev", "client0");
        continue;
      }
      await ip("address", "add", address, "dev", "client0");
      const rules = `table ip balancer
delete table ip balancer
table ip balancer {
  chain in {
    type nat hook prerouting priority dstnat
    ip daddr ${EXCHANGE[site]} dnat to ${pod.address}
  }
}
`;
      await mustRun("nsenter", [...enter, "nft", "-f", "-"], { stdin: rules });
    }
  }

  /** Cuts a pod off, or lets it back. */
  async link(name: Name, state: "up" | "down"): Promise<void> {
    const { box, ...pod } = this.pods[name];
    await mustRun("nsenter", [`--net=/proc/${box.pid}/ns/net`, "ip", "link", "set", "client0", state]);
    if (state === "up") await this.routes(this.pods[pod.name as Name]);
  }

  /** What `pulumi up` of a changed declaration brings to each pod, before it starts anew. */
  async declare(environment: KubernetesEnvironment, ...names: readonly Name[]): Promise<void> {
    for (const name of names) await this.pods[name].configure(environment);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.pods).map(({ box }) => box.close()));
    await this.wiring.close();
  }
}
