import assert from "node:assert/strict";
import { hbaRules, identRules, renderPgHba, type HbaRule } from "../../components/postgres/index.js";
import { inNetwork } from "../../components/declaration/units.js";
import { memberOf } from "./build.js";

/** The first record that matches a connection, as the server searches. */
function first(
  rules: readonly HbaRule[],
  {
    database,
    user,
    address,
    tls = true,
  }: { database: string; user: string; address?: string; tls?: boolean },
): string {
  const names = (field: string, value: string): boolean =>
    (field === "all" && value !== "replication") || field === value || field === `"${value}"`;
  const rule = rules.find(
    (candidate) =>
      (address === undefined
        ? candidate.type === "local"
        : candidate.type === "host" || (candidate.type === "hostssl" && tls)) &&
      names(candidate.database, database) &&
      names(candidate.user, user) &&
      (address === undefined || inNetwork(address, candidate.address ?? "")),
  );
  return rule?.method ?? "no record";
}

describe("pg_hba.conf", () => {
  const [plan, guest] = memberOf();
  const rules = hbaRules(plan, guest);
  const app = "10.77.1.201";

  it("lets in whom the declaration names, over TLS with SCRAM", () => {
    assert.equal(first(rules, { database: "shop", user: "shop_app", address: app }), "scram-sha-256");
    assert.equal(
      first(rules, { database: "postgres", user: "metrics", address: "10.77.1.210" }),
      "scram-sha-256",
    );
  });

  it("refuses everybody else, first match wins", () => {
    for (const connection of [
      { database: "shop", user: "shop_app", address: app, tls: false },
      { database: "shop", user: "shop_app", address: "10.77.1.203" },
      { database: "shop", user: "shop_app", address: "2001:db8::1" },
      { database: "postgres", user: "shop_app", address: app },
      { database: "shop", user: "postgres", address: app },
      { database: "shop", user: "postgres", address: "10.77.2.102" },
      { database: "shop", user: "metrics", address: "10.77.1.210" },
      { database: "shop", user: "replicator", address: "10.77.2.102" },
      { database: "shop", user: "rewind", address: "10.77.2.102" },
      { database: "postgres", user: "backup", address: "10.77.2.103" },
      { database: "postgres", user: "maint", address: "10.77.2.103" },
      { database: "shop", user: "shop_app" },
    ])
      assert.equal(first(rules, connection), "reject", JSON.stringify(connection));
  });

  it("lets a member stream and rewind from every other one, with its certificate", () => {
    const mutual = "scram-sha-256 clientcert=verify-ca";
    assert.equal(
      first(rules, { database: "replication", user: "replicator", address: "10.77.2.102" }),
      mutual,
    );
    assert.equal(first(rules, { database: "postgres", user: "rewind", address: "10.77.2.102" }), mutual);
    assert.equal(
      first(rules, { database: "replication", user: "replicator", address: "10.77.2.103" }),
      "reject",
    );
  });

  it("maps accounts to roles over the socket and gives the superuser to postgres alone", () => {
    assert.equal(first(rules, { database: "shop", user: "postgres" }), "peer");
    assert.equal(first(rules, { database: "postgres", user: "backup" }), "peer map=pgkeep");
    assert.equal(first(rules, { database: "shop", user: "backup" }), "reject");
    assert.deepEqual(
      identRules().filter((line) => / postgres$/.test(line)),
      [],
    );
  });

  it("uses no method and no record that the baseline forbids", () => {
    for (const rule of rules) {
      assert.match(rule.method, /^(peer( map=pgkeep)?|scram-sha-256( clientcert=verify-ca)?|reject)$/);
      if (rule.type === "host") assert.equal(rule.method, "reject");
      if (rule.type === "hostssl") assert.ok(!["all"].includes(rule.database) && rule.user !== "all");
    }
    assert.deepEqual(
      rules.slice(-4).map(({ address, method }) => [address, method]),
      [
        ["0.0.0.0/0", "reject"],
        ["::/0", "reject"],
        ["0.0.0.0/0", "reject"],
        ["::/0", "reject"],
      ],
    );
  });

  it("takes the special meaning from names such as all and replication", () => {
    const [odd, member] = memberOf((input) => {
      input.cluster.databases = [{ name: "replication" }, { name: "all" }];
      input.cluster.roles = [{ name: "app", kind: "app", databases: ["replication", "all"] }];
      input.access = {
        rules: [{ from: "app", roles: ["app"], description: "odd names" }],
        groups: [{ name: "app", networks: ["10.77.1.201/32"] }],
      };
    });
    const lines = renderPgHba(odd, member)
      .split("\n")
      .filter((line) => line.includes("10.77.1.201"));
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? "", /^hostssl +"replication" +"app"/);
    assert.match(lines[1] ?? "", /^hostssl +"all" +"app"/);
  });
});
