import ipaddr from "ipaddr.js";
import type { GuardedRule } from "./guest-rules.js";

/** A filter for libvirt. */
export interface NwFilter {
  /** Name, unique on the hypervisor. */
  readonly name: string;
  /** Fixed UUID: a second definition with it changes running guests instead of being refused. */
  readonly uuid: string;
  readonly rules: readonly GuardedRule[];
  /** IPv6 is spoken at the interface, so that neighbours must find one another. @default a rule names addresses of IPv6 */
  readonly ipv6?: boolean;
}

/** A parameter of a filter at one interface; a repeated name is a list. */
export interface FilterParameter {
  readonly name: "IP";
  readonly value: string;
}

/** Priority of the first rule; lower ones come first. */
const FIRST = 200;
const BEFORE = FIRST - 1;
const LAST = 1000;
/** Rules that a filter has priorities for. */
export const ROOM = LAST - FIRST;

/**
 * Compiles rules into libvirt's XML. Anti-spoofing first, then what is allowed, then everything of both families is
 * dropped. libvirt cannot log a drop; the guest's own firewall does.
 */
export function compileNwFilter({ name, uuid, rules, ipv6 = rules.some(namesIpv6) }: NwFilter): string {
  const lines = [
    ...(ipv6 ? NEIGHBOURS : []),
    ...rules.flatMap((rule, index) => compileRule(rule, FIRST + index)),
  ];
  return `<filter name='${name}' chain='root'>
  <uuid>${uuid}</uuid>
  <filterref filter='no-mac-spoofing'/>
  <filterref filter='no-arp-spoofing'/>
  <filterref filter='no-ip-spoofing'/>
${lines.map((line) => `  ${line}\n`).join("")}  <rule action='drop' direction='inout' priority='${LAST}'><all/></rule>
  <rule action='drop' direction='inout' priority='${LAST}'><all-ipv6/></rule>
</filter>
`;
}

/**
 * What a filter must know about one interface: the addresses that the guest may use there. The anti-spoofing filters know
 * IPv4 only; a list makes one rule each.
 */
export function filterParameters(addresses: readonly string[]): readonly FilterParameter[] {
  return addresses.filter((address) => ipaddr.IPv4.isValid(address)).map((value) => ({ name: "IP", value }));
}

function compileRule(rule: GuardedRule, priority: number): string[] {
  const { direction, protocol, peers, own = [], families = [4, 6], port, lastPort, action = "accept" } = rule;
  const head = `<rule action='${action}' direction='${direction}' priority='${priority}'>`;
  const [there, here] = direction === "in" ? ["src", "dst"] : ["dst", "src"];
  const last = lastPort === undefined ? "" : ` dstportend='${lastPort}'`;
  const ports = port === undefined ? "" : ` dstportstart='${port}'${last}`;
  // Without the state libvirt drops the way back as well: a denial towards the guest would be one from it, too.
  const state = action === "drop" ? " state='NEW'" : "";
  const line = (family: 4 | 6, matches: string): string =>
    `${head}<${PROTOCOLS[protocol][family]}${matches}${ports}${state}/></rule>`;
  const ofOwn = (family: 4 | 6): string[] => {
    if (own.length === 0) return [""];
    return own
      .filter((address) => familyOf(address) === family)
      .map((address) => addressMatch(here, `${address}/${family === 4 ? 32 : 128}`));
  };
  if (peers.length === 0)
    return families.flatMap((family) => ofOwn(family).map((match) => line(family, match)));
  return peers.flatMap((peer) => {
    const family = familyOf(peer);
    return ofOwn(family).map((match) => line(family, `${addressMatch(there, peer)}${match}`));
  });
}

/**
 * Neighbour discovery, which connection tracking does not follow, so that no rule with a state lets it through. The guest asks
 * for routers and is told of them, and never says that it is one.
 */
const NEIGHBOURS: readonly string[] = [
  { direction: "out", type: 133 },
  { direction: "in", type: 134 },
  ...[135, 136].flatMap((type) => ["in", "out"].map((direction) => ({ direction, type }))),
].map(
  ({ direction, type }) =>
    `<rule action='accept' direction='${direction}' priority='${BEFORE}' statematch='false'><icmpv6 type='${type}'/></rule>`,
);

function namesIpv6({ peers, own = [] }: GuardedRule): boolean {
  return [...peers, ...own].some((address) => familyOf(address) === 6);
}

function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

function addressMatch(side: string, network: string): string {
  const [address = "", length = ""] = network.split("/");
  return ` ${side}ipaddr='${address}' ${side}ipmask='${length}'`;
}

/** libvirt's words for a protocol, a family. */
const PROTOCOLS = {
  tcp: { 4: "tcp", 6: "tcp-ipv6" },
  udp: { 4: "udp", 6: "udp-ipv6" },
  icmp: { 4: "icmp", 6: "icmpv6" },
  any: { 4: "all", 6: "all-ipv6" },
} as const;
