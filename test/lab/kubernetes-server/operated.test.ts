import assert from "node:assert/strict";
import { binDirectory, cnpgSettings } from "../../../components/postgres/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import type { Attempt } from "../postgres/client.js";
import { AT, KEYS, OperatedServer } from "./operated.js";

for (const major of [17, 18] as const)
  describe(`a Cluster of CloudNativePG on a real PostgreSQL ${major}`, function () {
    this.timeout(300_000);
    let server: OperatedServer;
    const authority = `sslrootcert=${KEYS}/ca.crt sslmode=verify-full`;
    const app: Attempt = {
      user: "shop_app",
      database: "shop",
      from: AT.app,
      to: AT.server,
      options: authority,
    };

    before(async () => {
      server = await OperatedServer.open(major);
      await server.start();
    });
    after(async () => server?.close());

    it("knows every setting by name, range and unit, beside the operator's own", async () => {
      const { parameters, libraries } = cnpgSettings(recoveryPlan(server.environment));
      const names = Object.keys(parameters);
      const start = `${binDirectory(major)}/postgres -D ${server.data}`;
      const loop = `for n in ${names.join(" ")}; do ${start} -C $n >/dev/null 2>&1 || echo "$n"; done`;
      assert.equal(await server.box.must(["sh", "-c", loop], { account: "postgres" }), "");
      assert.equal(await server.sql("SELECT name, error FROM pg_file_settings WHERE error IS NOT NULL"), "");
      assert.equal(await server.sql("SHOW shared_preload_libraries"), libraries.join(","));
      assert.equal(await server.sql("SHOW ssl_min_protocol_version"), "TLSv1.3");
    });

    it("runs both texts as the operator does, each in one message", () => server.configure());

    it("has roles without a login until the operator gives them one, the owner never", async () => {
      const logins =
        "SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin AND rolname ~ '^(shop|metrics|maint)'";
      assert.equal(await server.sql(logins), "");
      await server.manage();
      assert.equal(await server.sql(logins), "maint,metrics,shop_app,shop_ro");
      assert.equal(await server.sql("SELECT count(*) FROM pg_roles WHERE rolsuper"), "1");
      assert.equal(
        await server.sql("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1", "shop"),
        "amcheck\npgaudit",
      );
    });

    it("has records without an error, of which the operator's last one is never reached", async () => {
      assert.equal(
        await server.sql("SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL"),
        "",
      );
      assert.equal(await server.sql("SELECT error FROM pg_ident_file_mappings WHERE error IS NOT NULL"), "");
      assert.equal(
        await server.sql(
          "SELECT string_agg(type || ' ' || database[1] || ' ' || auth_method, ',' ORDER BY rule_number DESC) FROM (SELECT * FROM pg_hba_file_rules ORDER BY rule_number DESC LIMIT 3) AS last",
        ),
        "host all scram-sha-256,host replication reject,host all reject",
      );
    });

    it("lets in whom the declaration names, over TLS, with the rights that it grants", async () => {
      const tls = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
      assert.equal(await server.client.answer({ ...app, sql: tls }), "TLSv1.3");
      await server.sql('SET ROLE "shop_owner"; CREATE TABLE shop.proof (n int)', "shop");
      await server.client.answer({ ...app, sql: "INSERT INTO proof VALUES (1)" });
      const reader = { ...app, user: "shop_ro" };
      assert.equal(await server.client.answer({ ...reader, sql: "SELECT n FROM proof" }), "1");
      assert.match(
        await server.client.refusal({
          ...reader,
          sql: "SET transaction_read_only = off; INSERT INTO proof VALUES (2)",
        }),
        /permission denied/,
      );
      assert.match(
        await server.client.refusal({ ...app, sql: "CREATE TABLE mine (n int)" }),
        /permission denied/,
      );
      const monitor = { ...app, user: "metrics", database: "postgres", from: "10.77.1.210" };
      assert.match(
        await server.client.answer({ ...monitor, sql: "SELECT count(*) FROM pg_stat_statements" }),
        /^\d+$/,
      );
    });

    it("refuses everybody else, and plain text from whomever", async () => {
      const refused: readonly (readonly [string, Partial<Attempt>, RegExp])[] = [
        ["plain text", { options: "sslmode=disable" }, /pg_hba\.conf rejects connection/],
        ["superuser", { user: "postgres" }, /pg_hba\.conf rejects connection/],
        ["owner", { user: "shop_owner" }, /pg_hba\.conf rejects connection/],
        ["maint", { user: "maint", database: "postgres" }, /pg_hba\.conf rejects connection/],
        ["another address", { from: AT.other }, /pg_hba\.conf rejects connection/],
        ["another database", { database: "postgres" }, /pg_hba\.conf rejects connection/],
        ["another password", { password: "not the password" }, /password authentication failed/],
        ["TLS 1.2", { options: `${authority} ssl_max_protocol_version=TLSv1.2` }, /protocol version/],
        ["streaming as a client", { options: `${authority} replication=true` }, /pg_hba\.conf rejects/],
        [
          "streaming without a certificate",
          {
            user: "streaming_replica",
            database: "postgres",
            from: AT.other,
            options: `${authority} replication=true`,
          },
          /certificate/,
        ],
      ];
      for (const [what, change, message] of refused)
        assert.match(await server.client.refusal({ ...app, ...change }), message, what);
    });

    it("lets in the pooler's pods while they are there, and no longer", async () => {
      const pooled = { ...app, from: AT.pooler };
      assert.match(await server.client.refusal(pooled), /pg_hba\.conf rejects connection/);
      await server.admit([AT.pooler]);
      await server.sql("SELECT pg_reload_conf()");
      assert.equal(await server.client.answer(pooled), "1");
      assert.match(
        await server.client.refusal({ ...pooled, options: "sslmode=disable" }),
        /pg_hba\.conf rejects/,
      );
      await server.admit([]);
      await server.sql("SELECT pg_reload_conf()");
      assert.match(await server.client.refusal(pooled), /pg_hba\.conf rejects connection/);
    });

    it("lets the server's account act as maint over the socket, and as nobody else but itself", async () => {
      assert.equal(await server.sql("SELECT current_user", "postgres", "maint"), "maint");
      await server.sql("CHECKPOINT", "postgres", "maint");
      await assert.rejects(server.sql("SELECT 1", "shop", "shop_app"), /Peer authentication failed/);
    });

    it("is copied by another site's Cluster with the certificate of its role, and streams", async () => {
      const string = `host=orders-a.db.example.org hostaddr=${AT.server} port=5432 user=streaming_replica dbname=postgres sslmode=verify-full`;
      const keys = `sslcert=${KEYS}/streaming_replica.crt sslkey=${KEYS}/streaming_replica.key sslrootcert=${KEYS}/ca.crt`;
      const copy = [
        `${binDirectory(major)}/pg_basebackup`,
        "-D",
        "/tmp/copy",
        "-X",
        "stream",
        "-c",
        "fast",
        "-d",
        `${string} ${keys}`,
      ];
      await server.box.must(copy, { account: "postgres" });
      assert.equal(
        await server.box.must([`${binDirectory(major)}/pg_verifybackup`, "/tmp/copy"], {
          account: "postgres",
        }),
        "backup successfully verified\n",
      );
    });
  });
