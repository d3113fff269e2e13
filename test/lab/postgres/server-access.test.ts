import assert from "node:assert/strict";
import type { Secrets } from "../../../components/declaration/index.js";
import {
  GUEST_PATHS,
  guestOf,
  renderNftables,
  renderRolesSql,
  roleVerifier,
} from "../../../components/postgres/index.js";
import type { RecoveryPlan } from "../../../components/recovery/plan.js";
import { planOf } from "../../postgres/build.js";
import type { Attempt, Client } from "./client.js";
import { APP, declared, RunningServer, SERVER } from "./running-server.js";
import type { Sandbox } from "./sandbox.js";

/** A default is no fence: the role can change it, and is refused by its rights all the same. */
const writable = "options='-c default_transaction_read_only=off'";

for (const major of [17, 18] as const)
  describe(`roles and connections on a real PostgreSQL ${major}`, function () {
    this.timeout(600_000);
    let server: RunningServer;
    let plan: RecoveryPlan;
    let secrets: Secrets;
    let box: Sandbox;
    let client: Client;
    const sql = (text: string, user?: string, database?: string): Promise<string> =>
      server.sql(text, user, database);

    before(async () => {
      server = await RunningServer.start(major);
      ({ plan, secrets, box, client } = server);
    });

    after(async () => server.close());

    it("takes the roles SQL, and a second time without any difference", async () => {
      assert.equal(await server.roles(), "changed");
      const dump = (): Promise<string> =>
        box.must(
          [
            "sh",
            "-c",
            `pg_dumpall --roles-only -h ${GUEST_PATHS.socket} | grep -v restrict; pg_dump -s -h ${GUEST_PATHS.socket} shop | grep -v restrict`,
          ],
          { account: "postgres" },
        );
      const before = await dump();
      assert.equal(await server.roles(), "current");
      await box.must(
        [
          "psql",
          "-Xq",
          "-v",
          "ON_ERROR_STOP=1",
          "-h",
          GUEST_PATHS.socket,
          "-d",
          "postgres",
          "-f",
          GUEST_PATHS.rolesSql,
        ],
        { account: "postgres" },
      );
      assert.equal(await dump(), before);
    });

    it("stores our verifiers and logs none of them", async () => {
      for (const role of ["shop_app", "replicator", "rewind"])
        assert.equal(
          (await sql(`SELECT rolpassword FROM pg_authid WHERE rolname = '${role}'`)).trim(),
          roleVerifier("orders", role, secrets.passwords[role] ?? ""),
        );
      const found = await box.run(["grep", "-rc", "SCRAM-SHA-256", GUEST_PATHS.logs, "/tmp/server.log"]);
      assert.match(found.stdout, /:0/);
      assert.ok(!/:[1-9]/.test(found.stdout), found.stdout);
    });

    it("lets in whom the declaration names: TLS 1.3 and the declared database", async () => {
      const tls = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
      const app: Attempt = {
        user: "shop_app",
        database: "shop",
        from: APP,
        to: SERVER,
        sql: tls,
        options: "channel_binding=require",
      };
      assert.equal(await client.answer(app), "TLSv1.3");
      assert.equal(await client.answer({ ...app, user: "shop_ro" }), "TLSv1.3");
      assert.equal(
        await client.answer({ ...app, user: "metrics", database: "postgres", from: "10.77.1.210" }),
        "TLSv1.3",
      );
    });

    it("refuses what is not declared", async () => {
      const app: Attempt = { user: "shop_app", database: "shop", from: APP, to: SERVER };
      const refused: readonly (readonly [string, Attempt, RegExp])[] = [
        ["no TLS", { ...app, options: "sslmode=disable" }, /pg_hba.conf rejects connection/],
        ["TLS 1.2", { ...app, options: "ssl_max_protocol_version=TLSv1.2" }, /protocol version|SSL error/],
        ["superuser over TCP", { ...app, user: "postgres" }, /pg_hba.conf rejects connection/],
        [
          "superuser from a member",
          { ...app, user: "postgres", from: "10.77.2.102", to: "10.77.2.101" },
          /pg_hba.conf rejects/,
        ],
        ["another address", { ...app, from: "10.77.1.250" }, /pg_hba.conf rejects connection/],
        ["wrong role for the address", { ...app, from: "10.77.1.210" }, /pg_hba.conf rejects connection/],
        ["wrong database", { ...app, database: "stock" }, /pg_hba.conf rejects connection/],
        ["wrong password", { ...app, password: "not the password" }, /password authentication failed/],
        ["unknown role", { ...app, user: "nobody" }, /pg_hba.conf rejects connection/],
        ["owner", { ...app, user: "shop_owner" }, /pg_hba.conf rejects connection/],
        [
          "replicator into a database",
          { ...app, user: "replicator", from: "10.77.2.102", to: "10.77.2.101" },
          /pg_hba.conf rejects/,
        ],
        ["app as replication client", { ...app, options: "replication=true" }, /pg_hba.conf rejects/],
      ];
      for (const [what, attempt, why] of refused) assert.match(await client.refusal(attempt), why, what);
    });

    it("lets members stream and rewind with password and certificate, from their own addresses only", async () => {
      const certificate = `sslcert=${GUEST_PATHS.certificate} sslkey=${GUEST_PATHS.key}`;
      const stream: Attempt = {
        user: "replicator",
        database: "postgres",
        from: "10.77.2.102",
        to: "10.77.2.101",
        sql: "IDENTIFY_SYSTEM",
        options: `replication=true ${certificate}`,
      };
      assert.match(await client.answer(stream), /^\d{19}\|1\|/);
      assert.match(await client.refusal({ ...stream, options: "replication=true" }), /certificate/);
      assert.match(await client.refusal({ ...stream, password: "wrong" }), /password authentication failed/);
      assert.match(await client.refusal({ ...stream, from: "10.77.2.103" }), /pg_hba.conf rejects/);
      const rewind: Attempt = {
        ...stream,
        user: "rewind",
        sql: "SELECT count(*) > 0 FROM pg_ls_dir('.', true, false)",
        options: certificate,
      };
      assert.equal(await client.answer(rewind), "t");
      assert.match(
        await client.refusal({ ...rewind, sql: "SELECT pg_read_file('/etc/passwd')" }),
        /permission denied/,
      );
    });

    it("gives each role what it needs and no more", async () => {
      const from = { from: APP, to: SERVER, database: "shop" };
      const migration =
        "SET ROLE shop_owner; CREATE TABLE item (id int PRIMARY KEY, n text); CREATE SEQUENCE s";
      assert.match(
        await client.refusal({ ...from, user: "shop_mig", sql: "CREATE TABLE shop.t (x int)" }),
        /permission denied/,
      );
      await client.answer({ ...from, user: "shop_mig", sql: migration });
      await client.answer({
        ...from,
        user: "shop_app",
        sql: "INSERT INTO item VALUES (1, encode(digest('x', 'sha256'), 'hex')); UPDATE item SET n = 'a'; SELECT nextval('s')",
      });
      assert.equal(await client.answer({ ...from, user: "shop_ro", sql: "SELECT n FROM item" }), "a");
      const denied: readonly (readonly [string, string, string])[] = [
        ["shop_app", "CREATE TABLE shop.t (x int)", "app makes a table in its schema"],
        ["shop_app", "CREATE TABLE public.t (x int)", "app makes a table in public"],
        ["shop_app", "CREATE SCHEMA x", "app makes a schema"],
        ["shop_app", "CREATE TEMP TABLE t (x int)", "app makes a temporary table"],
        ["shop_app", "DROP TABLE item", "app drops"],
        ["shop_app", "TRUNCATE item", "app truncates"],
        ["shop_app", "SET ROLE shop_owner", "app becomes the owner"],
        ["shop_app", "SELECT * FROM pg_authid", "app reads verifiers"],
        ["shop_app", "COPY item TO PROGRAM 'true'", "app starts a program"],
        ["shop_app", "CHECKPOINT", "app checkpoints"],
        ["shop_ro", "INSERT INTO item VALUES (2)", "ro writes"],
      ];
      for (const [user, text, what] of denied)
        assert.match(
          await client.refusal({ ...from, user, sql: text, options: writable }),
          /permission denied|must be/,
          what,
        );
      const metrics = { user: "metrics", database: "postgres", from: "10.77.1.210", to: SERVER };
      assert.ok(
        Number(
          await client.answer({
            ...metrics,
            sql: "SELECT count(*) FROM pg_stat_activity WHERE query IS NOT NULL",
          }),
        ) > 0,
      );
      assert.match(
        await client.refusal({ ...metrics, sql: "SELECT pg_read_file('postgresql.conf')" }),
        /permission denied/,
      );
      await sql("CHECKPOINT", "maint");
      await assert.rejects(sql("SELECT * FROM shop.item", "maint", "shop"), /permission denied/);
      await assert.rejects(sql("CREATE TABLE t (x int)", "backup"), /permission denied|no schema/);
      assert.equal(await sql("SELECT string_agg(rolname, ',') FROM pg_roles WHERE rolsuper"), "postgres\n");
      await assert.rejects(sql("ALTER SYSTEM SET work_mem = '8MB'"), /not allowed/);
    });

    it("lets migrations use the declared extensions, and what they made be used", async () => {
      const from = { from: APP, to: SERVER, database: "shop" };
      const migration = [
        "SET ROLE shop_owner",
        "CREATE TABLE person (id uuid PRIMARY KEY DEFAULT uuid_generate_v4(), mail citext UNIQUE, note text)",
        "CREATE INDEX ON person USING gin (note gin_trgm_ops)",
      ];
      await client.answer({ ...from, user: "shop_mig", sql: migration.join("; ") });
      const insert = "INSERT INTO person (mail, note) VALUES ('Ann@example.org', 'plain words')";
      await client.answer({ ...from, user: "shop_app", sql: insert });
      const read = "SELECT note FROM person WHERE mail = 'ANN@EXAMPLE.ORG' AND note LIKE '%word%'";
      assert.equal(await client.answer({ ...from, user: "shop_ro", sql: read }), "plain words");
    });

    it("lets monitors read the statistics of statements, also where the extension lay in public", async () => {
      const metrics = { user: "metrics", database: "postgres", from: "10.77.1.210", to: SERVER };
      const count = "SELECT count(*) > 0 FROM pg_stat_statements WHERE query <> '<insufficient privilege>'";
      assert.equal(await client.answer({ ...metrics, sql: count }), "t");
      await sql("ALTER EXTENSION pg_stat_statements SET SCHEMA public");
      await client.refusal({ ...metrics, sql: count });
      await box.write(
        GUEST_PATHS.rolesSql,
        `${renderRolesSql(plan, secrets)}-- again\n`,
        "0600",
        "postgres:postgres",
      );
      assert.equal(await server.roles(), "changed");
      assert.equal(await client.answer({ ...metrics, sql: count }), "t");
    });

    it("takes rights back and retires roles that are no longer declared", async () => {
      const later = planOf((input) => {
        declared(major)(input);
        const roles = input.cluster.roles ?? [];
        input.cluster.roles = roles
          .filter(({ name }) => name !== "shop_mig")
          .map((role) => (role.name === "shop_app" ? { ...role, kind: "readonly" as const } : role));
        for (const rule of input.access?.rules ?? [])
          rule.roles = rule.roles.filter((name) => name !== "shop_mig");
      });
      await sql("GRANT CREATE ON SCHEMA shop TO shop_ro; ALTER ROLE shop_ro CREATEDB", "postgres", "shop");
      await box.write(GUEST_PATHS.rolesSql, renderRolesSql(later, secrets), "0600", "postgres:postgres");
      assert.equal(await server.roles(), "changed");
      const from = { from: APP, to: SERVER, database: "shop" };
      assert.match(
        await client.refusal({ ...from, user: "shop_mig" }),
        /not permitted to log in|password authentication failed/,
      );
      assert.match(
        await client.refusal({
          ...from,
          user: "shop_app",
          sql: "DELETE FROM item",
          options: writable,
        }),
        /permission denied/,
      );
      assert.equal(await client.answer({ ...from, user: "shop_app", sql: "SELECT count(*) FROM item" }), "1");
      assert.equal(
        await sql(
          "SELECT has_schema_privilege('shop_ro', 'shop', 'CREATE') OR rolcreatedb FROM pg_roles WHERE rolname = 'shop_ro'",
          "postgres",
          "shop",
        ),
        "f\n",
      );
    });

    it("is reached through the guest's own firewall by declared groups only", async () => {
      await box.write("/tmp/rules", renderNftables(plan, guestOf(plan, "pg-a1")));
      await box.must(["nft", "-f", "/tmp/rules"]);
      await box.must(["nft", "-f", "/tmp/rules"]);
      assert.equal(await client.answer({ user: "shop_app", database: "shop", from: APP, to: SERVER }), "1");
      assert.match(
        await client.refusal({ user: "shop_app", database: "shop", from: "10.77.1.250", to: SERVER }),
        /timeout expired/,
      );
      assert.match(
        await client.refusal({
          user: "replicator",
          database: "shop",
          from: "10.77.2.103",
          to: "10.77.2.101",
        }),
        /timeout expired/,
      );
    });
  });
