import type { GuardedRule } from "../guest-rules.js";
import { compileNwFilter, ROOM } from "../nwfilter.js";
import type { AccessModel, Rule } from "../model/model.js";
import { callsOf, reportBeside, sideOf, type Calls } from "./parts.js";
import { FAMILIES, familyOf, isEnforced, ownOf, type Place } from "./place.js";
import { Limits, type Compiled } from "./result.js";

/** Compiles the model into libvirt's filter for one interface of a guest. */
export function compileNwFilterOf(
  model: AccessModel,
  { name, uuid, at }: { readonly name: string; readonly uuid: string; readonly at: Place },
): Compiled<string> {
  const limits = new Limits("nwfilter");
  if (!isEnforced(model, at)) limits.refuse({ what: `stands at ${at.name}, which no enforced group holds` });
  reportBeside(model, limits, false);
  const rules = model.rules.flatMap((rule) =>
    (["in", "out"] as const).flatMap((direction) => guardedRules(rule, direction, at, limits)),
  );
  if (rules.length > ROOM)
    limits.refuse({ what: `has priorities for ${ROOM} rules, and ${rules.length} are needed` });
  const ipv6 = at.endpoints.some((endpoint) => familyOf(endpoint) === 6);
  return limits.result(() => compileNwFilter({ name, uuid, rules, ipv6 }));
}

function guardedRules(rule: Rule, direction: "in" | "out", at: Place, limits: Limits): GuardedRule[] {
  const [near, far] = direction === "in" ? ([rule.to, "from"] as const) : ([rule.from, "to"] as const);
  if (FAMILIES.every((family) => ownOf(at, near, family) === undefined)) return [];
  const remote = sideOf(rule, far, ["networks"], limits);
  // Its protocols are those of iptables with a name of their own; VRRP has none.
  const calls = callsOf(rule, ["tcp", "udp", "icmp"], limits);
  if (remote === undefined || calls === undefined) return [];
  return FAMILIES.flatMap((family) => {
    const own = ownOf(at, near, family);
    if (own === undefined) return [];
    const peers =
      remote === "any"
        ? []
        : remote.networks.filter((each) => each.family === family).map(({ text }) => text);
    if (remote !== "any" && peers.length === 0) return [];
    return portsOf(calls).map((call): GuardedRule => ({
      direction,
      peers,
      ...call,
      ...(own === "all" ? {} : { own }),
      families: [family],
      action: rule.action === "allow" ? "accept" : "drop",
      reason: rule.name,
    }));
  });
}

function portsOf(calls: Calls): Pick<GuardedRule, "protocol" | "port" | "lastPort">[] {
  if (calls === "any") return [{ protocol: "any" }];
  return calls.flatMap(({ protocol, ports }): Pick<GuardedRule, "protocol" | "port" | "lastPort">[] => {
    if (protocol === "vrrp") return [];
    if (protocol === "icmp") return [{ protocol }];
    return ports.map(({ first, last }) => ({
      protocol,
      port: first,
      ...(first === last ? {} : { lastPort: last }),
    }));
  });
}
