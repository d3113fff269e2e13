import assert from "node:assert/strict";
import {
  decide,
  decideLogin,
  derivedInput,
  derivedModel,
  modelProblems,
  type Protocol,
} from "../../../components/access/index.js";
import type { KvmEnvironmentInput } from "../../../components/declaration/index.js";
import { PORTS } from "../../../components/postgres/index.js";
import { planOf, withVip } from "../../postgres/build.js";

function decider(change?: (input: KvmEnvironmentInput) => void) {
  const model = derivedModel(planOf(change), PORTS);
  return (from: string, to: string, protocol: Protocol, port?: number): string => {
    const { verdict, rule } = decide(model, {
      from: { address: from },
      to: { address: to },
      protocol,
      ...(port === undefined ? {} : { port }),
    });
    return rule === undefined ? verdict : `${verdict} ${rule.name}`;
  };
}

describe("access model of a declared environment", () => {
  it("is free of contradictions", () => {
    for (const change of [undefined, withVip])
      assert.deepEqual(modelProblems(derivedInput(planOf(change), PORTS)), []);
  });

  it("holds the declared rules and nothing else for clients", () => {
    const ask = decider();
    assert.deepEqual(
      [
        ask("10.77.1.201", "10.77.1.101", "tcp", 5432),
        ask("10.77.1.210", "10.77.1.102", "tcp", 5432),
        ask("10.77.1.201", "10.77.1.101", "tcp", 8008),
        ask("10.77.1.201", "10.77.1.103", "tcp", 5432),
        ask("10.77.1.201", "10.77.2.101", "tcp", 5432),
        ask("10.77.1.199", "10.77.1.101", "tcp", 5432),
        ask("10.77.1.199", "10.77.1.101", "icmp"),
        ask("10.77.1.101", "10.77.1.201", "tcp", 5432),
      ],
      [
        "allow access.app",
        "allow access.monitoring",
        "deny",
        "deny",
        "deny",
        "deny",
        "allow reachability",
        "deny",
      ],
    );
  });

  it("adds every path that the cluster lives on", () => {
    const ask = decider((input) => {
      input.hardening = { ntp: ["10.77.0.123"] };
    });
    const [a, b, w] = ["10.77.2.101", "10.77.2.102", "10.77.2.103"] as const;
    assert.deepEqual(
      [
        ask(b, a, "tcp", 5432),
        ask(a, b, "tcp", 8008),
        ask(w, a, "tcp", 2380),
        ask(a, w, "tcp", 2379),
        ask(a, w, "tcp", 8432),
        ask(w, b, "tcp", 8432),
        ask("10.77.0.102", "10.77.0.11", "tcp", 22),
        ask("10.77.0.101", "10.77.0.53", "udp", 53),
        ask("10.77.0.103", "10.77.0.123", "udp", 123),
      ],
      [
        "allow cluster.streaming",
        "allow cluster.patroni",
        "allow cluster.etcd",
        "allow cluster.etcd",
        "allow backup.archive",
        "allow backup.base",
        "allow fencing.host-a",
        "allow redirect.dns",
        "allow time.ntp",
      ],
    );
    // What only looks alike.
    for (const [from, to, port] of [
      [w, a, 5432],
      [w, a, 8008],
      [a, b, 8432],
      ["10.77.0.101", "10.77.0.11", 22],
      ["10.77.0.103", "10.77.0.11", 22],
      ["10.77.0.11", "10.77.0.101", 22],
      ["10.77.0.103", "10.77.0.53", 53],
    ] as const)
      assert.equal(ask(from, to, "tcp", port), "deny", `${from} ${to} ${port}`);
  });

  it("moves with the declaration: an address that follows, no fencing, no backup", () => {
    const vip = decider(withVip);
    assert.deepEqual(
      [
        vip("10.77.1.201", "10.77.1.100", "tcp", 5432),
        vip("10.77.1.101", "10.77.1.102", "vrrp"),
        vip("10.77.1.103", "10.77.1.102", "vrrp"),
        vip("10.77.0.101", "10.77.0.53", "udp", 53),
      ],
      ["allow access.app", "allow redirect.vrrp", "deny", "deny"],
    );
    const bare = derivedModel({ ...planOf(), repository: undefined }, PORTS);
    assert.ok(!bare.rules.some(({ name }) => name.startsWith("backup.")));
  });

  it("names the logins of each rule: declared roles by database, streaming and rewind by certificate", () => {
    const model = derivedModel(planOf(), PORTS);
    const login = (from: string, to: string, database: string, role: string, more: object = {}): string =>
      decideLogin(
        model,
        { from: { address: from }, to: { address: to }, protocol: "tcp", port: 5432 },
        { database, role, ...more },
      ).verdict;
    const certificate = true;
    assert.deepEqual(
      [
        login("10.77.1.201", "10.77.1.101", "shop", "shop_app"),
        login("10.77.1.201", "10.77.1.101", "shop", "metrics"),
        login("10.77.1.210", "10.77.1.101", "postgres", "metrics"),
        login("10.77.1.210", "10.77.1.101", "shop", "metrics"),
        login("10.77.2.102", "10.77.2.101", "", "replicator", { certificate, replication: true }),
        login("10.77.2.102", "10.77.2.101", "", "replicator", { replication: true }),
        login("10.77.2.102", "10.77.2.101", "postgres", "rewind", { certificate }),
        login("10.77.2.102", "10.77.2.101", "shop", "shop_app"),
      ],
      ["allow", "deny", "allow", "deny", "allow", "deny", "allow", "deny"],
    );
  });
});
