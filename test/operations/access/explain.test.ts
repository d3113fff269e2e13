import assert from "node:assert/strict";
import type { KvmEnvironmentInput } from "../../../components/declaration/index.js";
import { accessDiff } from "../../../operations/access/diff.js";
import { DeployedAccess } from "../../../operations/access/deployed.js";
import { explain, type Answer, type Question } from "../../../operations/access/explain.js";
import type { RecoveryPlan } from "../../../components/recovery/index.js";
import { UsageError } from "../../../operations/errors.js";
import { planOf, withVip } from "../../postgres/build.js";

const TODAY = "2026-11-27";

function ask(question: Partial<Question>, change?: (input: KvmEnvironmentInput) => void): Answer {
  return explain(
    planOf(change),
    { from: "app", to: "pg-a1", protocol: "tcp", port: 5432, ...question },
    TODAY,
  );
}

/** Ways of a connection as `network: verdict, declared rule`. */
function ways({ paths }: Answer): string[] {
  return paths.map(({ network, verdict, model }) => `${network}: ${verdict}, ${model.rule ?? "-"}`);
}

describe("an explained connection", () => {
  it("passes the interface's filter, then the guest's own firewall, then the server", () => {
    const { paths, problems } = ask({});
    assert.deepEqual(problems, []);
    assert.equal(paths.length, 2, "a way for each of the group's networks");
    for (const { verdict, model, enforcement, logins, disagreements } of paths) {
      assert.deepEqual([verdict, model.rule, disagreements], ["allow", "access.app", []]);
      assert.deepEqual(
        enforcement.map(({ target, at, verdict: each }) => `${target} ${at} ${each}`),
        ["nwfilter pg-a1 accept", "nftables pg-a1 accept"],
      );
      assert.equal(enforcement[1]?.by, "access group app");
      assert.deepEqual(
        logins.map(({ role, database = "-", verdict: each }) => `${role} ${database} ${each}`),
        [
          "shop_app shop allow",
          "shop_ro shop allow",
          "metrics postgres deny",
          "replicator - deny",
          "rewind postgres deny",
        ],
      );
      assert.match(logins[0]?.by ?? "", /^hostssl "shop" "shop_app" 10\.77\.1\.20[12]\/32 scram-sha-256$/);
    }
  });

  it("is a disagreement where loaded texts let through what the declaration does not, and the other way round", () => {
    const narrow = planOf();
    const wide = planOf((input) => {
      input.access?.groups?.find(({ name }) => name === "app")?.networks.push("10.77.1.66/32");
    });
    const question = { from: "10.77.1.66", to: "pg-a1", protocol: "tcp", port: 5432 } as const;
    const told = (declared: RecoveryPlan, loaded: RecoveryPlan): readonly string[] =>
      explain(declared, question, TODAY, new DeployedAccess(loaded)).paths.flatMap(
        ({ disagreements }) => disagreements,
      );
    assert.deepEqual(told(wide, wide), []);
    assert.match(told(narrow, wide)[0] ?? "", /^the texts let through what the declaration denies$/);
    assert.deepEqual(told(wide, narrow), ["the texts drop what the declaration allows"]);
  });

  it("between guests goes by every network, and is stopped at both ends", () => {
    const answer = ask({ from: "pg-b1" });
    assert.deepEqual(ways(answer), [
      "management: deny, -",
      "client: deny, -",
      "replication: allow, cluster.streaming",
    ]);
    assert.deepEqual(
      answer.paths[0]?.enforcement.map(({ target, at }) => `${target} ${at}`),
      ["nftables pg-b1", "nwfilter pg-b1", "nwfilter pg-a1", "nftables pg-a1"],
    );
    const admitted = answer.paths[2]?.logins.filter(({ verdict }) => verdict === "allow") ?? [];
    assert.deepEqual(
      admitted.map(({ role }) => role),
      ["replicator", "rewind"],
    );
  });

  it("finds hypervisors, services, addresses and the address that follows the primary", () => {
    assert.deepEqual(ways(ask({ from: "pg-a1", to: "host-b", port: 22 })), [
      "management: allow, fencing.host-b",
    ]);
    assert.deepEqual(ways(ask({ from: "pg-a1", to: "host-a", port: 22 })), ["management: deny, -"]);
    assert.deepEqual(ways(ask({ from: "pg-a1", to: "dns", protocol: "udp", port: 53 })), [
      "management: allow, redirect.dns",
    ]);
    assert.deepEqual(ways(ask({ from: "198.51.100.7" })), ["client: deny, -"]);
    assert.deepEqual(ways(ask({ from: "10.77.1.201", to: "10.77.2.101" })), ["replication: deny, -"]);
    assert.deepEqual(ways(ask({ from: "10.77.1.201", to: "orders-address" }, withVip)), [
      "client: allow, access.app",
    ]);
    const ntp = (input: KvmEnvironmentInput): void => void (input.hardening = { ntp: ["10.77.0.123"] });
    assert.deepEqual(ways(ask({ from: "w1", to: "time", protocol: "udp", port: 123 }, ntp)), [
      "management: allow, time.ntp",
    ]);
  });

  it("refuses names that nobody has, and ways on which no guest stands", () => {
    assert.throws(() => ask({ from: "app1" }), /--from: "app1" is not known in test-kvm/);
    assert.throws(() => ask({ to: "pg-c1" }), UsageError);
    assert.throws(() => ask({ from: "app", to: "monitoring" }), /no way between app and monitoring/);
    assert.throws(() => ask({ from: "pg-a1", to: "pg-a1", port: 1 }), UsageError);
  });

  it("tells of declared rules that never decide", () => {
    const { problems } = ask({}, (input) => {
      input.access?.groups?.push({ name: "one", networks: ["10.77.1.201/32"] });
      input.access?.rules?.push({ from: "one", roles: ["shop_ro"], description: "the same again" });
    });
    assert.deepEqual(problems, [
      'access.rules[2]: "access.one" is shadowed by access.app, which says the same already; give no such rule',
    ]);
  });
});

/** Gives the first declared rule an owner and a last day. */
function withTerms(owner: string, expires: string): (input: KvmEnvironmentInput) => void {
  return (input) => {
    const [rule] = input.access?.rules ?? [];
    assert.ok(rule !== undefined);
    Object.assign(rule, { owner, expires });
  };
}

describe("owner and last day of a declared rule", () => {
  it("are told with the rule, and its end with its path", () => {
    const { paths, problems } = ask({}, withTerms("team shop", "2027-06-30"));
    assert.deepEqual([paths[0]?.model.owner, paths[0]?.model.expires], ["team shop", "2027-06-30"]);
    assert.deepEqual(problems, []);
    assert.deepEqual(ask({}, withTerms("team shop", TODAY)).problems, []);
    assert.deepEqual(ask({}, withTerms("team shop", "2026-11-26")).problems, [
      'access.rules[0].expires: "2026-11-26" ended before 2026-11-27; give a later day, or remove the rule',
    ]);
  });

  it("stand beside what a change opens, and are a difference of their own", () => {
    const opened = accessDiff(
      planOf(),
      planOf((input) => {
        withTerms("team shop", "2027-06-30")(input);
        input.access?.groups?.find(({ name }) => name === "app")?.networks.push("10.77.1.66/32");
      }),
    );
    assert.deepEqual(
      opened.changes.map(({ kind, owner, expires }) => [kind, owner, expires]),
      ["opens", "login-opens"].map((kind) => [kind, "team shop", "2027-06-30"]),
    );
    const later = accessDiff(
      planOf(withTerms("team shop", "2026-12-31")),
      planOf(withTerms("team shop", "2027-06-30")),
    );
    assert.deepEqual(later.changes, []);
    assert.deepEqual(
      later.terms.map(({ rule, before, after }) => [rule, before, after]),
      [
        [
          "access.app",
          { owner: "team shop", expires: "2026-12-31" },
          { owner: "team shop", expires: "2027-06-30" },
        ],
      ],
    );
    assert.deepEqual(accessDiff(planOf(withTerms("x y", TODAY)), planOf(withTerms("x y", TODAY))).terms, []);
  });
});

describe("the difference of two declarations", () => {
  const diff = (change: (input: KvmEnvironmentInput) => void): string[] =>
    accessDiff(planOf(), planOf(change)).changes.map(
      ({ kind, from, to, what }) => `${kind} ${from.join(", ")} -> ${to.length} of ${to[0] ?? ""}: ${what}`,
    );

  it("is nothing for nothing, and for what reaches the same", () => {
    assert.deepEqual(
      diff(() => undefined),
      [],
    );
    assert.deepEqual(
      diff((input) => {
        const [rule] = input.access?.rules ?? [];
        assert.ok(rule !== undefined);
        rule.description = "other words";
      }),
      [],
    );
  });

  it("follows groups, roles, fencing and the redirect", () => {
    assert.deepEqual(
      diff((input) => {
        input.access?.groups?.splice(0, 1, { name: "app", networks: ["10.77.1.200/30"] });
      }),
      [
        "opens app (10.77.1.200/32, 10.77.1.203/32) -> 2 of client.pg-a1 (10.77.1.101/32): tcp 5432",
        "login-opens app (10.77.1.200/32, 10.77.1.203/32) -> 2 of client.pg-a1 (10.77.1.101/32): shop_app on shop, shop_ro on shop",
      ],
    );
    const vip = diff(withVip);
    assert.deepEqual(vip, [
      "opens everybody else, hypervisor.host-a (10.77.0.11/32), hypervisor.host-b (10.77.0.12/32), hypervisor.host-w (10.77.0.13/32), service.dns (10.77.0.53/32), app (10.77.1.201/32, 10.77.1.202/32), monitoring (10.77.1.210/32) -> 1 of client.address (10.77.1.100/32): icmp",
      "closes management.pg-a1 (10.77.0.101/32), management.pg-b1 (10.77.0.102/32) -> 1 of service.dns (10.77.0.53/32): tcp 53, udp 53",
      "opens client.address (10.77.1.100/32) -> 7 of everybody else: icmp",
      "opens client.pg-a1 (10.77.1.101/32) -> 1 of client.pg-b1 (10.77.1.102/32): vrrp",
      "opens client.pg-b1 (10.77.1.102/32) -> 1 of client.pg-a1 (10.77.1.101/32): vrrp",
      "opens app (10.77.1.201/32, 10.77.1.202/32) -> 1 of client.address (10.77.1.100/32): tcp 5432",
      "login-opens app (10.77.1.201/32, 10.77.1.202/32) -> 1 of client.address (10.77.1.100/32): shop_app on shop, shop_ro on shop",
      "opens monitoring (10.77.1.210/32) -> 1 of client.address (10.77.1.100/32): tcp 5432",
      "login-opens monitoring (10.77.1.210/32) -> 1 of client.address (10.77.1.100/32): metrics on postgres",
    ]);
  });
});
