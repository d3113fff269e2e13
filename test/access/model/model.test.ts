import assert from "node:assert/strict";
import {
  accessModel,
  decide,
  decideLogin,
  modelProblems,
  type Decision,
} from "../../../components/access/index.js";
import { sampleModel } from "./input.js";

type Sample = ReturnType<typeof sampleModel>;

/** Every problem of the sample after a change, as `path: problem`. */
function problems(change: (input: Sample) => void, today?: string): string[] {
  const input = sampleModel();
  change(input);
  return modelProblems(input, today).map(({ path, problem }) => `${path}: ${problem}`);
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  assert.ok(found !== undefined);
  return found;
}

describe("access model", () => {
  const model = accessModel(sampleModel(), "2026-11-25");
  const say = ({ verdict, rule }: Decision): string => `${verdict} ${rule?.name ?? "-"}`;
  const tcp = (from: string, to: string, port: number): string =>
    say(decide(model, { from: { address: from }, to: { address: to }, protocol: "tcp", port }));

  it("decides by the first rule that fits, and denies what none fits", () => {
    assert.deepEqual(
      [
        tcp("192.0.2.1", "198.51.100.5", 5432),
        tcp("192.0.2.7", "198.51.100.5", 5432),
        tcp("192.0.2.1", "198.51.100.5", 5433),
        tcp("192.0.2.16", "198.51.100.5", 5432),
        tcp("2001:db8:1::1", "2001:db8:2::5", 5432),
        tcp("198.51.100.5", "203.0.113.9", 8433),
        tcp("198.51.100.5", "203.0.113.9", 8434),
        tcp("192.0.2.1", "203.0.113.9", 8432),
      ],
      [
        "allow clients",
        "deny no-intruder",
        "deny -",
        "deny -",
        "allow clients",
        "allow archive",
        "deny -",
        "ungoverned -",
      ],
    );
  });

  it("knows endpoints by tag, pod and account as well", () => {
    const other = accessModel({
      groups: [
        { name: "vm", tags: [{ scope: "role", tag: "app" }] },
        { name: "pods", pods: [{ namespace: "shop", labels: { app: "web" } }] },
        { name: "account", serviceAccounts: [{ namespace: "shop", name: "runner" }] },
        { name: "pg", networks: ["198.51.100.5/32"], enforced: true },
      ],
      services: [{ name: "postgresql", protocol: "tcp", ports: [5432] }],
      rules: [
        {
          name: "clients",
          from: ["vm", "pods", "account"],
          to: ["pg"],
          services: "any",
          action: "allow",
          description: "all kinds",
        },
      ],
    });
    const address = "192.0.2.1";
    const ask = (from: Parameters<typeof decide>[1]["from"]): string =>
      decide(other, { from, to: { address: "198.51.100.5" }, protocol: "tcp", port: 1 }).verdict;
    const pod = { namespace: "shop", labels: { app: "web", tier: "1" } };
    assert.deepEqual(
      [
        ask({ address }),
        ask({ address, tags: ["role|app"] }),
        ask({ address, tags: ["role|application"] }),
        ask({ address, pod }),
        ask({ address, pod: { ...pod, namespace: "other" } }),
        ask({ address, pod: { namespace: "shop", labels: {} } }),
        ask({ address, pod: { namespace: "shop", labels: {}, serviceAccount: "runner" } }),
      ],
      ["deny", "allow", "deny", "allow", "deny", "deny", "allow"],
    );
  });

  it("permits logins that a rule names, over TLS, from where the network is open", () => {
    const packet = (from: string, port = 5432) => ({
      from: { address: from },
      to: { address: "198.51.100.5" },
      protocol: "tcp" as const,
      port,
    });
    const shop = { database: "shop", role: "shop_app" };
    assert.deepEqual(
      [
        decideLogin(model, packet("192.0.2.1"), shop).verdict,
        decideLogin(model, packet("192.0.2.1"), { ...shop, tls: false }).verdict,
        decideLogin(model, packet("192.0.2.1"), { ...shop, role: "postgres" }).verdict,
        decideLogin(model, packet("192.0.2.1"), { ...shop, database: "postgres" }).verdict,
        decideLogin(model, packet("192.0.2.1"), { ...shop, replication: true }).verdict,
        decideLogin(model, packet("192.0.2.7"), shop).verdict,
        decideLogin(model, packet("192.0.2.1", 5433), shop).verdict,
      ],
      ["allow", "deny", "deny", "deny", "deny", "deny", "deny"],
    );
  });

  it("has no problem as it stands", () => {
    assert.deepEqual(
      problems(() => undefined, "2027-06-30"),
      [],
    );
  });

  it("refuses what takes in nearly everybody, groups of nothing and rules that have ended", () => {
    assert.deepEqual(
      problems((input) => {
        at(input.groups, 0).networks = ["0.0.0.0/1", "192.0.2.0/28"];
        input.groups.push({ name: "nobody" });
        at(input.rules, 3).services = ["echo", "postgresql"];
      }, "2027-07-01"),
      [
        "groups[0].networks[0]: takes in nearly everybody",
        "groups[4]: is a group of nothing",
        "rules[1].expires: ended before 2027-07-01",
        "rules[3].from: opens a service to the world",
      ],
    );
  });

  it("finds rules that never decide anything", () => {
    assert.deepEqual(
      problems((input) => {
        input.rules.push(
          { ...at(input.rules, 1), name: "again" },
          { ...at(input.rules, 0), name: "late", from: ["app"] },
          { ...at(input.rules, 1), name: "more", logins: [{ database: "shop", role: "shop_ro" }] },
        );
      }),
      [
        "rules[4]: is shadowed by clients, which says the same already",
        "rules[5]: contradicts clients, which decides first",
      ],
    );
    assert.deepEqual(
      problems((input) => {
        input.groups.push({ name: "halves", networks: ["192.0.2.0/29", "192.0.2.8/29"] });
        input.rules.push({ ...at(input.rules, 1), name: "split", from: ["halves"] });
      }),
      ["rules[4]: is shadowed by clients, which says the same already"],
    );
  });

  it("finds names that are unknown or used twice, ports that cannot be, rules that nothing would hold", () => {
    assert.deepEqual(
      problems((input) => {
        input.groups.push({ name: "app", networks: ["192.0.2.64/28"] });
        input.services.push(
          { name: "none", protocol: "udp" },
          { name: "odd", protocol: "icmp", ports: [1] },
          { name: "back", protocol: "tcp", ports: [{ first: 9, last: 8 }] },
        );
        at(input.rules, 1).from = ["application"];
        at(input.rules, 2).from = ["app"];
      }),
      [
        "groups[4].name: is used twice as a name",
        "services[3].ports: says nothing about the ports of udp",
        "services[4].ports: gives ports to icmp, which has none",
        "services[5].ports[0]: ends before it begins",
        "rules[1].from[0]: is not a group of the model",
        "rules[2]: touches no enforced group, so nothing would hold it",
      ],
    );
  });

  it("reads every part before it refuses, with path, value and remedy", () => {
    const input = {
      groups: [{ name: "App", networks: ["192.0.2.1/28"], nets: [] }],
      services: [{ name: "x", protocol: "tcp", ports: [0] }],
      rules: [
        {
          name: "r",
          from: [],
          to: ["a"],
          services: ["x"],
          action: "permit",
          description: "x\n",
          expires: "2026-02-30",
        },
      ],
    } as unknown as Sample;
    const found = modelProblems(input);
    assert.deepEqual(found.map(({ path }) => path).toSorted(), [
      "groups[0].name",
      "groups[0].nets",
      "groups[0].networks[0]",
      "rules[0].action",
      "rules[0].description",
      "rules[0].expires",
      "rules[0].from",
      "services[0].ports[0]",
    ]);
    for (const { value, problem, remedy } of found)
      assert.ok(value !== "" && problem !== "" && remedy !== "", JSON.stringify(found));
    assert.throws(() => accessModel(input), /the declaration has 8 problems/);
  });
});
