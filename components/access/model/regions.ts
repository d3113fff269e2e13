import { addressText, compare, network, networksOf, type Family } from "../network.js";
import { PROTOCOLS, hasPorts, type Packet } from "../packet.js";
import { groupsOf, type Sides } from "./decide.js";
import type { AccessModel, Group } from "./model.js";

/** Addresses that two models treat alike: they are in the same groups of both. */
export interface Region {
  readonly family: Family;
  /** Networks, as few as possible; those of everybody else may be many. */
  readonly networks: readonly string[];
  readonly before: ReadonlySet<Group>;
  readonly after: ReadonlySet<Group>;
}

/** What is called, in ranges that two models treat alike. */
export type CallRange = Pick<Packet, "protocol"> & { readonly first?: number; readonly last?: number };

/** Splits all addresses where a network of one of the models begins or ends, and puts together what is treated alike. */
export function regionsOf(before: AccessModel, after: AccessModel): readonly Region[] {
  return ([4, 6] as const).flatMap((family) => {
    const whole = network(family === 4 ? "0.0.0.0/0" : "::/0");
    const starts = new Set<bigint>([whole.first]);
    for (const group of [...before.groups, ...after.groups])
      for (const each of group.networks) {
        if (each.family !== family) continue;
        starts.add(each.first);
        if (each.last < whole.last) starts.add(each.last + 1n);
      }
    const sorted = [...starts].toSorted(compare);
    const regions = new Map<string, { region: Region; networks: string[] }>();
    sorted.forEach((first, i) => {
      const last = (sorted[i + 1] ?? whole.last + 1n) - 1n;
      const endpoint = { address: addressText(family, first) };
      const [old, young] = [groupsOf(before, endpoint), groupsOf(after, endpoint)];
      const key = [old, young].map((groups) => [...groups].map(({ name }) => name).join(" ")).join(" / ");
      const made = regions.get(key) ?? newRegion(family, old, young);
      made.networks.push(...networksOf(family, first, last).map(({ text }) => text));
      regions.set(key, made);
    });
    return [...regions.values()].map(({ region }) => region);
  });
}

function newRegion(
  family: Family,
  before: ReadonlySet<Group>,
  after: ReadonlySet<Group>,
): { region: Region; networks: string[] } {
  const networks: string[] = [];
  return { region: { family, networks, before, after }, networks };
}

/** Splits all protocols and ports where a service of one of the models begins or ends. */
export function callRanges(before: AccessModel, after: AccessModel): readonly CallRange[] {
  return PROTOCOLS.flatMap((protocol): CallRange[] => {
    if (!hasPorts(protocol)) return [{ protocol }];
    const starts = new Set([1]);
    for (const service of [...before.services, ...after.services])
      if (service.protocol === protocol)
        for (const { first, last } of service.ports) {
          starts.add(first);
          if (last < 65535) starts.add(last + 1);
        }
    const sorted = [...starts].toSorted((a, b) => a - b);
    return sorted.map((first, i) => ({ protocol, first, last: (sorted[i + 1] ?? 65536) - 1 }));
  });
}

/** The two sides of a connection between regions, as one of the models sees them. */
export function sidesOf(from: Region, to: Region, which: "before" | "after"): Sides {
  return { from: from[which], to: to[which] };
}
