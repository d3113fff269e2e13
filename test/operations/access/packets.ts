import type { Protocol } from "../../../components/access/index.js";
import { machines, PURPOSES } from "../../../components/declaration/index.js";
import { PORTS } from "../../../components/postgres/index.js";
import type { RecoveryPlan } from "../../../components/recovery/index.js";

/** Every address that the declaration names, the edges of every access group and one step beyond, and strangers. */
export function addressesOf({ environment, guests }: RecoveryPlan): string[] {
  const { access, failover, hardening } = environment;
  const { hosts, networks } = machines(environment);
  const { redirect } = failover;
  const edges = access.groups.flatMap((group) =>
    group.networks.flatMap((network) => {
      const [address = "", length] = network.split("/");
      const first = address.split(".").map(Number);
      const size = 2 ** (32 - Number(length));
      return [-1, 0, size - 1, size].map((step) => [...first.slice(0, 3), (first[3] ?? 0) + step].join("."));
    }),
  );
  const strangers = PURPOSES.map((purpose) => networks[purpose].replace(/\.0\/24$/, ".250"));
  return [
    ...new Set([
      ...guests.flatMap(({ addresses }) => PURPOSES.map((purpose) => addresses[purpose])),
      ...edges,
      ...hosts.map(({ address }) => address),
      ...(redirect.kind === "dns" ? [redirect.server] : redirect.kind === "vip" ? [redirect.address] : []),
      ...hardening.ntp,
      ...strangers,
      "8.8.8.8",
    ]),
  ];
}

/** What is called: every port that means something, and others beside. */
export const CALLS: readonly (readonly [Protocol, number?])[] = [
  ...[...Object.values(PORTS), 22, 53, 80, 123, 443, 5431, 5433, 65535].map((port) => ["tcp", port] as const),
  ...[53, 123, 2379, 5432].map((port) => ["udp", port] as const),
  ["icmp"],
  ["vrrp"],
];
