import { mustRun } from "../subprocess.js";
import { type LabNode, NODES, type NodeName, type Purpose, SEGMENTS, type Site } from "./topology.js";

const purposes = Object.keys(SEGMENTS) as Purpose[];

/** `ip` commands for one network namespace; `{node}` stands for the process that holds that node's namespace. */
export interface LinkPlan {
  readonly node: NodeName;
  readonly lines: readonly string[];
}

/** Everything that makes the network, in order: links are made in the wan and at the hypervisors, ends are pushed to their node. */
export function linkPlan(): LinkPlan[] {
  const wan: string[] = [
    "link set lo up",
    ...purposes.flatMap((purpose) => bridge(SEGMENTS[purpose].bridge)),
  ];
  const plans: LinkPlan[] = [{ node: "wan", lines: wan }];
  for (const node of NODES.filter(({ kind }) => kind === "hypervisor")) {
    const lines = ["link set lo up"];
    for (const purpose of purposes) {
      const { bridge: name, short } = SEGMENTS[purpose];
      wan.push(...port(wanPort(node.site ?? "w", purpose), `up-${short}`, node.name, name));
      const hardware = hardwareAddress(purpose, node.addresses.management?.[0] ?? 0);
      lines.push(...bridge(name, hardware), `link set up-${short} master ${name} up`);
      lines.push(...addresses(node, purpose, name));
    }
    plans.push({ node: node.name, lines });
  }
  for (const node of NODES.filter(({ kind }) => kind === "workstation")) {
    const used = purposes.filter((purpose) => node.addresses[purpose]);
    for (const purpose of used)
      wan.push(
        ...port(`${node.name}-${short(purpose)}`, short(purpose), node.name, SEGMENTS[purpose].bridge),
      );
    plans.push({
      node: node.name,
      lines: [
        "link set lo up",
        ...used.flatMap((p) => [`link set ${short(p)} up`, ...addresses(node, p, short(p))]),
      ],
    });
  }
  for (const node of NODES.filter(({ kind }) => kind === "client")) {
    const host = plans.find((plan) => plan.node === `host-${node.site}`);
    if (!host) throw new Error(`client ${node.name} has no hypervisor at its site`);
    (host.lines as string[]).push(...port("app", "eth0", node.name, SEGMENTS.client.bridge));
    plans.push({
      node: node.name,
      lines: ["link set lo up", "link set eth0 up", ...addresses(node, "client", "eth0")],
    });
  }
  return plans;
}

/** Name of the wan's port towards a site. */
export function wanPort(site: Site, purpose: Purpose): string {
  return `${site}-${short(purpose)}`;
}

/** `ip` commands that disconnect a site from all others, or connect it again. */
export function siteLinkLines(site: Site, up: boolean): string[] {
  return purposes.map((purpose) => `link set ${wanPort(site, purpose)} ${up ? "up" : "down"}`);
}

/** Runs `ip` commands in the network namespace of a process. */
export async function ipBatch(pid: number, lines: readonly string[]): Promise<void> {
  await mustRun("nsenter", ["-t", String(pid), "-n", "ip", "-batch", "-"], {
    stdin: lines.join("\n") + "\n",
    timeoutMs: 120_000,
  });
}

/** Makes all bridges, links and addresses. */
export async function buildNetwork(holders: ReadonlyMap<NodeName, number>): Promise<void> {
  const pidOf = (name: string): number => {
    const pid = holders.get(name as NodeName);
    if (pid === undefined) throw new Error(`node ${name} is not running`);
    return pid;
  };
  for (const plan of linkPlan()) {
    const lines = plan.lines.map((line) =>
      line.replace(/\{([a-z-]+)\}/, (_, name: string) => String(pidOf(name))),
    );
    await ipBatch(pidOf(plan.node), lines);
  }
}

function short(purpose: Purpose): string {
  return SEGMENTS[purpose].short;
}

/**
 * A bridge without an address of its own takes the lowest of its ports'. Where that is a guest's, the same guest started at
 * the other site makes both bridges one address, and the hypervisors lose each other.
 */
function hardwareAddress(purpose: Purpose, last: number): string {
  const network = SEGMENTS[purpose].network.split(".");
  return ["02:00", ...[...network, last].map((byte) => Number(byte).toString(16).padStart(2, "0"))].join(":");
}

function bridge(name: string, hardware?: string): string[] {
  const address = hardware === undefined ? "" : `address ${hardware} `;
  return [`link add ${name} ${address}type bridge stp_state 0 forward_delay 0`, `link set ${name} up`];
}

function port(name: string, peer: string, peerNode: NodeName, master: string): string[] {
  return [
    `link add ${name} type veth peer name ${peer} netns {${peerNode}}`,
    `link set ${name} master ${master} up`,
  ];
}

function addresses(node: LabNode, purpose: Purpose, device: string): string[] {
  return (node.addresses[purpose] ?? []).map(
    (last) => `addr add ${SEGMENTS[purpose].network}.${last}/24 dev ${device}`,
  );
}
