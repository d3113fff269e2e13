import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../../../operations/context.js";
import { EvidenceStore, type EvidenceRecord } from "../../../operations/evidence/index.js";
import { backup } from "../../../operations/jobs/backup.js";
import { restoreDrill } from "../../../operations/jobs/drill-restore/index.js";
import { verify } from "../../../operations/jobs/verify.js";
import { NativeCluster, PASSPHRASE } from "./cluster.js";
import { nativeContext } from "./context.js";

const ARCHIVE_TIMEOUT = 5;

for (const major of [17, 18] as const) {
  describe(`restore drill on PostgreSQL ${major}`, function () {
    this.timeout(180_000);
    let cluster: NativeCluster;
    let context: Context;
    let directory: string;
    let evidence: string;
    let between: Date;

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), "pgkeep-evidence-"));
      evidence = join(directory, "evidence.jsonl");
      cluster = await NativeCluster.start(major, ARCHIVE_TIMEOUT);
      context = nativeContext(cluster, ARCHIVE_TIMEOUT);
      const record = await backup(context, { type: "full", evidence });
      assert.deepEqual(record?.findings, []);
      await cluster.sql(
        `insert into pgkeep.invariant values ('balance', 'select sum(balance) = 2000000 from account');
         update account set balance = balance + case when id % 2 = 0 then 1 else -1 end;
         create table marker (id int primary key); insert into marker values (1);`,
        "shop",
      );
      await sleep(1500);
      between = new Date(
        await cluster.sql("select to_char(now() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"),
      );
      await sleep(1500);
      await cluster.sql("insert into marker values (2)", "shop");
    });
    after(async () => {
      await cluster.machine.destroy();
      rmSync(directory, { recursive: true });
    });

    const drill = async (options: { target?: Date; label?: string } = {}): Promise<EvidenceRecord> => {
      const record = await restoreDrill(context, { target: "latest", evidence, ...options });
      assert.ok(record !== undefined);
      // Whatever happened: nothing of the copy is left, and the live server was not touched.
      assert.equal(record.steps.at(-1)?.id, "R10");
      assert.equal(record.steps.at(-1)?.outcome, "passed");
      const left = await cluster.machine.run(
        ["sh", "-c", "ls -d /var/lib/pgbackrest/pgkeep-drill; ps -eo args | grep -c '[p]gkeep-drill/data'"],
        { accept: [0, 1] },
      );
      assert.equal(left.stdout.trim(), "0");
      assert.equal(await cluster.sql("select pg_is_in_recovery(), current_setting('archive_mode')"), "f|on");
      return record;
    };

    /** Runs while one file of the repository is damaged, then puts that file back; what was archived meanwhile stays. */
    const withDamage = async (find: string, damage: string, action: () => Promise<void>): Promise<void> => {
      const file = (await cluster.machine.postgres(find)).trim();
      await cluster.machine.postgres(`cp -a ${file} /tmp/saved; f=${file}; ${damage}`);
      try {
        await action();
      } finally {
        await cluster.machine.postgres(`cp -a /tmp/saved ${file}`);
      }
    };

    it("restores the newest state: every step passes, loss and time are measured", async () => {
      const record = await drill();
      assert.deepEqual(record.findings, []);
      assert.equal(record.verdict, "passed");
      assert.deepEqual(
        record.steps.map(({ id }) => id),
        ["R1", "R0", "R2", "R3", "R4", "R5", "R6", "R8", "R9", "R7", "R10"],
      );
      assert.ok(record.measured.rtoSeconds !== undefined && record.measured.rtoSeconds > 0);
      const exposed = record.measured.rpoSeconds ?? Number.NaN;
      assert.ok(exposed > 0 && exposed < ARCHIVE_TIMEOUT + 10, `exposed for ${exposed} s`);
      assert.match(record.steps.find(({ id }) => id === "R8")?.detail ?? "", /invariants true/);
    });

    it("restores a chosen moment: nothing later is in the copy, which an invariant proves from outside", async () => {
      await cluster.sql("insert into pgkeep.invariant values ('moment', 'select true')", "shop");
      // The copy of the chosen moment is older than this invariant and passes; the newest state holds it and fails.
      const chosen = await drill({ target: between });
      assert.deepEqual(chosen.findings, []);
      assert.equal(chosen.target, between.toISOString());
      await cluster.sql(
        "update pgkeep.invariant set statement = 'select max(id) = 1 from marker' where name = 'moment'",
        "shop",
      );
      const newest = await drill();
      assert.equal(newest.verdict, "failed");
      assert.match(newest.findings.join(), /invariant moment is not true/);
      await cluster.sql("delete from pgkeep.invariant where name = 'moment'", "shop");
    });

    it("refuses a target before every backup, and one in the future", async () => {
      const early = await drill({ target: new Date("2020-01-01T00:00:00Z") });
      assert.match(early.findings.join(), /no good backup ended before the target/);
      await assert.rejects(drill({ target: new Date(Date.now() + 3_600_000) }), /future/);
    });

    it("finds a damaged backup file", async () => {
      const largest = "ls -S /var/lib/pgbackrest/backup/orders/*F/bundle/* | head -1";
      const damage = "printf XXXX | dd of=$f bs=1 seek=5000 conv=notrunc status=none";
      await withDamage(largest, damage, async () => {
        const record = await drill();
        assert.equal(record.verdict, "failed");
        assert.match(record.findings.join(), /R2 .*backup \S+F is invalid/);
        assert.equal((await verify(context, { evidence }))?.verdict, "failed");
      });
    });

    it("finds a missing WAL segment, which the tool's own verification does not", async () => {
      await cluster.sql(
        "select pg_switch_wal(); create table gap (id int); select pg_switch_wal(); drop table gap; select pg_switch_wal()",
      );
      await cluster.machine.postgres("pgbackrest --stanza=orders check");
      const third = "find /var/lib/pgbackrest/archive -name '0*.zst' | sort | tail -3 | head -1";
      const remove =
        "rm $f; pgbackrest --stanza=orders verify --output=text --verbose | grep -q 'status: ok'";
      await withDamage(third, remove, async () => {
        const record = await drill();
        assert.equal(record.verdict, "failed");
        assert.match(record.findings.join(), /R2 .*WAL segment 0000\w+ is missing/);
        const verified = await verify(context, { evidence });
        assert.match(verified?.findings.join() ?? "", /V3 .*is missing/);
      });
    });

    it("finds a wrong passphrase, and never makes a new repository over it", async () => {
      await cluster.configure("another-passphrase-that-does-not-fit");
      try {
        const record = await drill();
        assert.equal(record.verdict, "failed");
        assert.match(record.findings.join(), /R1 .*repository is broken.*unable to load info file/);
        assert.ok(record.findings.every((text) => /^[\x20-\x7e]*$/.test(text)));
        const taken = await backup(context, { type: "full", evidence });
        assert.equal(taken?.verdict, "failed");
        assert.match(taken?.findings.join() ?? "", /B1 .*cannot be read/);
      } finally {
        await cluster.configure(PASSPHRASE);
      }
    });

    it("removes what a drill left that died with its server running", async () => {
      const step = context.output.step;
      const dying = {
        ...context,
        output: {
          ...context.output,
          step: (text: string) => {
            if (text.startsWith("R6")) throw new Error("power cut");
            step(text);
          },
        },
      };
      await assert.rejects(restoreDrill(dying, { target: "latest", evidence }), /power cut/);
      assert.match((await cluster.machine.run(["pgrep", "-fa", "pgkeep-drill/data"])).stdout, /postgres/);
      const record = await drill();
      assert.deepEqual(record.findings, []);
    });

    it("lets nothing that lies in the data reach the repository", async () => {
      const written = "/var/lib/pgbackrest/written";
      await cluster.sql(
        `insert into pgkeep.invariant values
           ('program', $$copy (select 1) to program 'touch ${written}-by-server'$$),
           ('shell', $$select true; \\! touch ${written}-by-psql$$)`,
        "shop",
      );
      await cluster.sql("select pg_switch_wal()");
      const record = await drill();
      assert.match(record.findings.join(), /invariant program failed: .*exited with exit code 1/s);
      assert.match(record.findings.join(), /invariant shell failed: .*syntax error/s);
      const { stdout } = await cluster.machine.run(["sh", "-c", `ls ${written}* 2>/dev/null || true`]);
      assert.equal(stdout, "");
      await cluster.sql("delete from pgkeep.invariant where name in ('program', 'shell')", "shop");
    });

    it("ends the restore of a drill that was killed before another one writes to the same place", async () => {
      const directory = "/var/lib/pgbackrest/pgkeep-drill";
      const orphan = `mkdir -p ${directory}; exec setsid sh -c 'while :; do date >> ${directory}/late 2>/dev/null; sleep 1; done' sh --config=${directory}/pgbackrest.conf >/dev/null 2>&1 </dev/null &`;
      await cluster.machine.postgres(orphan);
      const running = async (): Promise<number> =>
        (await cluster.machine.run(["pgrep", "-f", "config=.*pgkeep-drill"], { accept: [0, 1] })).code;
      assert.equal(await running(), 0);
      const record = await drill();
      assert.deepEqual(record.findings, []);
      assert.equal(await running(), 1);
    });

    if (major === 18) {
      it("finds an index that does not hold its table, although every checksum is right", async () => {
        await cluster.sql(
          `create function half(i int) returns int language sql immutable as 'select i / 2';
           create index bad on account (half(id));
           create or replace function half(i int) returns int language sql immutable as 'select i / 3';`,
          "shop",
        );
        const record = await drill();
        assert.equal(record.verdict, "failed");
        assert.match(record.findings.join(), /R6 .*lacks matching index tuple/);
        assert.equal(record.steps.find(({ id }) => id === "R7")?.outcome, "passed");
        await cluster.sql("drop index bad", "shop");
      });

      it("takes differential and incremental backups, keeps the declared ones, and goes on after a lost primary", async () => {
        for (const type of ["diff", "incr", "full", "full"] as const)
          assert.deepEqual((await backup(context, { type, evidence }))?.findings, []);
        const info = await cluster.machine.postgres("pgbackrest --stanza=orders info --output=json");
        assert.equal(
          (JSON.parse(info) as { backup: { type: string }[] }[])[0]?.backup.filter(
            ({ type }) => type === "full",
          ).length,
          2,
        );
        const lost = {
          ...context,
          database: () => ({ query: () => Promise.reject(new Error("no primary")) }),
        };
        const record = await restoreDrill(lost, { target: "latest", evidence });
        assert.deepEqual(record?.findings, []);
        assert.match(record?.steps.find(({ id }) => id === "R8")?.detail ?? "", /within bounds/);
      });
    }

    it("left an intact chain of evidence, failed drills included", () => {
      const { intact, records } = new EvidenceStore(evidence).verify();
      assert.ok(intact);
      assert.ok(records.some(({ verdict }) => verdict === "failed"));
    });
  });
}
