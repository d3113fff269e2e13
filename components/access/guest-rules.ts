import { machines, type Purpose } from "../declaration/index.js";
import { hostOf, type RecoveryPlan } from "../recovery/index.js";

/** A permitted connection between a guest and others, seen from the guest. Everything else is dropped. */
export interface GuardedRule {
  /** in: begun by the other side; out: begun by the guest. Answers are always permitted. */
  readonly direction: "in" | "out";
  /** any: every protocol, where the enforcement point has no word for the one that is meant. */
  readonly protocol: "tcp" | "udp" | "icmp" | "any";
  /** Networks of the other side; empty: everybody. */
  readonly peers: readonly string[];
  /** Addresses of the guest that the rule is about. @default all of the interface */
  readonly own?: readonly string[];
  /** IP versions that a rule for everybody is about. @default both */
  readonly families?: readonly (4 | 6)[];
  /** Port of the side that is called, or the first of several. @default all */
  readonly port?: number;
  /** Last port of a range. @default port */
  readonly lastPort?: number;
  /** @default accept */
  readonly action?: "accept" | "drop";
  readonly reason: string;
}

/** Ports of the services in a guest. */
export interface GuestPorts {
  readonly postgres: number;
  readonly patroni: number;
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly pgbackrest: number;
}

/**
 * What the guests of an environment may do on one of their networks, the same for all of them: clients reach PostgreSQL,
 * guests reach one another for replication, and over management a guest only calls out. The guest's own firewall is
 * stricter by guest; this one stands where the guest's administrator cannot switch it off.
 */
export function guestRules(plan: RecoveryPlan, purpose: Purpose, ports: GuestPorts): readonly GuardedRule[] {
  return [...SPECIFIC[purpose](plan, ports), ...ECHO];
}

/** Port of a guest's own SSH server, where it has one. */
export const SSH = 22;

/** Reachability and path MTU discovery. */
const ECHO: readonly GuardedRule[] = (["in", "out"] as const).map((direction) => ({
  direction,
  protocol: "icmp",
  peers: [],
  reason: "reachability",
}));

const SPECIFIC: Readonly<Record<Purpose, (plan: RecoveryPlan, ports: GuestPorts) => GuardedRule[]>> = {
  client: clientRules,
  replication: replicationRules,
  management: managementRules,
};

function clientRules({ environment, guests }: RecoveryPlan, { postgres }: GuestPorts): GuardedRule[] {
  const { access, failover, kvm } = environment;
  const groups = access.groups.filter(({ name }) => access.rules.some(({ from }) => from === name));
  const rules: GuardedRule[] = groups.map(({ name, networks }) => ({
    direction: "in",
    protocol: "tcp",
    peers: networks,
    port: postgres,
    reason: `access group ${name}`,
  }));
  if (failover.redirect.kind === "vip") {
    const members = guests
      .filter(({ kind }) => kind === "member")
      .map(({ addresses }) => host(addresses.client));
    for (const direction of ["in", "out"] as const)
      rules.push({ direction, protocol: "any", peers: members, reason: "VRRP between members" });
  }
  if (kvm !== undefined && kvm.image.packages !== "image")
    for (const port of [80, 443])
      rules.push({ direction: "out", protocol: "tcp", peers: [], port, reason: "package archive" });
  return rules;
}

function replicationRules({ guests }: RecoveryPlan, ports: GuestPorts): GuardedRule[] {
  const peers = guests.map(({ addresses }) => host(addresses.replication));
  return (["in", "out"] as const).flatMap((direction) =>
    Object.entries(ports).map(([name, port]): GuardedRule => {
      return { direction, protocol: "tcp", peers, port, reason: `${name} between guests` };
    }),
  );
}

function managementRules({ environment, guests }: RecoveryPlan): GuardedRule[] {
  const { failover, hardening, platform } = environment;
  const out = (protocol: "tcp" | "udp", address: string, port: number, reason: string): GuardedRule => ({
    direction: "out",
    protocol,
    peers: [host(address)],
    port,
    reason,
  });
  const rules: GuardedRule[] = [];
  if (platform === "vmware")
    rules.push({
      direction: "in",
      protocol: "tcp",
      peers: machines(environment).hosts.map(({ address }) => host(address)),
      port: SSH,
      reason: "configuration by the operations hosts",
    });
  if (failover.fencing) {
    const sites = new Set(guests.filter(({ kind }) => kind === "member").map(({ site }) => site));
    for (const site of sites) {
      const { address, port, name } = hostOf(environment, site);
      rules.push(out("tcp", address, port, `fencing on ${name}`));
    }
  }
  const { redirect } = failover;
  if (redirect.kind === "dns")
    for (const protocol of ["tcp", "udp"] as const)
      rules.push(out(protocol, redirect.server, redirect.port, "DNS update"));
  for (const server of hardening.ntp) rules.push(out("udp", server, 123, "time"));
  return rules;
}

/** The network of one address. */
function host(address: string): string {
  return `${address}/${address.includes(":") ? 128 : 32}`;
}
