import { covered, type Network } from "../network.js";
import { hasPorts } from "../packet.js";
import type { Group, Rule } from "./model.js";
import type { PortRange } from "./schema.js";

/** The smallest parts of a rule that an earlier rule may take away from it. */
interface Part {
  readonly from: SideAtom;
  readonly to: SideAtom;
  readonly service: ServiceAtom;
}

type SideAtom =
  | { readonly kind: "any" }
  | { readonly kind: "network"; readonly network: Network }
  | { readonly kind: "pods"; readonly pods: Group["pods"][number] }
  | { readonly kind: "known"; readonly key: string };

type ServiceAtom = "any" | { readonly protocol: string; readonly range?: PortRange };

/** Rules before `index` that decide everything the rule is about; undefined when something is left to it. */
export function rulesThatDecide(rules: readonly Rule[], index: number): readonly Rule[] | undefined {
  const rule = rules[index];
  if (rule === undefined) return undefined;
  const before = rules.slice(0, index);
  const deciding = new Set<Rule>();
  const parts = partsOf(rule);
  for (const part of parts) {
    const by = before.find((earlier) => decides(earlier, part));
    if (by === undefined) return undefined;
    deciding.add(by);
    if (by.action === "allow" && rule.action === "allow") {
      const permitted = before.filter((earlier) => decides(earlier, part)).flatMap(({ logins }) => logins);
      const more = rule.logins.some(
        ({ database, role }) => !permitted.some((each) => each.database === database && each.role === role),
      );
      if (more) return undefined;
    }
  }
  return parts.length === 0 ? undefined : [...deciding];
}

function partsOf({ from, to, services }: Rule): Part[] {
  const called: ServiceAtom[] =
    services === "any"
      ? ["any"]
      : services.flatMap(({ protocol, ports }): ServiceAtom[] =>
          hasPorts(protocol) ? ports.map((range) => ({ protocol, range })) : [{ protocol }],
        );
  return atomsOf(from).flatMap((source) =>
    atomsOf(to).flatMap((target) => called.map((service) => ({ from: source, to: target, service }))),
  );
}

function atomsOf(groups: "any" | readonly Group[]): SideAtom[] {
  if (groups === "any") return [{ kind: "any" }];
  return groups.flatMap((group): SideAtom[] => [
    ...group.networks.map((network): SideAtom => ({ kind: "network", network })),
    ...group.pods.map((pods): SideAtom => ({ kind: "pods", pods })),
    ...keysOf(group).map((key): SideAtom => ({ kind: "known", key })),
  ]);
}

function keysOf({ tags, serviceAccounts }: Group): string[] {
  return [
    ...tags.map(({ scope, tag }) => `tag ${scope}|${tag}`),
    ...serviceAccounts.map(({ namespace, name }) => `account ${namespace}/${name}`),
  ];
}

function decides({ from, to, services }: Rule, part: Part): boolean {
  return holds(from, part.from) && holds(to, part.to) && serves(services, part.service);
}

function holds(groups: "any" | readonly Group[], atom: SideAtom): boolean {
  if (groups === "any") return true;
  switch (atom.kind) {
    case "any":
      return false;
    case "network":
      return covered(
        atom.network,
        groups.flatMap(({ networks }) => networks),
      );
    case "pods":
      return groups.some(({ pods }) =>
        pods.some(
          ({ namespace, labels }) =>
            namespace === atom.pods.namespace &&
            Object.entries(labels).every(([key, value]) => atom.pods.labels[key] === value),
        ),
      );
    case "known":
      return groups.some((group) => keysOf(group).includes(atom.key));
  }
}

function serves(services: Rule["services"], atom: ServiceAtom): boolean {
  if (services === "any") return true;
  if (atom === "any") return false;
  const { protocol, range } = atom;
  const alike = services.filter((service) => service.protocol === protocol);
  if (range === undefined) return alike.length > 0;
  let next = range.first;
  for (const { first, last } of alike
    .flatMap(({ ports }) => ports)
    .toSorted((a, b) => a.first - b.first || a.last - b.last)) {
    if (first > next) break;
    next = Math.max(next, last + 1);
  }
  return next > range.last;
}
