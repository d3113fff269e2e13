import { SSH } from "../access/guest-rules.js";
import { hostOf, type PlanGuest, type RecoveryPlan } from "../recovery/plan.js";
import { membersOf, peersOf } from "./guests.js";
import { INTERFACES, PORTS } from "./layout.js";
import { isRepository } from "./pgbackrest/config.js";

/** Denials are logged with this prefix, at most so often that nobody can fill a disk with them. */
export const DENIED_PREFIX = "pgkeep-denied";
const LOG_RATE = "limit rate 10/minute burst 20 packets";

/** A permitted connection in one direction. */
interface Permit {
  readonly device: string;
  /** The other side: addresses or networks. */
  readonly remote: readonly string[];
  /** Rest of the match, such as `tcp dport 5432`. */
  readonly match: string;
  readonly comment: string;
}

/**
 * The file nftables.conf: everything is dropped in both directions except what the declaration needs. Clients reach
 * PostgreSQL and nothing else; etcd, Patroni and pgBackRest are reached from guests over the replication network only;
 * over the management network a guest only calls out, to fence, to update DNS and to ask the time, but for its configuration on
 * VMware.
 */
export function renderNftables(plan: RecoveryPlan, guest: PlanGuest): string {
  const input = [
    ...clientsIn(plan, guest),
    ...guestsIn(plan, guest),
    ...configurationIn(plan, guest),
    ...vrrp(plan, guest),
  ];
  const output = [...guestsOut(plan, guest), ...managementOut(plan, guest), ...vrrp(plan, guest)];
  const chain = (direction: "input" | "output", permits: readonly Permit[]): string[] => [
    `  chain ${direction} {`,
    `    type filter hook ${direction} priority filter; policy drop;`,
    `    ct state established,related accept`,
    `    ct state invalid drop`,
    `    ${direction === "input" ? "iif" : "oif"} lo accept`,
    `    meta l4proto icmp icmp type { echo-request, echo-reply, destination-unreachable, time-exceeded } accept`,
    `    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, echo-request, echo-reply, destination-unreachable, packet-too-big, time-exceeded } accept`,
    ...permits.flatMap((permit) => renderPermit(direction, permit)),
    `    ${LOG_RATE} log prefix "${DENIED_PREFIX}-${direction} " flags all`,
    `    counter drop`,
    `  }`,
  ];
  return [
    "#!/usr/sbin/nft -f",
    "# Generated from the declaration; changes here are lost.",
    // Loaded as one transaction: there is no moment without rules. Tables of others are left alone.
    "table inet pgkeep",
    "delete table inet pgkeep",
    "table inet pgkeep {",
    ...chain("input", input),
    "  chain forward {",
    "    type filter hook forward priority filter; policy drop;",
    "  }",
    ...chain("output", output),
    "}",
    "",
  ].join("\n");
}

function renderPermit(direction: "input" | "output", { device, remote, match, comment }: Permit): string[] {
  if (remote.length === 0) return [];
  const [interfaceWord, side] = direction === "input" ? ["iifname", "saddr"] : ["oifname", "daddr"];
  return (["ip", "ip6"] as const).flatMap((family) => {
    const addresses = remote.filter((address) => address.includes(":") === (family === "ip6"));
    if (addresses.length === 0) return [];
    const set = `{ ${[...new Set(addresses)].join(", ")} }`;
    return [`    ${interfaceWord} "${device}" ${family} ${side} ${set} ${match} accept comment "${comment}"`];
  });
}

function clientsIn(plan: RecoveryPlan, guest: PlanGuest): Permit[] {
  if (guest.kind !== "member") return [];
  const { access } = plan.environment;
  const names = [...new Set(access.rules.map(({ from }) => from))];
  return names.map((name) => ({
    device: INTERFACES.client,
    remote: access.groups.find((group) => group.name === name)?.networks ?? [],
    match: `tcp dport ${PORTS.postgres}`,
    comment: `access group ${name}`,
  }));
}

/** Ports that other guests reach on this one, by what runs on it. */
function services(plan: RecoveryPlan, guest: PlanGuest, caller: PlanGuest): number[] {
  const ports: number[] = [PORTS.etcdClient, PORTS.etcdPeer];
  if (guest.kind === "member") {
    if (caller.kind === "member") ports.push(PORTS.postgres, PORTS.patroni);
    if (isRepository(plan, caller)) ports.push(PORTS.pgbackrest);
  } else if (isRepository(plan, guest)) ports.push(PORTS.pgbackrest);
  return ports.toSorted((a, b) => a - b);
}

function guestsIn(plan: RecoveryPlan, guest: PlanGuest): Permit[] {
  return others(plan, guest).map((caller) => ({
    device: INTERFACES.replication,
    remote: [caller.addresses.replication],
    match: `tcp dport { ${services(plan, guest, caller).join(", ")} }`,
    comment: `from ${caller.name}`,
  }));
}

function guestsOut(plan: RecoveryPlan, guest: PlanGuest): Permit[] {
  return others(plan, guest).map((target) => ({
    device: INTERFACES.replication,
    remote: [target.addresses.replication],
    match: `tcp dport { ${services(plan, target, guest).join(", ")} }`,
    comment: `to ${target.name}`,
  }));
}

function others(plan: RecoveryPlan, guest: PlanGuest): PlanGuest[] {
  return plan.guests.filter(({ name }) => name !== guest.name);
}

/** On VMware, the site's operations host configures the guest over SSH; on KVM nobody calls in over management. */
function configurationIn({ environment }: RecoveryPlan, { site }: PlanGuest): Permit[] {
  if (environment.platform !== "vmware") return [];
  const { name, address } = hostOf(environment, site);
  return [
    {
      device: INTERFACES.management,
      remote: [address],
      match: `tcp dport ${SSH}`,
      comment: `configuration by ${name}`,
    },
  ];
}

function managementOut(plan: RecoveryPlan, guest: PlanGuest): Permit[] {
  const { environment } = plan;
  const { failover, hardening } = environment;
  const device = INTERFACES.management;
  const permits: Permit[] = [];
  if (guest.kind === "member") {
    if (failover.fencing)
      for (const peer of peersOf(plan, guest)) {
        const host = hostOf(environment, peer.site);
        permits.push({
          device,
          remote: [host.address],
          match: `tcp dport ${host.port}`,
          comment: `fencing of ${peer.name}`,
        });
      }
    const { redirect } = failover;
    if (redirect.kind === "dns")
      permits.push({
        device,
        remote: [redirect.server],
        match: `meta l4proto { tcp, udp } th dport ${redirect.port}`,
        comment: "DNS update",
      });
  }
  permits.push({ device, remote: hardening.ntp, match: "udp dport 123", comment: "time" });
  return permits;
}

/** VRRP between members, when an address follows the primary. */
function vrrp(plan: RecoveryPlan, guest: PlanGuest): Permit[] {
  if (plan.environment.failover.redirect.kind !== "vip" || guest.kind !== "member") return [];
  const peers = membersOf(plan).filter(({ name }) => name !== guest.name);
  return [
    {
      device: INTERFACES.client,
      remote: peers.map(({ addresses }) => addresses.client),
      match: "meta l4proto vrrp",
      comment: "VRRP",
    },
  ];
}
