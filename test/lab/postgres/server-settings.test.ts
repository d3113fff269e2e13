import assert from "node:assert/strict";
import { KNOWN_PARAMETERS } from "../../../components/declaration/known-parameters.js";
import {
  binDirectory,
  dataDirectory,
  guestOf,
  renderPostgresqlConf,
  settings,
} from "../../../components/postgres/index.js";
import type { RecoveryPlan } from "../../../components/recovery/plan.js";
import { planOf } from "../../postgres/build.js";
import { declared, RunningServer } from "./running-server.js";
import type { Sandbox } from "./sandbox.js";

for (const major of [17, 18] as const)
  describe(`the generated configuration on a real PostgreSQL ${major}`, function () {
    this.timeout(600_000);
    const data = dataDirectory(major);
    let server: RunningServer;
    let plan: RecoveryPlan;
    let box: Sandbox;
    const sql = (text: string): Promise<string> => server.sql(text);

    before(async () => {
      server = await RunningServer.start(major);
      ({ plan, box } = server);
    });

    after(async () => server.close());

    it("accepts every setting by name, range and unit", async () => {
      const names = [...settings(plan, guestOf(plan, "pg-a1")).keys()];
      const loop = `for n in ${names.join(" ")}; do ${binDirectory(major)}/postgres -D ${data} -C $n >/dev/null || echo "$n"; done`;
      assert.equal(await box.must(["sh", "-c", loop], { account: "postgres" }), "");
      assert.equal(await sql("SELECT name, error FROM pg_file_settings WHERE error IS NOT NULL"), "");
      assert.equal(await sql("SELECT name FROM pg_settings WHERE pending_restart"), "");
      const missing = `SELECT n FROM unnest('{${names.join(",")}}'::text[]) n LEFT JOIN pg_settings ON lower(name) = n WHERE source IS NULL OR source NOT IN ('configuration file', 'default')`;
      assert.equal(await sql(missing), "");
    });

    it("knows exactly the names that a declaration may use", async () => {
      const names = await sql("SELECT lower(name) FROM pg_settings WHERE context <> 'internal'");
      assert.deepEqual(names.trim().split("\n").toSorted(), [...KNOWN_PARAMETERS[major]].toSorted());
    });

    it("would refuse the settings of the other major, so the gate matters", async () => {
      const other = planOf(declared(major === 17 ? 18 : 17));
      const conf = renderPostgresqlConf(settings(other, guestOf(other, "pg-a1")));
      await box.write("/tmp/other/postgresql.conf", conf);
      const outcome = await box.run(
        [
          `${binDirectory(major)}/postgres`,
          "-C",
          "ssl",
          `-c`,
          "config_file=/tmp/other/postgresql.conf",
          "-D",
          data,
        ],
        { account: "postgres" },
      );
      // 18 still knows everything that 17 has.
      assert.equal(outcome.code === 0, major === 18, outcome.stderr);
      if (major === 17) assert.match(outcome.stderr, /ssl_groups|log_connections|md5_password_warnings/);
    });

    it("has no error in pg_hba.conf and pg_ident.conf", async () => {
      assert.equal(await sql("SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL"), "");
      assert.equal(
        await sql("SELECT line_number, error FROM pg_ident_file_mappings WHERE error IS NOT NULL"),
        "",
      );
      assert.ok(Number(await sql("SELECT count(*) FROM pg_hba_file_rules")) >= 14);
    });
  });
