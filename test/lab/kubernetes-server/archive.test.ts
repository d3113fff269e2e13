import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ARCHIVE_PATHS, binDirectory, podDataMount, POD_PATHS } from "../../../components/postgres/index.js";
import type { KubernetesEnvironment } from "../../../components/declaration/index.js";
import { ObjectStore } from "../../../lab/endpoints/object-store/index.js";
import { mustRun } from "../../../lab/subprocess.js";
import { installPrograms, versions } from "../../../toolchain/index.js";
import { Wiring } from "../postgres/sandbox.js";
import { answers, attach, JobBox, serve } from "./archive-boxes.js";
import type { Pod } from "./pod.js";
import { ADDRESSES, declaration, SitePods, type Name } from "./site-pods.js";

const STORE = { address: "192.0.2.60", port: 9000, name: "objects.example.org" } as const;
const JOBS = { a: "10.20.0.50", b: "10.21.0.50" } as const;
const MARK = "a-row-that-must-be-read-by-nobody";
const BUCKET = "backups";

for (const major of [17, 18] as const)
  describe(`the WAL archive of pods on a real PostgreSQL ${major} and a real object store`, function () {
    this.timeout(900_000);
    let folder: string;
    let network: number;
    let store: ObjectStore;
    let wiring: Wiring;
    let site: SitePods;
    let environment: KubernetesEnvironment;
    let jobs: Record<"a" | "b", JobBox>;
    let first: Pod;
    const files = (under: string): string[] =>
      readdirSync(join(folder, "buckets", BUCKET, under), { recursive: true, encoding: "utf8" })
        .map((name) => join(folder, "buckets", BUCKET, under, name))
        .filter((name) => statSync(name).isFile());
    /** Asks the store itself, since it remembers for a while what lies in its folders. */
    const request = (key: string, options: readonly string[]): Promise<string> =>
      mustRun(
        "nsenter",
        [
          ...[`--net=/proc/${network}/ns/net`, "curl", "--silent", "--show-error", "--fail", "--config", "-"],
          ...["--cacert", store.authority, "--aws-sigv4", "aws:amz:us-east-1:s3", ...options],
          `https://${STORE.address}:${STORE.port}/${BUCKET}/${key}`,
        ],
        { stdin: `user = "ACCESSKEY:${site.secrets.objectStore?.secretKey ?? ""}"\n` },
      );
    const rows = (): Promise<string> => first.sql("SELECT count(*) FROM shop.proof", "shop");

    before(async () => {
      const [program = ""] = await installPrograms([versions.programs.objectStore]);
      folder = mkdtempSync(join(tmpdir(), "pgkeep-archive-"));
      mkdirSync(join(folder, "buckets"));
      wiring = new Wiring();
      network = await wiring.network();
      jobs = { a: await JobBox.open(major, 10_999), b: await JobBox.open(major, 10_999) };
      environment = declaration(major);
      site = await SitePods.open(
        environment,
        [
          { net: network, addresses: [`${STORE.address}/32`] },
          ...(["a", "b"] as const).map((name) => ({
            net: jobs[name].box.pid,
            addresses: [`${JOBS[name]}/16`],
          })),
        ],
        [`${STORE.address} ${STORE.name}`],
      );
      first = site.pods["orders-a-0"];
      for (const pid of [...Object.values(site.pods), ...Object.values(jobs)].map(({ box }) => box.pid))
        await route(pid, `${STORE.address}/32`);
      for (const range of ["10.20.0.0/16", "10.21.0.0/16"]) await route(network, range);
      store = await ObjectStore.start(
        program,
        folder,
        BUCKET,
        ["ACCESSKEY", site.secrets.objectStore?.secretKey ?? ""],
        { ...STORE, network },
      );
      environment = declaration(major, undefined, { authorities: readFileSync(store.authority, "utf8") });
      const hosts = [
        `${STORE.address} ${STORE.name}`,
        ...Object.entries(ADDRESSES).map(
          ([name, address]) => `${address} ${name}.${name.replace(/-\d$/, "")}.orders.svc.cluster.local`,
        ),
      ].join("\n");
      for (const name of ["a", "b"] as const)
        await jobs[name].configure(environment, name, site.secrets, `${hosts}\n`);
      for (const name of Object.keys(site.pods) as Name[]) {
        const command = await attach(site.pods[name], environment, site.secrets);
        await site.pods[name].begin();
        serve(site.pods[name], command);
        await answers(site.pods[name]);
      }
      await first.becomes("SELECT count(*) FROM pg_database WHERE datname = 'shop'", "1");
      await first.becomes("SELECT count(*) FROM pg_roles WHERE rolname = 'backup'", "1");
      await first.sql(`CREATE TABLE shop.proof AS SELECT 1 AS n, '${MARK}'::text AS said`, "shop");
    });

    after(async () => {
      await store?.stop();
      await site?.close();
      for (const { box } of Object.values(jobs ?? {})) await box.close();
      await wiring?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it("checks the certificate of the store, and who asks for data files", async () => {
      const wrong = await jobs.a.job(environment, "backup-full", [
        "PGBACKREST_IO_TIMEOUT=5",
        `PGBACKREST_REPO1_STORAGE_CA_FILE=${ARCHIVE_PATHS.authority}`,
      ]);
      assert.equal(wrong.code, 1, wrong.stdout);
      assert.match(wrong.stdout, /unable to verify certificate|certificate verify failed/i);
      const pair = site.secrets.certificates["orders-a-1"];
      await jobs.a.box.write("/tmp/member.pem", pair?.certificate ?? "", "0444");
      await jobs.a.box.write("/tmp/member.key", pair?.key ?? "", "0440", "root:10999");
      const stranger = await jobs.a.job(environment, "backup-full", [
        "PGBACKREST_IO_TIMEOUT=5",
        "PGBACKREST_PG1_HOST_CERT_FILE=/tmp/member.pem",
        "PGBACKREST_PG1_HOST_KEY_FILE=/tmp/member.key",
        "PGBACKREST_PG2_HOST_CERT_FILE=/tmp/member.pem",
        "PGBACKREST_PG2_HOST_KEY_FILE=/tmp/member.key",
      ]);
      assert.equal(stranger.code, 1, stranger.stdout);
      assert.match(stranger.stdout, /access denied/);
    });

    it("says that there is nothing before the first backup", async () => {
      const { code, stdout } = await jobs.a.job(environment, "verify");
      assert.equal(code, 1, stdout);
      assert.match(stdout, /wrong: WAL does not arrive in the store/);
      assert.match(stdout, /wrong: the repository is not well/);
    });

    it("takes a full and a differential backup, and WAL arrives", async () => {
      const full = await jobs.a.job(environment, "backup-full");
      assert.equal(full.code, 0, full.stdout);
      assert.match(full.stdout, /^pgkeep: backup \d{8}-\d{6}F is in the repository: full, \d+ s$/m);
      await first.becomes("SELECT archived_count > 0 FROM pg_stat_archiver", "t");
      await first.sql(`INSERT INTO shop.proof VALUES (2, '${MARK}')`, "shop");
      const diff = await jobs.a.job(environment, "backup-diff");
      assert.equal(diff.code, 0, diff.stdout);
      assert.match(
        diff.stdout,
        /^pgkeep: backup \d{8}-\d{6}F_\d{8}-\d{6}D is in the repository: diff, \d+ s$/m,
      );
      assert.equal(
        await first.sql(
          "SELECT failed_count > 0 AND last_archived_time < last_failed_time FROM pg_stat_archiver",
        ),
        "f",
      );
    });

    it("leaves the backup to the primary's site elsewhere, which sees that it is young", async () => {
      const backup = await jobs.b.job(environment, "backup-full");
      assert.equal(backup.code, 0, backup.stdout);
      assert.match(backup.stdout, /no member here accepts writes/);
      const verify = await jobs.b.job(environment, "verify");
      assert.equal(verify.code, 0, verify.stdout);
    });

    it("verifies by what the repository says", async () => {
      const { code, stdout } = await jobs.a.job(environment, "verify");
      assert.equal(code, 0, stdout);
      assert.match(stdout, /^pgkeep: 2 backups, the newest full is \d{8}-\d{6}F$/m);
      assert.match(stdout, /^pgkeep: all is well$/m);
    });

    it("restores to the chosen moment, with the rows of then", async () => {
      const target = await first.sql("SELECT now()");
      await new Promise((wake) => setTimeout(wake, 1100));
      await first.sql("DELETE FROM shop.proof", "shop");
      await first.sql("SELECT pg_switch_wal()");
      const restored = `${podDataMount(major)}/restored`;
      const pgbackrest = ["/usr/bin/pgbackrest", "--stanza=orders", `--pg1-path=${restored}`];
      const moment = ["--type=time", `--target=${target}`, "--target-action=promote", "--archive-mode=off"];
      const made = await first.run(["sh", "-c", `mkdir -m 0700 ${restored}`]);
      assert.equal(made.code, 0, made.stderr);
      const outcome = await first.run([...pgbackrest, ...moment, "restore"]);
      assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr);
      const server = [
        ...[
          `${binDirectory(major)}/postgres`,
          "-D",
          restored,
          "-c",
          `config_file=${POD_PATHS.postgresqlConf}`,
        ],
        ...["-c", "listen_addresses=", "-c", "port=5433", "-c", "primary_conninfo="],
      ];
      first.box.start(first.argv(server), "root", "/tmp/restored.log");
      const ask = (sql: string) =>
        first
          .run(["psql", "-XAtq", "-p", "5433", "-d", "shop", "-c", sql])
          .then(({ stdout }) => stdout.trim());
      for (let waited = 0; (await ask("SELECT pg_is_in_recovery()")) !== "f"; waited += 1) {
        if (waited > 90) assert.fail(await first.box.must(["tail", "-n", "20", "/tmp/restored.log"]));
        await new Promise((wake) => setTimeout(wake, 1000));
      }
      assert.equal(await ask("SELECT string_agg(n::text, ',' ORDER BY n) FROM shop.proof"), "1,2");
      assert.equal(await ask("SHOW archive_mode"), "off");
      assert.equal(await rows(), "0");
      await first.run([`${binDirectory(major)}/pg_ctl`, "-D", restored, "-m", "immediate", "stop"]);
      await first.run(["rm", "-rf", restored]);
    });

    it("finds a damaged file, and lets nothing expire", async () => {
      const before = await jobs.a.job(environment, "backup-full");
      assert.equal(before.code, 0, before.stdout);
      const fulls = readdirSync(join(folder, "buckets", BUCKET, "orders/backup/orders")).filter((name) =>
        name.endsWith("F"),
      );
      const newest = fulls.toSorted().at(-1) ?? "";
      const [bundle = ""] = files(`orders/backup/orders/${newest}`)
        .filter((name) => name.includes("/bundle/"))
        .toSorted((a, b) => statSync(b).size - statSync(a).size);
      const content = readFileSync(bundle);
      const damaged = Buffer.from(content);
      damaged.writeUInt8(damaged.readUInt8(damaged.length >> 1) ^ 0xff, damaged.length >> 1);
      writeFileSync(bundle, damaged);
      const one = ["PGBACKREST_REPO1_RETENTION_FULL_TYPE=count", "PGBACKREST_REPO1_RETENTION_FULL=1"];
      const { code, stdout } = await jobs.a.job(environment, "verify", one);
      assert.equal(code, 1, stdout);
      assert.match(stdout, /wrong: verification says: ?status: error/);
      assert.match(stdout, new RegExp(`wrong: verification says: ?backup: ${newest}, status: invalid`));
      assert.match(stdout, /nothing expires: the newest full backup is not proven/);
      writeFileSync(bundle, content);
    });

    it("finds a missing segment, which pgBackRest's own verification does not", async () => {
      const segments = files("orders/archive/orders")
        .filter((name) => /\/[0-9A-F]{24}-/.test(name))
        .toSorted();
      const missing = segments.at(-2) ?? "";
      writeFileSync(join(folder, "kept"), readFileSync(missing));
      const key = relative(join(folder, "buckets", BUCKET), missing);
      await request(key, ["--request", "DELETE"]);
      const { code, stdout } = await jobs.a.job(environment, "verify");
      await request(key, ["--upload-file", join(folder, "kept")]);
      assert.equal(code, 1, stdout);
      const name = /\/([0-9A-F]{24})-/.exec(missing)?.[1];
      assert.match(
        stdout,
        new RegExp(`^pgkeep: wrong: WAL (?:segment ${name}|of backup \\S+) is missing$`, "m"),
      );
      assert.match(stdout, /nothing expires: the newest full backup is not proven/);
    });

    it("lets those expire that are over age once the newest full is proven", async () => {
      const one = ["PGBACKREST_REPO1_RETENTION_FULL_TYPE=count", "PGBACKREST_REPO1_RETENTION_FULL=1"];
      const { code, stdout } = await jobs.a.job(environment, "verify", one);
      assert.equal(code, 0, stdout);
      const left = readdirSync(join(folder, "buckets", BUCKET, "orders/backup/orders")).filter((each) =>
        /^\d{8}-\d{6}F/.test(each),
      );
      assert.equal(left.length, 1, left.join());
      assert.equal((await jobs.a.job(environment, "verify", one)).code, 0);
    });

    it("says no secret anywhere, and stores nothing in clear", async () => {
      const planted = [
        site.secrets.objectStore?.secretKey ?? "",
        site.secrets.repositoryPassphrase,
        ...Object.values(site.secrets.passwords),
      ];
      const logs = await Promise.all(
        Object.values(site.pods).map(({ box }) => box.must(["sh", "-c", "cat /tmp/*.log"])),
      );
      const said = [...logs, ...jobs.a.said, ...jobs.b.said].join("\n");
      for (const secret of planted) assert.ok(!said.includes(secret));
      for (const file of files("orders")) {
        const content = readFileSync(file);
        for (const text of [MARK, "shop_app", "PG_VERSION"]) assert.ok(!content.includes(text), file);
      }
    });
  });

/** What lies on the one segment is reached there. */
function route(pid: number, range: string): Promise<string> {
  return mustRun("nsenter", [`--net=/proc/${pid}/ns/net`, "ip", "route", "replace", range, "dev", "client0"]);
}
