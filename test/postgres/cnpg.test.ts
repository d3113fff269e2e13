import assert from "node:assert/strict";
import { cnpgReserves } from "../../components/declaration/index.js";
import {
  cnpgDatabaseSql,
  cnpgHba,
  cnpgIdent,
  cnpgPoolerHba,
  cnpgRoles,
  cnpgServerSql,
  cnpgSettings,
  podSettings,
} from "../../components/postgres/index.js";
import { recoveryPlan, type RecoveryPlan } from "../../components/recovery/index.js";
import { kvmEnvironment } from "../fixtures/environment.js";
import { parseEnvironment } from "../../components/declaration/index.js";
import { declaredCnpg } from "../kubernetes/postgres-cnpg-samples.js";

const planOf = (...changes: readonly string[]): RecoveryPlan => recoveryPlan(declaredCnpg(...changes));

describe("PostgreSQL by CloudNativePG", () => {
  const plan = planOf();
  const NEWER = [
    'cluster.version = "18.6"',
    `kubernetes.image = "registry.example.org/postgresql:18.6-trixie@sha256:${"a".repeat(64)}"`,
  ] as const;

  describe("pg_hba.conf", () => {
    it("has declared clients over TLS, the pooler's pods for the same, and nobody else, in plain text least of all", () =>
      assert.deepEqual(cnpgHba(plan), [
        'hostssl "shop" "shop_app" 10.77.1.201/32 scram-sha-256',
        'hostssl "shop" "shop_app" 10.77.1.202/32 scram-sha-256',
        'hostssl "shop" "shop_ro" 10.77.1.201/32 scram-sha-256',
        'hostssl "shop" "shop_ro" 10.77.1.202/32 scram-sha-256',
        'hostssl "postgres" "metrics" 10.77.1.210/32 scram-sha-256',
        'hostssl "shop" "shop_app" ${podselector:pooler} scram-sha-256',
        'hostssl "shop" "shop_ro" ${podselector:pooler} scram-sha-256',
        'hostssl "postgres" "metrics" ${podselector:pooler} scram-sha-256',
        "host all all all reject",
        "host replication all all reject",
      ]));

    it("speaks of no pooler where there is none", () => {
      const lines = cnpgHba(planOf("kubernetes.cnpg.pooler removed"));
      assert.equal(lines.length, 7);
      assert.doesNotMatch(lines.join("\n"), /podselector/);
    });

    it("of the pooler ends before the operator's own records, which take plain text from everywhere", () =>
      assert.deepEqual(cnpgPoolerHba(plan).slice(5), [
        "host all all 0.0.0.0/0 reject",
        "host all all ::/0 reject",
      ]));

    it("lets the account of the server in as maint, which is no superuser", () =>
      assert.deepEqual(cnpgIdent(), ["local postgres maint"]));
  });

  describe("settings", () => {
    for (const [major, changes] of [
      [17, []],
      [18, NEWER],
    ] as const) {
      it(`of ${major} are those of every member of ours, but for what the operator keeps`, () => {
        const { parameters, libraries, kept } = cnpgSettings(planOf(...changes));
        const pods = podSettings(planOf(...changes));
        const ofPods = (name: string): unknown => pods.get(name);
        for (const [name, value] of Object.entries(parameters)) {
          assert.equal(cnpgReserves(name), undefined, name);
          const theirs = ofPods(name);
          const text = typeof theirs === "boolean" ? (theirs ? "on" : "off") : String(theirs);
          assert.equal(value, text, name);
        }
        assert.deepEqual(libraries, ["pgaudit", "pg_stat_statements", "auth_delay"]);
        for (const { name } of kept) assert.ok(cnpgReserves(name) !== undefined, name);
        const known = new Set([...Object.keys(parameters), ...kept.map(({ name }) => name)]);
        for (const name of [
          "ssl_min_protocol_version",
          "password_encryption",
          "pgaudit.log",
          "archive_timeout",
          "fsync",
        ])
          assert.ok(Object.hasOwn(parameters, name), name);
        for (const name of ["archive_command", "ssl_cert_file", "log_directory", "allow_alter_system"])
          assert.ok(known.has(name) && !Object.hasOwn(parameters, name), name);
      });
    }

    it("are texts, as the API takes them, overrides of the declaration last", () => {
      const { parameters } = cnpgSettings(planOf('cluster.parameters = {"work_mem":"8MB","jit":false}'));
      assert.equal(parameters["work_mem"], "8MB");
      assert.equal(parameters["jit"], "off");
      for (const value of Object.values(parameters)) assert.equal(typeof value, "string");
    });

    it("keep the curve of 17 to the operator, which fixes it, and the groups of 18 ours", () => {
      assert.equal(cnpgReserves("ssl_ecdh_curve"), "fixed");
      assert.ok(!Object.hasOwn(cnpgSettings(plan).parameters, "ssl_ecdh_curve"));
      assert.equal(cnpgSettings(planOf(...NEWER)).parameters["ssl_groups"], "X25519:prime256v1");
    });
  });

  describe("roles", () => {
    it("have their passwords in Secrets by name, the owner no login, maint no password", () =>
      assert.deepEqual(
        cnpgRoles(plan).map(({ name, login, inherit, inRoles, passwordSecret, disablePassword }) => [
          name,
          login,
          inherit,
          inRoles.length,
          passwordSecret?.name ?? disablePassword,
        ]),
        [
          ["shop_owner", false, true, 0, undefined],
          ["maint", true, true, 5, true],
          ["shop_app", true, true, 0, "orders-shop-app"],
          ["shop_ro", true, true, 0, "orders-shop-ro"],
          ["metrics", true, true, 2, "orders-metrics"],
        ],
      ));

    it("of migrations become the owner by saying so alone, and passwords may be called otherwise", () => {
      const all = cnpgRoles(
        planOf(
          'cluster.roles appended {"name":"shop_ddl","kind":"migration","databases":["shop"]}',
          'access.rules[0].roles = ["shop_app","shop_ro","shop_ddl"]',
          'kubernetes.cnpg.secrets.passwords = "shop-passwords"',
        ),
      );
      const migration = all.find(({ name }) => name === "shop_ddl");
      assert.equal(migration?.inherit, false);
      assert.deepEqual(migration.inRoles, ["shop_owner"]);
      assert.deepEqual(migration.passwordSecret, { name: "shop-passwords-shop-ddl" });
    });

    it("get rights before they may log in, and no password stands in any statement", () => {
      const text = cnpgServerSql(plan) + cnpgDatabaseSql(plan);
      for (const name of ["maint", "shop_app", "shop_ro", "metrics"])
        assert.ok(text.includes(`CREATE ROLE "${name}" NOLOGIN;`), name);
      assert.ok(text.includes('ALTER ROLE "shop_owner" NOLOGIN;'));
      assert.doesNotMatch(text, /PASSWORD|SCRAM|^\\/m);
    });
  });

  it("is for Kubernetes alone", () => {
    const elsewhere = recoveryPlan(parseEnvironment(kvmEnvironment()));
    for (const text of [cnpgHba, cnpgSettings, cnpgRoles])
      assert.throws(() => text(elsewhere), /is of platform kvm; this works on kubernetes alone/);
  });
});
