import {
  compileCalico,
  compileNetworkPolicy,
  compileNftables,
  compileNsx,
  compileNwFilterOf,
  evaluateCalico,
  evaluateNetworkPolicy,
  evaluateNftables,
  evaluateNsx,
  evaluateNwFilter,
  parseNftables,
  parseNsx,
  parseNwFilter,
  type AccessModel,
  type Compiled,
  type Endpoint,
  type Packet,
  type Target,
} from "../../../components/access/index.js";
import { GUESTS, type Kinds } from "./arbitrary.js";

/** Everything that a target loads for a model: its texts or objects, by the place where they stand. */
export type Loaded = ReadonlyMap<string, unknown>;

/** A target of packets: how a model becomes what it loads, and what that does. */
export interface PacketTarget {
  readonly target: Target;
  /** Rule sets that it can say in full. */
  readonly kinds: Kinds;
  compile(model: AccessModel): ReadonlyMap<string, Compiled<unknown>>;
  /** True when one of its enforcement points sees the packet. */
  sees(packet: Packet): boolean;
  /** True when the packet reaches its destination. */
  passes(loaded: Loaded, packet: Packet): boolean;
}

/** The name of an endpoint when an enforcement point of addresses stands there. */
function guestAt({ address }: Endpoint): string | undefined {
  return GUESTS.some((guest) => guest.address === address) ? address : undefined;
}

/** A text at each guest: what leaves one and what reaches another must both be let through. */
function atBothEnds(packet: Packet, judge: (guest: string, direction: "in" | "out") => boolean): boolean {
  const [from, to] = [guestAt(packet.from), guestAt(packet.to)];
  return (from === undefined || judge(from, "out")) && (to === undefined || judge(to, "in"));
}

function seesGuest({ from, to }: Packet): boolean {
  return guestAt(from) !== undefined || guestAt(to) !== undefined;
}

function seesPod({ from, to }: Packet): boolean {
  return [from, to].some(({ pod }) => pod?.namespace === "data" && pod.labels["app"] === "pg");
}

/** Texts are parsed once. */
function remembered<T>(parse: (text: string) => T): (text: unknown) => T {
  const known = new Map<string, T>();
  return (text) => {
    const key = String(text);
    const made = known.get(key) ?? parse(key);
    known.set(key, made);
    return made;
  };
}

const tables = remembered(parseNftables);
const filters = remembered(parseNwFilter);
const states = remembered((text) => parseNsx(JSON.parse(text)));

function perGuest(
  compile: (endpoint: Endpoint) => Compiled<unknown>,
): ReadonlyMap<string, Compiled<unknown>> {
  return new Map(GUESTS.map((endpoint) => [endpoint.address, compile(endpoint)]));
}

export const PACKET_TARGETS: readonly PacketTarget[] = [
  {
    target: "nftables",
    kinds: "networks",
    sees: seesGuest,
    compile: (model) =>
      perGuest((endpoint) => compileNftables(model, { name: endpoint.address, endpoints: [endpoint] })),
    passes: (loaded, packet) =>
      atBothEnds(packet, (guest, direction) => {
        const { from, to, protocol, port } = packet;
        const at = direction === "in" ? ({ iif: "eth0" } as const) : ({ oif: "eth0" } as const);
        const judged = evaluateNftables(tables(loaded.get(guest)), direction === "in" ? "input" : "output", {
          ...{ from: from.address, to: to.address, protocol, port, state: "new" },
          ...at,
        });
        return judged.verdict === "accept";
      }),
  },
  {
    target: "nwfilter",
    kinds: "networks",
    sees: seesGuest,
    compile: (model) =>
      perGuest((endpoint) =>
        compileNwFilterOf(model, {
          name: "guest",
          uuid: "b3a0f9a2-0000-4000-8000-000000000000",
          at: { name: endpoint.address, endpoints: [endpoint] },
        }),
      ),
    passes: (loaded, packet) =>
      atBothEnds(packet, (guest, direction) => {
        const { from, to, protocol, port } = packet;
        const judged = evaluateNwFilter(
          filters(loaded.get(guest)),
          { from: from.address, to: to.address, protocol, port, direction },
          [guest],
        );
        return judged.verdict === "accept";
      }),
  },
  {
    target: "nsx",
    kinds: "tags",
    sees: seesGuest,
    compile: (model) => new Map([["", compileNsx(model, { policy: "pgkeep" })]]),
    passes: (loaded, packet) =>
      evaluateNsx(states(JSON.stringify(loaded.get(""))), packet).verdict === "accept",
  },
  {
    target: "calico",
    kinds: "pods",
    sees: seesPod,
    compile: (model) => new Map([["", compileCalico(model, { prefix: "pgkeep" })]]),
    passes: (loaded, packet) => evaluateCalico(loaded.get("") as unknown[], packet).verdict === "accept",
  },
  {
    target: "network-policy",
    kinds: "pods",
    sees: seesPod,
    compile: (model) => new Map([["", compileNetworkPolicy(model, { prefix: "pgkeep" })]]),
    passes: (loaded, packet) =>
      evaluateNetworkPolicy(loaded.get("") as unknown[], packet).verdict === "accept",
  },
];

/** What a target loads, and how it may differ from the model; undefined where it refuses. */
export function load(
  target: PacketTarget,
  model: AccessModel,
): { readonly loaded: Loaded; readonly effects: ReadonlySet<string> } | undefined {
  const compiled = [...target.compile(model)];
  const loaded = new Map<string, unknown>();
  const effects = new Set<string>();
  for (const [place, { output, reported }] of compiled) {
    if (output === undefined) return undefined;
    loaded.set(place, output);
    for (const { effect } of reported) effects.add(effect);
  }
  return { loaded, effects };
}

/**
 * How target and model disagree; undefined when they do not. What the compiler has reported as stricter may only be stricter, and
 * what must be held elsewhere may only let through more.
 */
export function disagreement(
  said: boolean,
  passes: boolean,
  effects: ReadonlySet<string>,
): string | undefined {
  if (said === passes) return undefined;
  if (said && !effects.has("stricter")) return "the model allows what the target drops";
  if (!said && !effects.has("elsewhere")) return "the model denies what the target lets through";
  return undefined;
}
