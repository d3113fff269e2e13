import assert from "node:assert/strict";
import { joined } from "../../../components/kubernetes/postgres-stateful-set/attachment.js";
import { podOf } from "../../../components/kubernetes/postgres-stateful-set/pod.js";
import {
  binDirectory,
  podDataDirectory,
  podSettings,
  POD_PATHS,
  roleVerifier,
  slotOf,
} from "../../../components/postgres/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import type { Attempt } from "../postgres/client.js";
import type { Pod } from "./pod.js";
import { ADDRESSES, APP, declaration, SitePods, type Name } from "./site-pods.js";

const RECOVERY = "SELECT pg_is_in_recovery()";
const STREAMING =
  "SELECT string_agg(application_name || ' ' || state, ',' ORDER BY application_name) FROM pg_stat_replication";

for (const major of [17, 18] as const)
  describe(`members in pods on a real PostgreSQL ${major}`, function () {
    this.timeout(600_000);
    let site: SitePods;
    let first: Pod;
    const pod = (name: Name): Pod => site.pods[name];

    before(async () => {
      site = await SitePods.open(declaration(major));
      first = pod("orders-a-0");
    });

    after(async () => site?.close());

    it("begin with the declared primary, alone, on a root that cannot be written", async () => {
      assert.notEqual((await first.run(["touch", "/etc/anything"])).code, 0);
      assert.match(await first.begin(), /a new cluster begins at orders-a-0/);
      assert.equal(await first.sql(RECOVERY), "f");
      assert.equal(await first.sql("SHOW data_checksums"), "on");
      assert.equal(
        await first.sql(
          "SELECT datlocprovider::text || ' ' || datcollate FROM pg_database WHERE datname = 'postgres'",
        ),
        "b C.UTF-8",
      );
      assert.equal(await first.sql("SHOW listen_addresses"), ADDRESSES["orders-a-0"]);
    });

    it("know every setting by name, range and unit", async () => {
      const names = [...podSettings(recoveryPlan(site.environment)).keys()];
      const start = `${binDirectory(major)}/postgres -D ${podDataDirectory(major)} -c config_file=${POD_PATHS.postgresqlConf}`;
      const loop = `for n in ${names.join(" ")}; do ${start} -C $n >/dev/null 2>&1 || echo "$n"; done`;
      assert.equal((await first.run(["sh", "-c", loop])).stdout, "");
      assert.equal(await first.sql("SELECT name, error FROM pg_file_settings WHERE error IS NOT NULL"), "");
      assert.equal(await first.sql("SELECT name FROM pg_settings WHERE pending_restart"), "");
      const elsewhere = `SELECT n FROM unnest('{${names.join(",")}}'::text[]) n LEFT JOIN pg_settings ON lower(name) = n WHERE source IS NULL OR source NOT IN ('configuration file', 'override', 'default')`;
      assert.equal(await first.sql(elsewhere), "");
    });

    it("have no error in pg_hba.conf and pg_ident.conf", async () => {
      assert.equal(
        await first.sql("SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL"),
        "",
      );
      assert.equal(
        await first.sql("SELECT line_number, error FROM pg_ident_file_mappings WHERE error IS NOT NULL"),
        "",
      );
      assert.equal(await first.sql("SHOW hba_file"), POD_PATHS.hba);
    });

    it("bring roles and rights to what is declared, by verifiers, and keep a slot for each other member", async () => {
      await first.becomes("SELECT count(*) FROM pg_database WHERE datname = 'shop'", "1");
      await first.becomes(
        "SELECT count(*) FROM pg_roles WHERE rolname IN ('shop_app', 'shop_ro', 'metrics')",
        "3",
      );
      for (const role of ["shop_app", "replicator", "rewind"])
        assert.equal(
          await first.sql(`SELECT rolpassword FROM pg_authid WHERE rolname = '${role}'`),
          roleVerifier("orders", role, site.secrets.passwords[role] ?? ""),
        );
      assert.equal(
        await first.sql("SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = 'postgres'"),
        "t",
      );
      await first.becomes(
        "SELECT string_agg(slot_name, ',' ORDER BY slot_name) FROM pg_replication_slots",
        [slotOf("orders-a-1"), slotOf("orders-b-0")].join(","),
      );
      await first.becomes("SELECT count(*) FROM pg_extension WHERE extname = 'pgaudit'", "1");
      const log = await first.box.run(["grep", "-c", "SCRAM-SHA-256", "/tmp/server.log"]);
      assert.equal(log.stdout.trim(), "0");
    });

    it("bootstrap standbys by their init container, which stream: in the site by name, over sites by the load balancer", async () => {
      for (const name of ["orders-a-1", "orders-b-0"] as const) {
        await pod(name).begin();
        assert.equal(await pod(name).sql(RECOVERY), "t");
      }
      await first.becomes(STREAMING, "orders-a-1 streaming,orders-b-0 streaming");
      assert.equal(await first.sql("SELECT bool_and(active) FROM pg_replication_slots"), "t");
      assert.equal(
        await first.sql(
          "SELECT bool_and(ssl AND version = 'TLSv1.3') FROM pg_stat_ssl JOIN pg_stat_replication USING (pid)",
        ),
        "t",
      );
      assert.equal(
        await first.sql("SELECT client_addr FROM pg_stat_replication WHERE application_name = 'orders-b-0'"),
        "198.51.100.21",
      );
      await first.sql("CREATE TABLE shop.proof AS SELECT 1 AS n", "shop");
      for (const name of ["orders-a-1", "orders-b-0"] as const)
        await pod(name)
          .becomes("SELECT count(*) FROM pg_class WHERE relname = 'nothing'", "0")
          .then(async () => {
            const from = await first.sql("SELECT pg_current_wal_lsn()");
            await pod(name).becomes(`SELECT pg_last_wal_replay_lsn() >= '${from}'`, "t");
            assert.equal(await pod(name).sql("SELECT n FROM shop.proof", "shop"), "1");
          });
    });

    it("let in whom the declaration names, and nobody else", async () => {
      const to = ADDRESSES["orders-a-0"];
      const app: Attempt = { user: "shop_app", database: "shop", from: APP, to };
      const tls = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
      const authority = `sslrootcert=${POD_PATHS.authority} sslmode=verify-ca`;
      const honest = { ...app, sql: tls, options: authority };
      assert.equal(await site.client.answer(honest), "TLSv1.3");
      assert.equal(await site.client.answer({ ...honest, user: "shop_ro" }), "TLSv1.3");
      assert.equal(
        await site.client.answer({ ...honest, user: "metrics", database: "postgres", from: "10.77.1.210" }),
        "TLSv1.3",
      );
      const member = { user: "replicator", database: "postgres", from: "10.20.9.9", to };
      const refused: readonly (readonly [string, Attempt, RegExp])[] = [
        ["no TLS", { ...app, options: "sslmode=disable" }, /pg_hba.conf rejects connection/],
        ["superuser", { ...app, user: "postgres", options: authority }, /pg_hba.conf rejects connection/],
        [
          "another address",
          { ...app, from: "10.77.1.250", options: authority },
          /pg_hba.conf rejects connection/,
        ],
        ["another pod", { ...app, from: "10.20.9.9", options: authority }, /pg_hba.conf rejects connection/],
        [
          "another database",
          { ...app, database: "postgres", options: authority },
          /pg_hba.conf rejects connection/,
        ],
        [
          "another password",
          { ...app, password: "not the password", options: authority },
          /password authentication failed/,
        ],
        [
          "streaming without a certificate",
          { ...member, options: `${authority} replication=true` },
          /valid client certificate/,
        ],
        ["replicator in a database", { ...member, options: authority }, /pg_hba.conf rejects/],
      ];
      for (const [what, attempt, message] of refused)
        assert.match(await site.client.refusal(attempt), message, what);
    });

    it("answer their probes as they should", async () => {
      const names = { account: "orders-a", config: "c", secrets: "s", roles: "r" };
      const spec = podOf(site.environment, names, {}, joined([]));
      const server = (spec.containers as { name: string; [probe: string]: unknown }[]).find(
        ({ name }) => name === "postgres",
      );
      const probe = async (of: Pod, which: string): Promise<number> => {
        const { exec } = server?.[which] as { exec: { command: string[] } };
        return (await of.run(exec.command)).code;
      };
      for (const which of ["startupProbe", "readinessProbe", "livenessProbe"]) {
        assert.equal(await probe(first, which), 0, which);
        assert.equal(await probe(pod("orders-b-0"), which), 0, `${which} of a standby`);
      }
      await pod("orders-b-0").end();
      for (const which of ["startupProbe", "readinessProbe", "livenessProbe"])
        assert.notEqual(await probe(pod("orders-b-0"), which), 0, `${which} of nothing`);
      await pod("orders-b-0").begin();
      await first.becomes(STREAMING, "orders-a-1 streaming,orders-b-0 streaming");
    });

    it("promote another member when the declaration says so, and follow it, without a word lost", async () => {
      const next = declaration(major, "orders-a-1");
      await site.declare(next, "orders-a-0", "orders-a-1", "orders-b-0");
      // As a StatefulSet rolls: the highest number first, each ready before the next.
      await pod("orders-a-1").end();
      await pod("orders-a-1").begin();
      assert.equal(
        await pod("orders-a-1").sql(RECOVERY),
        "t",
        "while the old primary writes, nobody is promoted",
      );
      await first.sql("INSERT INTO shop.proof VALUES (2)", "shop");
      await first.end();
      await first.begin();
      await pod("orders-a-1").becomes(RECOVERY, "f");
      await site.balance("a", "orders-a-1");
      assert.equal(await first.sql(RECOVERY), "t");
      await pod("orders-a-1").becomes(STREAMING, "orders-a-0 streaming,orders-b-0 streaming");
      assert.equal(await pod("orders-a-1").sql("SELECT count(*) FROM shop.proof", "shop"), "2");
    });

    it("rewind a primary that was cut off and wrote on", async () => {
      await site.link("orders-a-1", "down");
      await site.declare(declaration(major, "orders-b-0"), "orders-a-0", "orders-b-0");
      await first.end();
      await first.begin();
      await site.balance("a", "orders-a-0");
      await pod("orders-b-0").end();
      await pod("orders-b-0").begin();
      await pod("orders-b-0").becomes(RECOVERY, "f");
      await pod("orders-a-1").sql("INSERT INTO shop.proof VALUES (3)", "shop");
      await pod("orders-b-0").sql("INSERT INTO shop.proof VALUES (4)", "shop");
      await site.link("orders-a-1", "up");
      // It still believes that it is primary, and must not write beside the new one when it starts anew.
      await pod("orders-a-1").end();
      const { code, stderr } = await pod("orders-a-1").prepare();
      assert.equal(code, 1);
      assert.match(stderr, /another member accepts writes: two primaries would/);
      await site.declare(declaration(major, "orders-b-0"), "orders-a-1");
      assert.match(await pod("orders-a-1").begin(), /was primary and follows the new one/);
      await pod("orders-b-0").becomes(STREAMING, "orders-a-0 streaming,orders-a-1 streaming");
      const seen = "SELECT string_agg(n::text, ',' ORDER BY n) FROM shop.proof";
      assert.equal(await pod("orders-b-0").sql(seen, "shop"), "1,2,4");
      const from = await pod("orders-b-0").sql("SELECT pg_current_wal_lsn()");
      await pod("orders-a-1").becomes(`SELECT pg_last_wal_replay_lsn() >= '${from}'`, "t");
      assert.equal(await pod("orders-a-1").sql(seen, "shop"), "1,2,4");
    });

    it("never begin anew beside members that have the data", async () => {
      const lost = pod("orders-b-0");
      await lost.end("KILL");
      await lost.box.must(["sh", "-c", `rm -rf ${podDataDirectory(major)}`]);
      const { code, stderr } = await lost.prepare();
      assert.equal(code, 1);
      assert.match(stderr, /the volume of orders-b-0 is empty, and another member has the data/);
    });
  });
