import fc from "fast-check";
import type { Endpoint, ModelInput, Packet } from "../../../components/access/index.js";

type GroupInput = NonNullable<ModelInput["groups"]>[number];
type ServiceInput = NonNullable<ModelInput["services"]>[number];
type RuleInput = NonNullable<ModelInput["rules"]>[number];

/** A universe so small that rules overlap, hide one another and end where packets begin. */
const NETWORKS = [
  "10.0.0.0/24",
  "10.0.0.0/28",
  "10.0.0.16/28",
  "10.0.0.4/32",
  "10.1.0.0/16",
  "10.1.2.0/23",
  "2001:db8::/64",
  "2001:db8::/120",
  "2001:db8:1::/48",
  "2001:db8::7/128",
] as const;
/** Addresses of machines that are no guests. */
export const ADDRESSES = [
  "10.0.0.0",
  "10.0.0.4",
  "10.0.0.15",
  "10.0.0.16",
  "10.0.0.255",
  "10.0.1.0",
  "10.1.3.255",
  "10.1.4.0",
  "172.16.0.1",
  "2001:db8::1",
  "2001:db8::7",
  "2001:db8::1:0",
  "2001:db8:0:1::1",
  "2001:db8:1:ffff::1",
] as const;
const TAGS = ["app", "db", "ops"].map((tag) => ({ scope: "role", tag }));
const NAMESPACES = ["shop", "data"] as const;
const LABELS = [{}, { app: "web" }, { app: "pg" }, { app: "pg", role: "primary" }] as const;
const ACCOUNTS = ["runner", "default"] as const;
const PORTS = [5432, 5433, { first: 5433, last: 5440 }, { first: 1, last: 1023 }, 8432] as const;
const CALLED = [1, 22, 1023, 1024, 5431, 5432, 5433, 5440, 5441, 8432, 65535] as const;

/** Guests of the universe: what an enforcement point can stand at. Their addresses lie in no network above. */
export const GUESTS: readonly Endpoint[] = [
  { address: "192.0.2.1", tags: ["role|db"] },
  { address: "192.0.2.2", tags: ["role|db", "role|ops"] },
  { address: "2001:db8:f::1", tags: ["role|db"] },
];
const POD_ADDRESSES = ["198.51.100.1", "198.51.100.2", "2001:db8:e::1", "2001:db8:e::2"] as const;

/** Which kinds of members groups may have; each target knows only some. */
export type Kinds = "networks" | "tags" | "pods" | "everything";

const subset = <T>(all: readonly T[], most: number): fc.Arbitrary<T[]> =>
  fc.subarray([...all], { minLength: 1, maxLength: Math.min(most, all.length) });

function member(kinds: Kinds): fc.Arbitrary<Omit<GroupInput, "name">> {
  const networks = subset(NETWORKS, 3).map((each) => ({ networks: each }));
  const tags = subset(TAGS, 2).map((each) => ({ tags: each }));
  const pods = fc
    .array(
      fc.record({
        namespace: fc.constantFrom(...NAMESPACES),
        labels: fc.constantFrom(...LABELS).map((labels) => ({ ...labels })),
      }),
      { minLength: 1, maxLength: 2 },
    )
    .map((each) => ({ pods: each }));
  const accounts = fc
    .record({ namespace: fc.constantFrom(...NAMESPACES), name: fc.constantFrom(...ACCOUNTS) })
    .map((each) => ({ serviceAccounts: [each] }));
  type Part = fc.Arbitrary<Omit<GroupInput, "name">>;
  const several = (...all: Part[]): Part =>
    fc
      .tuple(fc.oneof(...all), fc.oneof(...all), fc.boolean())
      .map(([one, other, both]) => (both ? { ...one, ...other } : one));
  switch (kinds) {
    case "networks":
      return networks;
    case "tags":
      return several(networks, tags);
    case "pods":
      return several(networks, pods);
    case "everything":
      return several(networks, tags, pods, accounts);
  }
}

/** Where enforcement points stand, by kind. */
function enforced(kinds: Kinds): GroupInput[] {
  const addresses = { name: "guests", networks: ["192.0.2.0/30", "2001:db8:f::/64"], enforced: true };
  const first = { name: "first", networks: ["192.0.2.1/32", "2001:db8:f::1/128"], enforced: true };
  const tagged = { name: "tagged", tags: [{ scope: "role", tag: "db" }], enforced: true };
  const pods = { name: "pods", pods: [{ namespace: "data", labels: { app: "pg" } }], enforced: true };
  const primary = {
    name: "primary",
    pods: [{ namespace: "data", labels: { app: "pg", role: "primary" } }],
    enforced: true,
  };
  return {
    networks: [addresses, first],
    tags: [tagged],
    pods: [pods, primary],
    everything: [addresses, tagged, pods],
  }[kinds];
}

/** Rule sets with one to six rules in which anything may overlap anything. */
export function models(kinds: Kinds): fc.Arbitrary<ModelInput> {
  const groups = fc
    .array(member(kinds), { minLength: 2, maxLength: 4 })
    .map((all): GroupInput[] => all.map((each, i) => ({ name: `g${i}`, ...each })));
  const services = fc
    .array(
      fc.oneof(
        fc.record({
          protocol: fc.constantFrom("tcp" as const, "udp" as const),
          ports: subset(PORTS, 2).map((ports) => [...ports]),
        }),
        fc.record({ protocol: fc.constantFrom("icmp" as const, "icmp" as const, "vrrp" as const) }),
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((all): ServiceInput[] => all.map((each, i) => ({ name: `s${i}`, ...each })));
  return fc.tuple(groups, services).chain(([others, called]) => {
    const own = enforced(kinds);
    const outside = fc.oneof(
      { weight: 1, arbitrary: fc.constant("any" as const) },
      {
        weight: 6,
        arbitrary: subset(
          others.map(({ name }) => name),
          2,
        ),
      },
    );
    const inside = subset(
      own.map(({ name }) => name),
      1,
    );
    const anywhere = fc.oneof({ weight: 4, arbitrary: inside }, { weight: 1, arbitrary: outside });
    const logins = fc.subarray(
      [
        { database: "shop", role: "app" },
        { database: "shop", role: "ro" },
        { database: "all", role: "app" },
        { role: "replicator", certificate: true },
        { database: 'od"d', role: "replication" },
      ],
      { minLength: 0, maxLength: 3 },
    );
    const rule = fc
      .record({
        incoming: fc.boolean(),
        near: anywhere,
        far: fc.oneof({ weight: 5, arbitrary: outside }, { weight: 1, arbitrary: inside }),
        services: fc.oneof(
          { weight: 1, arbitrary: fc.constant("any" as const) },
          {
            weight: 5,
            arbitrary: subset(
              called.map(({ name }) => name),
              2,
            ),
          },
        ),
        // A target without denials refuses most rule sets that have some.
        action: fc.oneof(
          { weight: kinds === "pods" ? 5 : 2, arbitrary: fc.constant("allow" as const) },
          { weight: 1, arbitrary: fc.constant("deny" as const) },
        ),
        log: fc.boolean(),
        logins,
      })
      .map(({ incoming, near, far, ...rest }) => ({
        ...rest,
        from: incoming ? far : near,
        to: incoming ? near : far,
        description: "generated",
      }));
    return fc.array(rule, { minLength: 1, maxLength: 6 }).map((rules) => ({
      groups: [...own, ...others],
      services: called,
      rules: rules.map((each, i): RuleInput => ({ name: `r${i}`, ...each })),
    }));
  });
}

const pods = (namespaces: readonly string[], labels: readonly (typeof LABELS)[number][]) =>
  fc
    .record({
      address: fc.constantFrom(...POD_ADDRESSES),
      namespace: fc.constantFrom(...namespaces),
      labels: fc.constantFrom(...labels).map((each): Record<string, string> => ({ ...each })),
      serviceAccount: fc.constantFrom(...ACCOUNTS),
    })
    .map(({ address, ...rest }): Endpoint => ({ address, pod: rest }));
const anyPod = pods(NAMESPACES, LABELS);
const databasePod = pods(["data"], LABELS.slice(2));

/** Packets between an enforced endpoint and anybody, both ways. Both sides speak the same version of IP. */
export function packets(kinds: Kinds): fc.Arbitrary<Packet> {
  const stranger: fc.Arbitrary<Endpoint> = fc.record({ address: fc.constantFrom(...ADDRESSES) });
  const machine = fc
    .record({
      address: fc.constantFrom(...ADDRESSES),
      tags: fc.subarray(TAGS.map(({ scope, tag }) => `${scope}|${tag}`)),
    })
    .filter(({ tags }) => !tags.includes("role|db"));
  const guest = fc.constantFrom(...GUESTS);
  const near = {
    networks: guest,
    tags: guest,
    pods: databasePod,
    everything: fc.oneof(guest, databasePod),
  }[kinds];
  const far = {
    networks: fc.oneof(stranger, guest),
    tags: fc.oneof(stranger, machine, guest),
    pods: fc.oneof(stranger, anyPod),
    everything: fc.oneof(stranger, machine, anyPod, guest),
  }[kinds];
  const called = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        protocol: fc.constantFrom("tcp" as const, "udp" as const),
        port: fc.constantFrom(...CALLED),
      }),
    },
    { weight: 1, arbitrary: fc.record({ protocol: fc.constantFrom("icmp" as const, "vrrp" as const) }) },
  );
  return fc
    .tuple(near, far, called, fc.boolean())
    .map(([one, other, call, incoming]) =>
      incoming ? { from: other, to: one, ...call } : { from: one, to: other, ...call },
    )
    .filter(
      ({ from, to }) =>
        from.address.includes(":") === to.address.includes(":") && from.address !== to.address,
    );
}
