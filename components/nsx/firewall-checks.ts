import { readAddress } from "./addresses.js";
import { sequenceNumberOf, type Firewall, type GroupMember } from "./firewall-schema.js";

/** Limits of NSX 4.2, published in its API pages. */
const LIMITS = { rulesPerPolicy: 1000, portsPerEntry: 15, conditions: 5, values: 500 } as const;

type Path = readonly PropertyKey[];
type Report = (path: Path, problem: string, remedy: string) => void;

/** Says what contradicts, or what NSX would refuse or leave without effect. */
export function checkFirewall(firewall: Firewall, report: Report): void {
  uniqueIds(firewall, report);
  firewall.groups.forEach(({ members }, i) => {
    checkMembers(members, ["groups", i, "members"], report);
  });
  checkPorts(firewall, report);
  checkIsolation(firewall, report);
  checkRules(firewall, report);
}

function uniqueIds({ groups, services, rules, deny }: Firewall, report: Report): void {
  const repeated = (ids: readonly string[], at: (index: number) => Path, what: string): void => {
    ids.forEach((id, i) => {
      if (ids.indexOf(id) < i) report(at(i), `is already ${what}`, "an id of its own");
    });
  };
  repeated(
    groups.map(({ id }) => id),
    (i) => ["groups", i, "id"],
    "a group's id",
  );
  repeated(
    services.map(({ id }) => id),
    (i) => ["services", i, "id"],
    "a service's id",
  );
  services.forEach(({ entries }, i) => {
    repeated(
      entries.map(({ id }) => id),
      (j) => ["services", i, "entries", j, "id"],
      "an entry's id",
    );
  });
  repeated(
    [...rules.map(({ id }) => id), deny.id],
    (i) => (i < rules.length ? ["rules", i, "id"] : ["deny", "id"]),
    "a rule's id",
  );
}

function checkMembers(members: readonly GroupMember[], at: Path, report: Report): void {
  let values = 0;
  members.forEach((member, i) => {
    if ("addresses" in member) {
      values += member.addresses.length;
      checkAddresses(member.addresses, [...at, i, "addresses"], report);
    }
    if ("paths" in member) values += member.paths.length;
    if ("virtualMachines" in member) values += member.virtualMachines.length;
  });
  const conditions = members.filter((member) => "tag" in member).length;
  if (conditions > LIMITS.conditions)
    report(at, `has ${conditions} tags`, `at most ${LIMITS.conditions} tags a group`);
  if (values > LIMITS.values)
    report(
      at,
      `has ${values} addresses, paths and VMs`,
      `at most ${LIMITS.values} a group, or several groups`,
    );
}

function checkAddresses(addresses: readonly string[], at: Path, report: Report): void {
  const read = addresses.map(readAddress);
  read.forEach((found, j) => {
    if (found === undefined)
      report(
        [...at, j],
        "is no address",
        "an address, a network or a range, such as 10.0.0.7, 10.0.0.0/24 or 10.0.0.1-10.0.0.9",
      );
    else if (found.world)
      report([...at, j], "opens the database to the world", "the networks that really connect");
  });
  const families = new Set(read.flatMap((found) => (found === undefined ? [] : [found.family])));
  if (families.size > 1)
    report(
      at,
      "mixes IPv4 and IPv6, which NSX refuses",
      "two members, one with the addresses of each family",
    );
}

function checkPorts({ services }: Firewall, report: Report): void {
  services.forEach(({ entries }, i) => {
    entries.forEach(({ ports, sourcePorts }, j) => {
      const at: Path = ["services", i, "entries", j];
      const count = [...ports, ...sourcePorts].reduce((sum, port) => sum + port.split("-").length, 0);
      if (count > LIMITS.portsPerEntry)
        report(
          [...at, "ports"],
          `has ${count} ports, a range counted as two`,
          `at most ${LIMITS.portsPerEntry} an entry, or several entries`,
        );
      for (const [key, list] of Object.entries({ ports, sourcePorts }))
        list.forEach((port, k) => {
          const [first = 0, last = first] = port.split("-").map(Number);
          if (last > 65535 || first > last)
            report([...at, key, k], "is no port or range", "ports from 0 to 65535, the lower one first");
        });
    });
  });
}

function checkIsolation({ isolate, groups }: Firewall, report: Report): void {
  isolate.forEach((id, i) => {
    const found = groups.findIndex((group) => group.id === id);
    const group = groups[found];
    if (group === undefined) report(["isolate", i], "is not a declared group", choice(groups));
    // NSX applies no policy to a group of addresses only.
    else if (group.members.every((member) => "addresses" in member))
      report(
        ["groups", found, "members"],
        "names no VM, so that no policy can apply to it",
        "a tag, segments or VMs besides the addresses",
      );
    if (isolate.indexOf(id) < i) report(["isolate", i], "is named twice", "each group once");
  });
}

function checkRules({ rules, groups, services, isolate, domain }: Firewall, report: Report): void {
  if (rules.length + 1 > LIMITS.rulesPerPolicy)
    report(
      ["rules"],
      "are too many for one policy",
      `at most ${LIMITS.rulesPerPolicy - 1}: the denial is one more`,
    );
  const numbers = rules.map(sequenceNumberOf);
  rules.forEach((rule, i) => {
    for (const side of ["sources", "destinations"] as const)
      rule[side].forEach((reference, j) => {
        checkGroup(reference, ["rules", i, side, j], { groups, domain }, report);
      });
    rule.services.forEach((reference, j) => {
      const at: Path = ["rules", i, "services", j];
      if (reference === "ANY") report(at, "opens every port", "the services that are really used");
      else if (reference.startsWith("/")) {
        if (!/^\/infra\/services\/[^/&\s]+$/.test(reference))
          report(at, "is no path of a service", "a path such as /infra/services/DNS-UDP");
      } else if (!services.some(({ id }) => id === reference))
        report(at, "is not a declared service", choice(services));
    });
    for (const side of ["sources", "destinations", "services"] as const)
      rule[side].forEach((reference, j, all) => {
        if (all.indexOf(reference) < j) report(["rules", i, side, j], "is named twice", "each one once");
      });
    const ends = [...rule.sources, ...rule.destinations];
    if (!ends.some((end) => isolate.includes(end) || end.startsWith("/")))
      report(
        ["rules", i],
        "concerns no isolated group, so that it would never be applied",
        "an isolated group as source or destination",
      );
    const number = numbers[i] ?? 0;
    if (numbers.indexOf(number) < i)
      report(
        ["rules", i, "sequenceNumber"],
        "is the number of another rule, which leaves their order open",
        "a number of its own",
      );
  });
}

function checkGroup(
  reference: string,
  at: Path,
  { groups, domain }: Pick<Firewall, "groups" | "domain">,
  report: Report,
): void {
  if (reference === "ANY" || readAddress(reference)?.world === true)
    report(at, "opens the database to the world", "the groups that really connect");
  else if (reference.startsWith("/")) {
    if (!/^\/infra\/domains\/[^/&\s]+\/groups\/[^/&\s]+$/.test(reference))
      report(at, "is no path of a group", `a path such as /infra/domains/${domain}/groups/orders`);
  } else if (!groups.some(({ id }) => id === reference))
    report(at, "is not a declared group", choice(groups));
}

function choice(declared: readonly { id: string }[]): string {
  return declared.length === 0
    ? "one that is declared; there is none"
    : declared.map(({ id }) => id).join(" or ");
}
