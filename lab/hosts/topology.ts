/** Networks of the lab; one stretched segment for each purpose, one bridge for each on every hypervisor. */
export type Purpose = "management" | "client" | "replication";

export interface Segment {
  /** Name of the Linux bridge on every hypervisor and in the wide area network. */
  readonly bridge: string;
  /** Short name, used for links. */
  readonly short: string;
  /** First three bytes of the IPv4 network (/24). */
  readonly network: string;
}

export const SEGMENTS: Readonly<Record<Purpose, Segment>> = {
  management: { bridge: "br-mgmt", short: "mgmt", network: "10.77.0" },
  client: { bridge: "br-client", short: "client", network: "10.77.1" },
  replication: { bridge: "br-repl", short: "repl", network: "10.77.2" },
};

/** Sites: a and b carry data, w only breaks ties. */
export type Site = "a" | "b" | "w";
export const SITES: readonly Site[] = ["a", "b", "w"];

export type HypervisorName = "host-a" | "host-b" | "host-w";
export type NodeName = HypervisorName | "ops" | "app-a" | "app-b" | "wan";

/** One machine of the lab. */
export interface LabNode {
  readonly name: NodeName;
  readonly kind: "hypervisor" | "workstation" | "client" | "wan";
  readonly site?: Site;
  /** Last byte of its address in each segment that it is part of. */
  readonly addresses: Partial<Record<Purpose, readonly number[]>>;
}

/** In the order in which they start. The name server is host-w, reachable from management and from clients. */
export const NODES: readonly LabNode[] = [
  { name: "wan", kind: "wan", addresses: {} },
  { name: "host-a", kind: "hypervisor", site: "a", addresses: { management: [11] } },
  { name: "host-b", kind: "hypervisor", site: "b", addresses: { management: [12] } },
  { name: "host-w", kind: "hypervisor", site: "w", addresses: { management: [13, 53], client: [53] } },
  { name: "ops", kind: "workstation", addresses: { management: [2], client: [2] } },
  { name: "app-a", kind: "client", site: "a", addresses: { client: [201] } },
  { name: "app-b", kind: "client", site: "b", addresses: { client: [202] } },
];

export const HYPERVISORS: readonly HypervisorName[] = ["host-a", "host-b", "host-w"];

/** Zone of the lab, served by host-w; updates need the lab's TSIG key. */
export const ZONE = "lab.pgkeep.test";
export const NAME_SERVER = "10.77.0.53";
/** The same server as application clients see it: they have no leg in the management network. */
export const NAME_SERVER_FOR_CLIENTS = "10.77.1.53";

export function node(name: NodeName): LabNode {
  const found = NODES.find((candidate) => candidate.name === name);
  if (!found)
    throw new Error(`no node ${name} in the lab: use one of ${NODES.map((known) => known.name).join(", ")}`);
  return found;
}

/** First address of a node in a segment. */
export function addressOf(name: NodeName, purpose: Purpose): string | undefined {
  const last = node(name).addresses[purpose]?.[0];
  return last === undefined ? undefined : `${SEGMENTS[purpose].network}.${last}`;
}

/** Lines of /etc/hosts, the same on every node. */
export function hostsFile(): string {
  const lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost"];
  for (const { name } of NODES) {
    const address = addressOf(name, "management") ?? addressOf(name, "client");
    if (address) lines.push(`${address} ${name}.${ZONE} ${name}`);
  }
  return lines.join("\n") + "\n";
}
