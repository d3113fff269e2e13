import { aggregate, covered, meet, type Network } from "../network.js";
import { hasPorts } from "../packet.js";
import type { Group, Rule } from "../model/model.js";
import { common } from "./kubernetes.js";
import type { Limits } from "./result.js";

/** Networks that earlier denials take from an allowance. */
export interface Carved {
  readonly from: readonly Network[];
  readonly to: readonly Network[];
}

/**
 * What rules before an allowance deny of it, as networks of one side. That is possible where a denial covers the other side
 * and all that is called; any other that meets the allowance is refused.
 */
export function deniedBefore(rules: readonly Rule[], index: number, limits: Limits): Carved {
  const allowed = rules[index];
  const from: Network[] = [];
  const to: Network[] = [];
  if (allowed === undefined) return { from, to };
  for (const denial of rules.slice(0, index)) {
    if (denial.action !== "deny" || !overlaps(denial, allowed)) continue;
    const whole = callsAll(denial, allowed);
    // Nothing can be carved out of everybody: a block of addresses would no longer mean pods.
    if (whole && allowed.from !== "any" && namesNetworks(denial.from) && isWithin(allowed.to, denial.to))
      from.push(...networks(denial.from));
    else if (whole && allowed.to !== "any" && namesNetworks(denial.to) && isWithin(allowed.from, denial.from))
      to.push(...networks(denial.to));
    else
      limits.refuse({
        rule: denial.name,
        what: `knows no denial, and ${allowed.name} allows some of it`,
      });
  }
  return { from: aggregate(from), to: aggregate(to) };
}

function overlaps(a: Rule, b: Rule): boolean {
  return sidesMeet(a.from, b.from) && sidesMeet(a.to, b.to) && callsMeet(a, b);
}

function sidesMeet(a: Rule["from"], b: Rule["from"]): boolean {
  if (a === "any" || b === "any") return true;
  const pods = (groups: readonly Group[]) => groups.flatMap((group) => group.pods);
  return (
    networks(a).some((one) => networks(b).some((other) => meet(one, other))) ||
    pods(a).some((one) => pods(b).some((other) => common(one, other) !== undefined))
  );
}

function callsMeet(a: Rule, b: Rule): boolean {
  if (a.services === "any" || b.services === "any") return true;
  const others = b.services;
  return a.services.some((one) =>
    others.some(
      (other) =>
        one.protocol === other.protocol &&
        (!hasPorts(one.protocol) ||
          one.ports.some((x) => other.ports.some((y) => x.first <= y.last && y.first <= x.last))),
    ),
  );
}

/** True when the denial is about everything that the allowance calls. */
function callsAll(denial: Rule, allowed: Rule): boolean {
  if (denial.services === "any") return true;
  if (allowed.services === "any") return false;
  const denied = denial.services;
  return allowed.services.every(({ protocol, ports }) => {
    const alike = denied.filter((service) => service.protocol === protocol);
    if (!hasPorts(protocol)) return alike.length > 0;
    return ports.every(({ first, last }) =>
      alike.some((service) => service.ports.some((range) => range.first <= first && last <= range.last)),
    );
  });
}

function isWithin(inner: Rule["from"], outer: Rule["from"]): boolean {
  if (outer === "any") return true;
  if (inner === "any") return false;
  return (
    inner.every((group) => outer.includes(group)) ||
    (namesNetworks(inner) && networks(inner).every((each) => covered(each, networks(outer))))
  );
}

function namesNetworks(side: Rule["from"]): side is readonly Group[] {
  return (
    side !== "any" &&
    side.every(({ tags, pods, serviceAccounts }) => tags.length + pods.length + serviceAccounts.length === 0)
  );
}

function networks(side: Rule["from"]): readonly Network[] {
  return side === "any" ? [] : side.flatMap((group) => group.networks);
}
