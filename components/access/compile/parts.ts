import { aggregate, type Network } from "../network.js";
import { hasPorts, type Protocol } from "../packet.js";
import type { AccessModel, Group, Rule } from "../model/model.js";
import type { PortRange } from "../model/schema.js";
import type { Limits } from "./result.js";

/** What a target knows an endpoint by. */
export type Kind = "networks" | "tags" | "pods" | "serviceAccounts";

/** One side of a rule as far as a target can say it. */
export interface Side {
  readonly networks: readonly Network[];
  readonly tags: readonly Group["tags"][number][];
  readonly pods: readonly Group["pods"][number][];
  readonly serviceAccounts: readonly Group["serviceAccounts"][number][];
}

/** What a rule calls: every protocol, or protocols with ports. */
export type Calls = "any" | readonly Call[];

export interface Call {
  readonly protocol: Protocol;
  /** Ascending, without overlap; empty for protocols without ports. */
  readonly ports: readonly PortRange[];
}

const WORDS: Readonly<Record<Kind, string>> = {
  networks: "networks",
  tags: "tags of virtual machines",
  pods: "pods by label",
  serviceAccounts: "Kubernetes service accounts",
};

/**
 * The endpoints of a side that the target knows; undefined when none is left. Others are reported or refused, unless the target
 * stands nowhere on the other side, so that it never sees what they do.
 *
 * @param at true for a group with endpoints at which the target may stand; absent where it is known to stand at the other side
 */
export function sideOf(
  rule: Rule,
  which: "from" | "to",
  known: readonly Kind[],
  limits: Limits,
  at?: (group: Group) => boolean,
): "any" | Side | undefined {
  const groups = rule[which];
  if (groups === "any") return "any";
  const other = which === "from" ? rule.to : rule.from;
  const sees = at === undefined || other === "any" || other.some(at);
  if (sees)
    for (const group of groups)
      for (const kind of Object.keys(WORDS) as Kind[])
        if (group[kind].length > 0 && !known.includes(kind))
          limits.shrink(rule, `does not know ${WORDS[kind]}, by which group ${group.name} is meant`);
  const side = unionOf(groups, known);
  return Object.values(side).every((members) => members.length === 0) ? undefined : side;
}

/** Everything that groups name, of the kinds asked for. */
export function unionOf(groups: readonly Group[], known: readonly Kind[]): Side {
  const take = <K extends Kind>(kind: K): Group[K][number][] =>
    known.includes(kind) ? groups.flatMap((group): readonly Group[K][number][] => group[kind]) : [];
  return {
    networks: aggregate(take("networks")),
    tags: unique(take("tags")),
    pods: unique(take("pods")),
    serviceAccounts: unique(take("serviceAccounts")),
  };
}

/** What a rule calls as far as the target can say it. Undefined when nothing is left. */
export function callsOf(rule: Rule, known: readonly Protocol[], limits: Limits): Calls | undefined {
  if (rule.services === "any") return "any";
  const calls: Call[] = [];
  for (const protocol of ["tcp", "udp", "icmp", "vrrp"] as const) {
    const services = rule.services.filter((service) => service.protocol === protocol);
    if (services.length === 0) continue;
    if (!known.includes(protocol)) limits.shrink(rule, `has no word for ${protocol}`);
    else calls.push({ protocol, ports: mergePorts(services.flatMap(({ ports }) => ports)) });
  }
  return calls.length === 0 ? undefined : calls;
}

/** Reports what most targets leave out without a change of what passes. */
export function reportBeside(model: AccessModel, limits: Limits, log: boolean): void {
  for (const { name, expires, log: logged } of model.rules) {
    if (expires !== undefined)
      limits.report({
        rule: name,
        what: `does not know the end of a rule; the check refuses it after ${expires}`,
        effect: "none",
      });
    if (logged && !log) limits.report({ rule: name, what: "cannot log", effect: "none" });
  }
  if (model.denial.log && !log) limits.report({ what: "cannot log the final deny", effect: "none" });
}

/** True when the rule decides about the port. */
export function callsPort(rule: Rule, protocol: Protocol, port: number): boolean {
  return (
    rule.services === "any" ||
    rule.services.some(
      (service) =>
        service.protocol === protocol &&
        (!hasPorts(protocol) || service.ports.some(({ first, last }) => first <= port && port <= last)),
    )
  );
}

function mergePorts(ranges: readonly PortRange[]): readonly PortRange[] {
  const merged: { first: number; last: number }[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const open = merged.at(-1);
    if (open === undefined || first > open.last + 1) merged.push({ first, last });
    else open.last = Math.max(open.last, last);
  }
  return merged;
}

/** Each value once, in order. */
function unique<T>(values: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = JSON.stringify(value);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
