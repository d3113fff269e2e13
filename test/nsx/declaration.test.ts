import assert from "node:assert/strict";
import { readAddress } from "../../components/nsx/addresses.js";
import { parseFirewall } from "../../components/nsx/parse-firewall.js";
import { UNKNOWN } from "../../components/dynamic/unknowns.js";
import { firewallArgs } from "./samples.js";

/** The problems of a firewall as `path: problem`. */
function problems(change: object): string[] {
  const parsed = parseFirewall({ ...firewallArgs(), ...change });
  return parsed.ok ? [] : parsed.problems.map(({ path, problem }) => `${path}: ${problem}`);
}

const { groups, services, rules } = firewallArgs();
const rule = { ...rules[0] };
const group = (members: object[]) => ({ groups: [...groups, { id: "more", members }] });
const entry = (ports: string[], more: object = {}) => ({
  services: [...services, { id: "more", entries: [{ id: "e", ports, ...more }] }],
});

describe("declaration of a distributed firewall", () => {
  it("accepts the example and fills in what is not said", () => {
    const parsed = parseFirewall(firewallArgs());
    assert.ok(parsed.ok);
    const { domain, category, deny, manager } = parsed.value;
    assert.deepEqual(
      [domain, category, deny.id, deny.action, deny.direction],
      ["default", "Application", "deny-everything-else", "DROP", "IN_OUT"],
    );
    assert.deepEqual(
      [manager.port, manager.authentication, manager.credentials],
      [443, "session", "PGKEEP_NSX"],
    );
  });

  const wrong: Record<string, [object, string[]]> = {
    "an id with / or &": [
      { policyId: "a/b", domain: "c&d" },
      ["domain: has the wrong form", "policyId: has the wrong form"],
    ],
    "no isolated group": [
      { isolate: [] },
      ["isolate: is too short", "rules[0]: concerns no isolated group, so that it would never be applied"],
    ],
    "an isolated group that is not declared": [
      { isolate: ["x"] },
      [
        "isolate[0]: is not a declared group",
        "rules[0]: concerns no isolated group, so that it would never be applied",
      ],
    ],
    "an isolated group of addresses only": [
      { isolate: ["databases", "more"], ...group([{ addresses: ["10.0.0.1"] }]) },
      ["groups[2].members: names no VM, so that no policy can apply to it"],
    ],
    "an empty group": [group([]), ["groups[2].members: is too short"]],
    "both families in one member": [
      group([{ addresses: ["10.0.0.0/24", "fd00::/64"] }]),
      ["groups[2].members[0].addresses: mixes IPv4 and IPv6, which NSX refuses"],
    ],
    "something that is no address": [
      group([{ addresses: ["10.0.0.0/33", "10.0.0", "10.0.0.9-10.0.0.1", "db.example.net"] }]),
      [0, 1, 2, 3].map((i) => `groups[2].members[0].addresses[${i}]: is no address`),
    ],
    "the world as a source": [
      {
        ...group([
          { addresses: ["0.0.0.0/0"] },
          { addresses: ["0.0.0.0/1", "128.0.0.0/1"] },
          { addresses: ["::/0"] },
        ]),
        rules: [{ ...rule, sources: ["ANY"] }],
      },
      [
        ...["[0].addresses[0]", "[1].addresses[0]", "[1].addresses[1]", "[2].addresses[0]"].map(
          (at) => `groups[2].members${at}: opens the database to the world`,
        ),
        "rules[0].sources[0]: opens the database to the world",
      ],
    ],
    "a range that is the world": [
      group([{ addresses: ["1.0.0.0-223.255.255.255"] }]),
      ["groups[2].members[0].addresses[0]: opens the database to the world"],
    ],
    "more tags than NSX takes": [
      group(Array.from({ length: 6 }, (_, i) => ({ scope: "role", tag: `t${i}` }))),
      ["groups[2].members: has 6 tags"],
    ],
    "more addresses than NSX takes": [
      group([{ addresses: Array.from({ length: 501 }, (_, i) => `10.0.${i >> 8}.${i & 255}`) }]),
      ["groups[2].members: has 501 addresses, paths and VMs"],
    ],
    "more than 15 ports in an entry": [
      entry([...Array.from({ length: 12 }, (_, i) => `${5000 + i}`), "6000-6010"], { sourcePorts: ["1-9"] }),
      ["services[1].entries[0].ports: has 16 ports, a range counted as two"],
    ],
    "ports that are none": [
      entry(["70000", "9-1", "http"]),
      [
        "services[1].entries[0].ports[0]: is no port or range",
        "services[1].entries[0].ports[1]: is no port or range",
        "services[1].entries[0].ports[2]: has the wrong form",
      ],
    ],
    "references to nothing": [
      { rules: [{ ...rule, sources: ["nobody"], services: ["nothing", "ANY", "/infra/x"] }] },
      [
        "rules[0].services[0]: is not a declared service",
        "rules[0].services[1]: opens every port",
        "rules[0].services[2]: is no path of a service",
        "rules[0].sources[0]: is not a declared group",
      ],
    ],
    "a group named twice": [
      { rules: [{ ...rule, sources: ["applications", "applications"] }] },
      ["rules[0].sources[1]: is named twice"],
    ],
    "two rules of one number": [
      { rules: [rule, { ...rule, id: "b", sequenceNumber: 10 }] },
      ["rules[1].sequenceNumber: is the number of another rule, which leaves their order open"],
    ],
    "a rule after the denial": [
      { rules: [{ ...rule, sequenceNumber: 999_999 }] },
      ["rules[0].sequenceNumber: is too large"],
    ],
    "ids that are taken": [
      {
        groups: [...groups, groups[0]],
        rules: [rule, { ...rule, sequenceNumber: 7 }, { ...rule, id: "deny-everything-else" }],
      },
      [
        "deny.id: is already a rule's id",
        "groups[2].id: is already a group's id",
        "rules[1].id: is already a rule's id",
      ],
    ],
    "too many rules": [
      { rules: Array.from({ length: 1000 }, (_, i) => ({ ...rule, id: `r${i}` })) },
      ["rules: are too many for one policy"],
    ],
    "a rule that concerns no isolated group": [
      { rules: [{ ...rule, destinations: ["applications"] }] },
      ["rules[0]: concerns no isolated group, so that it would never be applied"],
    ],
    "a label that NSX would cut": [{ deny: { label: "x".repeat(33) } }, ["deny.label: has the wrong form"]],
    "a manager with a scheme, and an authority that is none": [
      { manager: { address: "https://nsx", caCertificate: "x" } },
      ["manager.address: has the wrong form", "manager.caCertificate: has the wrong form"],
    ],
  };
  for (const [what, [change, expected]] of Object.entries(wrong))
    it(`refuses ${what}`, () => {
      assert.deepEqual(problems(change).toSorted(), expected);
    });

  it("finds everything at once: wrong types, unknown settings and what contradicts", () => {
    assert.deepEqual(
      problems({
        stateful: false,
        category: "Application layer",
        isolate: ["x"],
        rules: [{ ...rule, direction: "BOTH", services: ["nothing"] }],
        ...entry(["70000"]),
      }).toSorted(),
      [
        "category: is not one of the known values",
        "isolate[0]: is not a declared group",
        "rules[0].direction: is not one of the known values",
        "rules[0].services[0]: is not a declared service",
        "rules[0]: concerns no isolated group, so that it would never be applied",
        "services[1].entries[0].ports[0]: is no port or range",
        "stateful: is not a known setting",
      ],
    );
  });

  it("says the value and what would be right", () => {
    const parsed = parseFirewall(
      firewallArgs({ rules: [{ ...firewallArgs().rules[0], services: ["pg"] } as never] }),
    );
    assert.ok(!parsed.ok);
    assert.deepEqual(parsed.problems, [
      {
        path: "rules[0].services[0]",
        value: '"pg"',
        problem: "is not a declared service",
        remedy: "postgresql",
      },
    ]);
  });

  it("believes in a preview what is not known yet, and nothing else", () => {
    const unknown = group([{ addresses: [UNKNOWN] }, { virtualMachines: [UNKNOWN] }]);
    const manager = { address: "nsx", caCertificate: UNKNOWN };
    assert.deepEqual(problems({ ...unknown, manager }), []);
    assert.deepEqual(problems({ ...unknown, manager, isolate: ["x"] }).length, 2);
  });

  it("reads addresses, networks and ranges, and knows which are the world", () => {
    for (const [text, family, world] of [
      ["10.0.0.7", "ipv4", false],
      ["10.0.0.0/8", "ipv4", false],
      ["10.0.0.0/7", "ipv4", true],
      ["0.0.0.0", "ipv4", true],
      ["10.0.0.1-10.0.0.9", "ipv4", false],
      ["0.0.0.0-255.255.255.255", "ipv4", true],
      ["fd00::/16", "ipv6", false],
      ["::/15", "ipv6", true],
      ["::", "ipv6", true],
      ["fd00::1-fd00::9", "ipv6", false],
    ] as const)
      assert.deepEqual(readAddress(text), { family, world }, text);
    for (const text of [
      "",
      "10",
      "010.0.0.1",
      "10.0.0.0/",
      "10.0.0.0/-1",
      "10.0.0.1-fd00::1",
      "a-b",
      "1-2-3",
    ])
      assert.equal(readAddress(text), undefined, text);
  });
});
