import { DOMParser, type Element } from "@xmldom/xmldom";
import type { Protocol } from "../packet.js";
import { addressIn, isV6, maskedIn } from "./addresses.js";
import { CannotJudge, type Judgement } from "./judgement.js";

/** A rule of a filter, as far as it is about IP. */
interface FilterRule {
  readonly action: string;
  readonly direction: string;
  readonly priority: number;
  /** Name of the protocol's element, such as tcp-ipv6. */
  readonly element: string;
  readonly match: Readonly<Record<string, string>>;
  readonly stateful: boolean;
  /** Fits the first packet of a connection only. */
  readonly onlyNew: boolean;
}

export interface ParsedFilter {
  readonly name: string;
  /** Filters that it refers to, by name. */
  readonly references: readonly string[];
  /** By priority, lower ones first, and in the order of the text among equals. */
  readonly rules: readonly FilterRule[];
}

/** A packet at a guest's interface. */
export interface FilterPacket {
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly port?: number | undefined;
  /** in: to the guest. */
  readonly direction: "in" | "out";
  /** The connection was permitted before, and this is an answer or what follows. @default false */
  readonly established?: boolean;
}

/** What the elements mean: family and protocol. */
const ELEMENTS: Readonly<Record<string, { readonly v6: boolean; readonly protocol: Protocol | "any" }>> = {
  tcp: { v6: false, protocol: "tcp" },
  "tcp-ipv6": { v6: true, protocol: "tcp" },
  udp: { v6: false, protocol: "udp" },
  "udp-ipv6": { v6: true, protocol: "udp" },
  icmp: { v6: false, protocol: "icmp" },
  icmpv6: { v6: true, protocol: "icmp" },
  all: { v6: false, protocol: "any" },
  "all-ipv6": { v6: true, protocol: "any" },
};
const ATTRIBUTES = new Set(
  "srcipaddr srcipmask srcipfrom srcipto dstipaddr dstipmask dstipfrom dstipto dstportstart dstportend type state comment".split(
    " ",
  ),
);
/** Filters that libvirt brings along and that judge frames, not connections. */
const FRAMES = new Set(["no-mac-spoofing", "no-arp-spoofing", "no-arp-mac-spoofing", "no-arp-ip-spoofing"]);
/** What begins a conversation of ICMP and of ICMPv6. */
const ECHO = new Set(["8", "128"]);
const DEFAULT_PRIORITY = 500;

/** Reads a filter's XML. @throws CannotJudge for what is not known here */
export function parseNwFilter(xml: string): ParsedFilter {
  const root = new DOMParser().parseFromString(xml, "text/xml").documentElement;
  if (root?.nodeName !== "filter") throw new CannotJudge("nwfilter: the text is no filter");
  const chain = root.getAttribute("chain") ?? "root";
  if (chain !== "root") throw new CannotJudge(`nwfilter: the chain ${chain} is not known here`);
  const children = elementsOf(root);
  const rules = children.filter(({ nodeName }) => nodeName === "rule").flatMap(rulesOf);
  return {
    name: root.getAttribute("name") ?? "",
    references: children
      .filter(({ nodeName }) => nodeName === "filterref")
      .map((each) => each.getAttribute("filter") ?? ""),
    rules: rules.toSorted((a, b) => a.priority - b.priority),
  };
}

function rulesOf(rule: Element): FilterRule[] {
  const head = {
    action: rule.getAttribute("action") ?? "",
    direction: rule.getAttribute("direction") ?? "",
    priority: Number(rule.getAttribute("priority") ?? DEFAULT_PRIORITY),
    stateful: !["0", "false"].includes(rule.getAttribute("statematch") ?? "true"),
  };
  if (!["accept", "drop", "reject"].includes(head.action))
    throw new CannotJudge(`nwfilter: the action ${head.action} is not known here`);
  return elementsOf(rule).map((element) => {
    const match = Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value]));
    const odd = Object.keys(match).find((name) => !ATTRIBUTES.has(name));
    if (ELEMENTS[element.nodeName] === undefined || odd !== undefined)
      throw new CannotJudge(`nwfilter: <${element.nodeName} ${odd ?? ""}> is not known here`);
    if (match["state"] !== undefined && match["state"] !== "NEW")
      throw new CannotJudge(`nwfilter: the state ${match["state"]} is not known here`);
    return { ...head, element: element.nodeName, match, onlyNew: match["state"] !== undefined };
  });
}

function elementsOf(parent: Element): Element[] {
  return [...parent.childNodes].filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
}

/**
 * What libvirt's filter does with a packet (format of network filters, "Usage of connection tracking"): rules by priority, the
 * first that fits decides; an accept in one direction lets the connection's packets back in the other; a drop in one direction
 * drops what would come back in the other [measured with libvirt 9.0], but not when it is about new connections; at the end of
 * the root chain a packet passes.
 *
 * @param addresses value of the parameter IP at the interface: what the guest may use as source
 */
export function evaluateNwFilter(
  filter: ParsedFilter,
  packet: FilterPacket,
  addresses: readonly string[],
): Judgement {
  for (const reference of filter.references) {
    if (reference === "no-ip-spoofing") {
      // It knows IPv4 only.
      if (packet.direction === "out" && !isV6(packet.from) && !addresses.includes(packet.from))
        return { verdict: "drop", by: reference };
    } else if (!FRAMES.has(reference))
      throw new CannotJudge(`nwfilter: the filter ${reference} is not known here`);
  }
  const rule = filter.rules.find((each) => fits(each, packet));
  if (rule === undefined) return { verdict: "accept", by: "the end of the filter" };
  return {
    verdict: rule.action === "accept" ? "accept" : "drop",
    by: `${rule.action} ${rule.direction} priority ${rule.priority} ${rule.element}${Object.entries(
      rule.match,
    )
      .map(([name, value]) => ` ${name}=${value}`)
      .join("")}`,
  };
}

function fits(rule: FilterRule, packet: FilterPacket): boolean {
  const { direction, established = false } = packet;
  if (rule.onlyNew && established) return false;
  if (rule.direction === "inout" || rule.direction === direction) return matches(rule, packet);
  if (rule.onlyNew) return false;
  const turned = { ...packet, from: packet.to, to: packet.from };
  // The way back: of a connection that the rule let through, or of everything that it drops.
  if (rule.action === "accept") return established && rule.stateful && matchesAddresses(rule, turned);
  // It calls no port of the rule: those are the source's on the way back.
  return (
    rule.match["dstportstart"] === undefined &&
    rule.match["type"] === undefined &&
    matchesAddresses(rule, turned)
  );
}

function matches(rule: FilterRule, packet: FilterPacket): boolean {
  const { dstportstart: first, dstportend: last = first } = rule.match;
  if (!matchesAddresses(rule, packet)) return false;
  if (rule.match["type"] !== undefined && !ECHO.has(rule.match["type"])) return false;
  if (first === undefined || last === undefined) return true;
  return packet.port !== undefined && Number(first) <= packet.port && packet.port <= Number(last);
}

function matchesAddresses({ element, match }: FilterRule, { from, to, protocol }: FilterPacket): boolean {
  const meaning = ELEMENTS[element];
  if (meaning === undefined || meaning.v6 !== isV6(from)) return false;
  if (meaning.protocol !== "any" && meaning.protocol !== protocol) return false;
  const side = (
    address: string,
    base: string | undefined,
    mask: string | undefined,
    first: string | undefined,
    last: string | undefined,
  ): boolean =>
    (base === undefined || maskedIn(address, base, mask)) &&
    (first === undefined || addressIn(address, `${first}-${last ?? first}`));
  return (
    side(from, match["srcipaddr"], match["srcipmask"], match["srcipfrom"], match["srcipto"]) &&
    side(to, match["dstipaddr"], match["dstipmask"], match["dstipfrom"], match["dstipto"])
  );
}
