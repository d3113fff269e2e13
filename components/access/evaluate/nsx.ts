import { hasPorts, type Endpoint, type Packet } from "../packet.js";
import { addressIn, isV6 } from "./addresses.js";
import { CannotJudge, type Judgement } from "./judgement.js";

type Json = Readonly<Record<string, unknown>>;

/** What a hierarchical body declares, by path. */
export interface NsxState {
  readonly groups: ReadonlyMap<string, Json>;
  readonly services: ReadonlyMap<string, Json>;
  /** Rules in the order of their evaluation, each with the policy's scope. */
  readonly rules: readonly {
    readonly rule: Json;
    readonly category: string;
    readonly scope: readonly string[];
  }[];
}

/** Categories in the order of their evaluation. */
const CATEGORIES = ["Emergency", "Infrastructure", "Environment", "Application"];

/** Reads a hierarchical body of the Policy API. @throws CannotJudge for what is not known here */
export function parseNsx(body: unknown): NsxState {
  const groups = new Map<string, Json>();
  const services = new Map<string, Json>();
  const policies: Json[] = [];
  const walk = (object: Json, path: string): void => {
    for (const child of list(object["children"])) {
      if (child["marked_for_delete"] === true) continue;
      switch (child["resource_type"]) {
        case "ChildResourceReference":
          walk(child, `${path}/domains/${text(child["id"])}`);
          break;
        case "ChildGroup":
          groups.set(`${path}/groups/${idOf(child["Group"])}`, json(child["Group"]));
          break;
        case "ChildService":
          services.set(`${path}/services/${idOf(child["Service"])}`, json(child["Service"]));
          break;
        case "ChildSecurityPolicy":
          policies.push(json(child["SecurityPolicy"]));
          break;
        default:
          throw new CannotJudge(`NSX: ${text(child["resource_type"])} is not known here`);
      }
    }
  };
  walk(json(body), "/infra");
  return { groups, services, rules: inOrder(policies) };
}

/** Category, then the policy's number, then the rule's. Equal numbers have no defined order. */
function inOrder(policies: readonly Json[]): NsxState["rules"] {
  for (const { category } of policies)
    if (!CATEGORIES.includes(text(category)))
      throw new CannotJudge(`NSX: the category ${text(category)} is not known here`);
  const rank = (policy: Json): number =>
    CATEGORIES.indexOf(text(policy["category"])) * 1e7 + numberOf(policy["sequence_number"]);
  refuseTwins(policies.map(rank), "policies");
  return policies
    .toSorted((a, b) => rank(a) - rank(b))
    .flatMap((policy) => {
      const rules = list(policy["children"]).map((child) => json(child["Rule"]));
      refuseTwins(
        rules.map((rule) => numberOf(rule["sequence_number"])),
        `rules of ${text(policy["id"])}`,
      );
      return rules
        .toSorted((a, b) => numberOf(a["sequence_number"]) - numberOf(b["sequence_number"]))
        .map((rule) => ({
          rule,
          category: text(policy["category"]),
          scope: policy["scope"] === undefined ? texts(rule["scope"] ?? ["ANY"]) : texts(policy["scope"]),
        }));
    });
}

function refuseTwins(numbers: readonly number[], of: string): void {
  if (new Set(numbers).size < numbers.length)
    throw new CannotJudge(`NSX: ${of} share a sequence number, so their order is undefined`);
}

/**
 * What the distributed firewall does at the interfaces of both virtual machines (NSX 4.2, "Distributed Firewall"): the first
 * rule that fits at an interface decides there, and both must let the packet through; what no rule fits meets the default
 * rule, which allows unless somebody changed it.
 */
export function evaluateNsx(state: NsxState, packet: Packet): Judgement {
  const sides = [
    { at: packet.from, direction: "OUT" },
    { at: packet.to, direction: "IN" },
  ] as const;
  let last: Judgement = { verdict: "accept", by: "no interface is protected" };
  for (const { at, direction } of sides) {
    const judged = atInterface(state, packet, at, direction);
    if (judged.verdict === "drop") return judged;
    if (judged.by !== DEFAULT) last = judged;
  }
  return last;
}

const DEFAULT = "the default rule";

function atInterface(state: NsxState, packet: Packet, at: Endpoint, direction: "IN" | "OUT"): Judgement {
  let skipTo: string | undefined;
  for (const { rule, category, scope } of state.rules) {
    if (skipTo !== undefined && category !== skipTo) continue;
    if (rule["disabled"] === true || !applies(state, scope, at)) continue;
    if (!fits(state, rule, packet, direction)) continue;
    const by = text(rule["id"]);
    switch (rule["action"]) {
      case "ALLOW":
        return { verdict: "accept", by };
      case "DROP":
      case "REJECT":
        return { verdict: "drop", by };
      case "JUMP_TO_APPLICATION":
        skipTo = "Application";
        break;
      default:
        throw new CannotJudge(`NSX: the action ${text(rule["action"])} is not known here`);
    }
  }
  return { verdict: "accept", by: DEFAULT };
}

/** A rule is put on the interfaces of virtual machines that the platform knows; addresses alone place it nowhere. */
function applies(state: NsxState, scope: readonly string[], at: Endpoint): boolean {
  if (scope.includes("ANY")) return at.tags !== undefined;
  return scope.some((path) =>
    list(groupAt(state, path)["expression"]).some(
      (operand) => operand["resource_type"] === "Condition" && hasTag(operand, at),
    ),
  );
}

function fits(state: NsxState, rule: Json, packet: Packet, direction: "IN" | "OUT"): boolean {
  const way = rule["direction"] ?? "IN_OUT";
  if (way !== "IN_OUT" && way !== direction) return false;
  const family = rule["ip_protocol"] ?? "IPV4_IPV6";
  if (family !== "IPV4_IPV6" && family !== (isV6(packet.from.address) ? "IPV6" : "IPV4")) return false;
  const profiles = texts(rule["profiles"] ?? ["ANY"]);
  if (!profiles.includes("ANY")) throw new CannotJudge("NSX: context profiles are not known here");
  const source =
    isAmong(state, texts(rule["source_groups"]), packet.from) !== (rule["sources_excluded"] === true);
  const target =
    isAmong(state, texts(rule["destination_groups"]), packet.to) !== (rule["destinations_excluded"] === true);
  return source && target && calls(state, rule, packet);
}

function isAmong(state: NsxState, groups: readonly string[], endpoint: Endpoint): boolean {
  if (groups.includes("ANY")) return true;
  return groups.some((group) =>
    group.startsWith("/") ? isMember(groupAt(state, group), endpoint) : addressIn(endpoint.address, group),
  );
}

/** Operands stand at even places, what joins them between; AND binds no stronger than OR. */
function isMember(group: Json, endpoint: Endpoint): boolean {
  const expression = list(group["expression"]);
  let member = false;
  expression.forEach((operand, i) => {
    if (i % 2 === 1) return;
    const here = isOperand(operand, endpoint);
    const joint = expression[i - 1]?.["conjunction_operator"];
    member = i === 0 ? here : joint === "AND" ? member && here : member || here;
  });
  return member;
}

function isOperand(operand: Json, endpoint: Endpoint): boolean {
  switch (operand["resource_type"]) {
    case "IPAddressExpression":
      return texts(operand["ip_addresses"]).some((item) => addressIn(endpoint.address, item));
    case "Condition":
      return hasTag(operand, endpoint);
    default:
      throw new CannotJudge(`NSX: ${text(operand["resource_type"])} in a group is not known here`);
  }
}

function hasTag(condition: Json, { tags = [] }: Endpoint): boolean {
  const { member_type: type, key, operator, value, scope_operator: scope = "EQUALS" } = condition;
  if (type !== "VirtualMachine" || key !== "Tag" || operator !== "EQUALS" || scope !== "EQUALS")
    throw new CannotJudge("NSX: only tags of virtual machines that are equal are known here");
  return tags.includes(text(value));
}

function calls(state: NsxState, rule: Json, packet: Packet): boolean {
  const named = texts(rule["services"] ?? ["ANY"]);
  if (named.includes("ANY")) return true;
  return named.some((path) => {
    const service = state.services.get(path);
    if (service === undefined) throw new CannotJudge(`NSX: there is no service ${path}`);
    return list(service["service_entries"]).some((entry) => isEntry(entry, packet));
  });
}

function isEntry(entry: Json, { protocol, port, from }: Packet): boolean {
  switch (entry["resource_type"]) {
    case "L4PortSetServiceEntry": {
      if (texts(entry["source_ports"] ?? []).length > 0)
        throw new CannotJudge("NSX: source ports are not known here");
      if (!hasPorts(protocol) || entry["l4_protocol"] !== protocol.toUpperCase()) return false;
      const ports = texts(entry["destination_ports"]);
      return (
        ports.length === 0 ||
        ports.some((item) => {
          const [first = "", last = first] = item.split("-");
          return port !== undefined && Number(first) <= port && port <= Number(last);
        })
      );
    }
    case "ICMPTypeServiceEntry":
      return protocol === "icmp" && entry["protocol"] === (isV6(from.address) ? "ICMPv6" : "ICMPv4");
    case "IPProtocolServiceEntry":
      return protocol === "vrrp" && entry["protocol_number"] === 112;
    default:
      throw new CannotJudge(`NSX: ${text(entry["resource_type"])} is not known here`);
  }
}

function groupAt(state: NsxState, path: string): Json {
  const group = state.groups.get(path);
  if (group === undefined) throw new CannotJudge(`NSX: there is no group ${path}`);
  return group;
}

function json(value: unknown): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CannotJudge("NSX: an object is missing");
  return value as Json;
}

function list(value: unknown): Json[] {
  return value === undefined ? [] : (value as unknown[]).map(json);
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value)) throw new CannotJudge("NSX: a list is missing");
  return value.map(text);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}

function idOf(value: unknown): string {
  return text(json(value)["id"]);
}

/** Absent counts as 0. */
function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
