import { DOMParser, type Element } from "@xmldom/xmldom";
import { isWorld } from "./networks.js";

/** A rule of a libvirt filter, once for each protocol that it names. */
export interface FilterRule {
  readonly action: string;
  readonly direction: string;
  /** Name of the element inside, such as `tcp`; "" when there is none. */
  readonly protocol: string;
  /** What the protocol's element matches. */
  readonly match: Readonly<Record<string, string>>;
}

const FILTER = /<filter\s[^>]*\bname\s*=[\s\S]*?<\/filter\s*>/g;
const RULE = /<rule\s(?:[^>]*\/>|[^>]*>[\s\S]*?<\/rule\s*>)/g;

/** Rules of each filter that a plain text defines. */
export function filtersIn(text: string): FilterRule[][] {
  return [...withoutComments(text).matchAll(FILTER)].map(([filter]) => rulesOf(filter));
}

/** Names of the filters that each filter of a plain text uses; of those that filter addresses, not of pieces for other filters. */
export function filtersUsedIn(text: string): string[][] {
  return [...withoutComments(text).matchAll(FILTER)]
    .filter(([filter]) => rulesOf(filter).length > 0)
    .map(([filter]) =>
      [...filter.matchAll(/<filterref\s[^>]*?\bfilter\s*=\s*["']([^"']+)["']/g)].map(([, name = ""]) => name),
    );
}

/** Rules in a plain text, inside a filter or not. */
export function filterRulesIn(text: string): FilterRule[] {
  return rulesOf(withoutComments(text));
}

function withoutComments(text: string): string {
  return text.replace(/<!--[\s\S]*?-->/g, "");
}

function rulesOf(xml: string): FilterRule[] {
  return [...xml.matchAll(RULE)].flatMap(([rule]) => parsed(rule));
}

/** None for what is not XML: libvirt refuses that as well. */
function parsed(xml: string): FilterRule[] {
  let rule: Element | null;
  try {
    rule = new DOMParser({ onError: () => undefined }).parseFromString(xml, "text/xml").documentElement;
  } catch {
    return [];
  }
  if (rule === null) return [];
  const head = {
    action: rule.getAttribute("action") ?? "",
    direction: rule.getAttribute("direction") ?? "",
  };
  const protocols = [...rule.childNodes].filter(
    (node): node is Element => node.nodeType === node.ELEMENT_NODE,
  );
  if (protocols.length === 0) return [{ ...head, protocol: "", match: {} }];
  return protocols.map((element) => ({
    ...head,
    protocol: element.nodeName,
    match: Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value])),
  }));
}

/** Protocols whose packets may be a connection to a server. */
const CARRIERS = ["tcp", "tcp-ipv6", "all", "all-ipv6", "ip", "ipv6"];

/** True when the rule lets connections to the guest begin from everywhere. */
export function isFromEverywhere({ action, direction, protocol, match }: FilterRule): boolean {
  if (action !== "accept" || direction === "out" || !CARRIERS.includes(protocol)) return false;
  const inside = match["protocol"];
  if (inside !== undefined && inside !== "tcp" && inside !== "6") return false;
  const states = match["state"]?.split(",");
  if (states?.every((state) => state === "ESTABLISHED" || state === "RELATED") === true) return false;
  if (match["match"] === "no") return true;
  const { srcipaddr: address, srcipmask: mask, srcipfrom: from, srcipto: to } = match;
  if (address !== undefined) return isWorld(address, mask);
  if (from !== undefined) return isWorld(`${from}-${to ?? from}`);
  return match["ipset"] === undefined;
}

/** True when the rules end by dropping all of a protocol in a direction. */
export function dropsAll(rules: readonly FilterRule[], protocol: string, direction: "in" | "out"): boolean {
  return rules.some(
    (rule) =>
      ["drop", "reject"].includes(rule.action) &&
      ["inout", direction].includes(rule.direction) &&
      rule.protocol === protocol &&
      Object.keys(rule.match).every((name) => name === "comment"),
  );
}
