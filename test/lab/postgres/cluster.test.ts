import assert from "node:assert/strict";
import { createSecrets } from "../../../operations/secrets/index.js";
import type { EnvironmentInput, Secrets } from "../../../components/declaration/index.js";
import { dataDirectory, guestBundle, GUEST_PATHS } from "../../../components/postgres/index.js";
import type { RecoveryPlan } from "../../../components/recovery/plan.js";
import { planOf } from "../../postgres/build.js";
import { healthy, type Listed, type Reconciled } from "./answers.js";
import { nameServer, sshServer } from "./neighbours.js";
import { Sandbox, Wiring, within } from "./sandbox.js";

const MEMBERS = ["pg-a1", "pg-b1"] as const;
const CONFIG = ["-c", GUEST_PATHS.patroni];

function declared(input: EnvironmentInput): void {
  input.cluster.version = "17.11";
  input.cluster.sizing = { cpus: 2, memory: "1 GiB", data: "2 GiB", wal: "1 GiB" };
  // A sandbox shares the machine's kernel: a watchdog would reset the machine.
  input.failover = { ...input.failover, watchdog: "off", ttl: "30 s", loopWait: "5 s", retryTimeout: "10 s" };
}

describe("three guests with the generated configuration: etcd, Patroni, pgBackRest, fencing, DNS", function () {
  this.timeout(900_000);
  const boxes = new Map<string, Sandbox>();
  const wiring = new Wiring();
  const closers: (() => Promise<void>)[] = [];
  let plan: RecoveryPlan;
  let secrets: Secrets;

  const box = (name: string): Sandbox => {
    const found = boxes.get(name);
    assert.ok(found, name);
    return found;
  };
  const place = (name: string, of: RecoveryPlan): Promise<void> =>
    box(name).place(guestBundle(of, secrets, name));
  const reload = async (of: RecoveryPlan): Promise<void> => {
    for (const name of MEMBERS) {
      await place(name, of);
      await box(name).run(["pkill", "-HUP", "-f", `/usr/bin/patroni ${GUEST_PATHS.patroni}`]);
    }
  };
  const reconcile = async (name: string): Promise<Reconciled> =>
    JSON.parse(await box(name).must([GUEST_PATHS.reconcile])) as Reconciled;
  const settled = (name: string): Promise<true> =>
    within(300, async () => ((await reconcile(name)).dcs.length === 0 ? true : undefined));
  const list = async (on: string): Promise<Listed[]> => {
    const { stdout } = await box(on).run(["patronictl", ...CONFIG, "list", "-f", "json"], {
      account: "postgres",
    });
    return JSON.parse(stdout || "[]") as Listed[];
  };
  const until = (on: string, what: (members: Listed[]) => boolean): Promise<Listed[]> =>
    within(300, async () => {
      const members = await list(on);
      return what(members) ? members : undefined;
    });
  const repository = (...words: string[]): Promise<string> =>
    box("w1").must(["pgbackrest", "--stanza=orders", ...words], { account: "postgres" });
  const sql = (name: string, text: string): Promise<string> =>
    box(name).must(["psql", "-XAt", "-h", GUEST_PATHS.socket, "-d", "postgres", "-c", text], {
      account: "postgres",
    });
  /** As its unit does. */
  const startEtcd = async (name: string): Promise<void> => {
    const own = `set -a; . ${GUEST_PATHS.etcd}`;
    await box(name).must(["sh", "-c", `${own}; exec ${GUEST_PATHS.etcdStart}`]);
    const start = `${own}; if [ -e ${GUEST_PATHS.etcdState} ]; then . ${GUEST_PATHS.etcdState}; fi; exec etcd`;
    box(name).start(["sh", "-c", start], "etcd", "/tmp/etcd.log");
  };
  const etcdctl = (...words: string[]): string[] => [
    "etcdctl",
    "--endpoints=https://10.77.2.101:2379",
    `--cacert=${GUEST_PATHS.authority}`,
    ...words,
  ];
  const KNOWN = [`--cert=${GUEST_PATHS.certificate}`, `--key=${GUEST_PATHS.key}`];

  before(async () => {
    plan = planOf(declared);
    secrets = await createSecrets(plan.environment);
    for (const { name } of plan.guests) boxes.set(name, await Sandbox.open(17));
    const outside = await wiring.network();
    await wiring.connect([
      ...plan.guests.flatMap(({ name, addresses }) => [
        { net: box(name).pid, device: "mgmt0", addresses: [`${addresses.management}/24`] },
        { net: box(name).pid, device: "client0", addresses: [`${addresses.client}/24`] },
        { net: box(name).pid, device: "repl0", addresses: [`${addresses.replication}/24`] },
      ]),
      { net: outside, device: "mgmt0", addresses: ["10.77.0.53/24", "10.77.0.11/24"] },
    ]);
    closers.push(await nameServer(outside, "db.example.org", "pgkeep", secrets.tsig ?? ""));
    await Promise.all(
      plan.guests.map(async ({ name }) => {
        await place(name, plan);
        const own =
          "mkdir -p /run/patroni /run/pgbackrest /run/pgkeep/fenced; chown postgres:postgres /run/patroni /run/pgbackrest; hostname";
        await box(name).must(["sh", "-c", `${own} ${name}`]);
        await box(name).must(["nft", "-f", GUEST_PATHS.nftables]);
        await startEtcd(name);
        box(name).start(["pgbackrest", "server"], "postgres", "/tmp/pgbackrest.log");
      }),
    );
  });

  after(async () => {
    for (const close of closers) await close();
    for (const each of boxes.values()) await each.close();
    await wiring.close();
  });

  it("etcd has a leader, and refuses a client without a certificate", async () => {
    await within(300, async () =>
      (await box("w1").run(etcdctl(...KNOWN, "endpoint", "health"))).code === 0 ? true : undefined,
    );
    const stranger = await box("w1").run(etcdctl("--command-timeout=3s", "endpoint", "health"));
    assert.notEqual(stranger.code, 0);
  });

  it("an etcd member that lost its disk comes back as a new one; one that was killed comes back as itself", async () => {
    const member = async (): Promise<string> => {
      const { stdout } = await box("pg-a1").run(etcdctl(...KNOWN, "member", "list"));
      return stdout.split("\n").find((line) => line.includes("https://10.77.2.103:2379")) ?? "";
    };
    const healthy = (): Promise<true> =>
      within(120, async () => {
        const outcome = await box("pg-a1").run(etcdctl(...KNOWN, "endpoint", "health", "--cluster"));
        return outcome.code === 0 && (await member()) !== "" ? true : undefined;
      });
    const stop = async (): Promise<void> => {
      await box("w1").must(["pkill", "-KILL", "-x", "etcd"]);
      await within(30, async () =>
        (await box("w1").run(["pgrep", "-x", "etcd"])).code === 1 ? true : undefined,
      );
    };
    await healthy();
    const first = await member();
    await stop();
    await startEtcd("w1");
    await healthy();
    assert.equal(await member(), first);
    await stop();
    await box("w1").must(["rm", "-rf", GUEST_PATHS.etcdData]);
    await startEtcd("w1");
    await healthy();
    const second = await member();
    assert.notEqual(second, first);
    // Killed between the two steps: the lost member is out of the list, or the new one in it and never started.
    await stop();
    await box("w1").must(["rm", "-rf", GUEST_PATHS.etcdData]);
    await box("pg-a1").must(etcdctl(...KNOWN, "member", "remove", second.split(",")[0] ?? ""));
    await within(60, async () => {
      const url = "--peer-urls=https://10.77.2.103:2380";
      const outcome = await box("pg-a1").run(etcdctl(...KNOWN, "member", "add", "w1", url));
      return outcome.code === 0 ? true : undefined;
    });
    await startEtcd("w1");
    await healthy();
  });

  it("Patroni finds no fault in its configuration", async () => {
    for (const name of MEMBERS)
      await box(name).must(["patroni", "--validate-config", GUEST_PATHS.patroni], { account: "postgres" });
  });

  it("the cluster is made at the primary site and the other member confirms synchronously", async () => {
    // The standby starts first: it must wait, not make a cluster of its own.
    for (const name of ["pg-b1", "pg-a1"])
      box(name).start(["patroni", GUEST_PATHS.patroni], "postgres", "/tmp/patroni.log");
    await until("pg-a1", healthy("pg-a1"));
    assert.equal((await sql("pg-a1", "SHOW data_checksums")).trim(), "on");
    assert.equal(
      (
        await sql("pg-a1", "SELECT datcollate, datlocprovider FROM pg_database WHERE datname = 'shop'")
      ).trim(),
      "C.UTF-8|b",
    );
    assert.match(
      await box("pg-a1").must(["readlink", `${dataDirectory(17)}/pg_wal`]),
      /^\/var\/lib\/pgwal\/17/,
    );
    assert.equal(
      (
        await sql(
          "pg-a1",
          "SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_replication r USING (pid) WHERE s.ssl AND s.version = 'TLSv1.3' AND client_dn IS NOT NULL",
        )
      ).trim(),
      "1",
    );
  });

  it("backups run from the repository with the role backup, and nothing readable lies there", async () => {
    await repository("stanza-create");
    await repository("check");
    await repository("backup", "--type=full");
    assert.match(await repository("verify", "--output=text", "--verbose"), /status: ok/);
    assert.match(await repository("info"), /cipher: aes-256-cbc/);
    const found = await box("w1").run([
      "grep",
      "-rlaE",
      "PostgreSQL|backrest-version|shop_app",
      "/var/lib/pgbackrest",
    ]);
    assert.equal(found.stdout, "");
    // A member may not act for the repository.
    assert.notEqual(
      (
        await box("pg-a1").run(["pgbackrest", "--stanza=other", "info", "--output=json"], {
          account: "postgres",
          timeoutMs: 60_000,
        })
      ).stdout.includes('"backup":[{'),
      true,
    );
  });

  it("reconcile finds nothing to do, and the name of the cluster points at the primary", async () => {
    const { role, dcs, roles, pendingRestart } = await reconcile("pg-a1");
    assert.deepEqual([role, dcs, roles, pendingRestart], ["primary", [], "current", []]);
    await within(300, async () => ((await resolved()) === "10.77.1.101" ? true : undefined));
  });

  const resolved = async (): Promise<string> =>
    (
      await box("w1").run(["dig", "+short", "+time=2", "+tries=1", "@10.77.0.53", "orders.db.example.org"], {
        net: outsideNet(),
      })
    ).stdout.trim();
  // The name server's own network: guests may not ask it anything but updates from members.
  const outsideNet = (): number => wiring.networks[0] ?? 0;

  it("a changed declaration reaches the DCS; what needs a restart is said, not hidden", async () => {
    const later = planOf((input) => {
      declared(input);
      input.cluster.parameters = { max_connections: 123, work_mem: "7MB" };
      input.failover.ttl = "40 s";
      input.cluster.roles?.push({ name: "late", kind: "readonly", databases: ["shop"] });
      input.access?.rules?.[0]?.roles.push("late");
    });
    secrets = { ...secrets, passwords: { ...secrets.passwords, late: "a password for the late role 01" } };
    await reload(later);
    const first = await reconcile("pg-b1");
    assert.deepEqual(first.dcs, ["postgresql.parameters.max_connections", "ttl"]);
    // Patroni answers from what it read in its last loop, so the same difference may be seen twice.
    await settled("pg-b1");
    assert.equal((await reconcile("pg-a1")).roles, "changed");
    await within(300, async () =>
      (await sql("pg-a1", "SHOW work_mem")).trim() === "7MB" ? true : undefined,
    );
    const pending = await within(300, async () => {
      const { pendingRestart } = await reconcile("pg-a1");
      return pendingRestart.length > 0 ? pendingRestart : undefined;
    });
    assert.deepEqual(pending, ["max_connections"]);
    assert.equal((await sql("pg-a1", "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'late'")).trim(), "t");
    await reload(plan);
    await settled("pg-a1");
    assert.match(
      await box("pg-a1").must(["patronictl", ...CONFIG, "show-config"], { account: "postgres" }),
      /ttl: 30/,
    );
  });

  it("a switchover fences nobody, and the name follows", async () => {
    await until("pg-a1", healthy("pg-a1"));
    await box("pg-a1").must(
      ["patronictl", ...CONFIG, "switchover", "--leader", "pg-a1", "--candidate", "pg-b1", "--force"],
      { account: "postgres" },
    );
    await until("pg-b1", healthy("pg-b1"));
    assert.match(await box("pg-b1").must(["cat", "/tmp/patroni.log"]), /pg-a1 answers and is no primary/);
    await within(300, async () => ((await resolved()) === "10.77.1.102" ? true : undefined));
    await box("pg-b1").must(
      ["patronictl", ...CONFIG, "switchover", "--leader", "pg-b1", "--candidate", "pg-a1", "--force"],
      { account: "postgres" },
    );
    await until("pg-a1", healthy("pg-a1"));
  });

  it("manual mode pauses Patroni once both members run, and automatic mode lifts only that pause", async () => {
    const paused = async (): Promise<boolean> =>
      (await box("pg-a1").must(["patronictl", ...CONFIG, "show-config"], { account: "postgres" })).includes(
        "pause: true",
      );
    await reload(
      planOf((input) => {
        declared(input);
        input.failover.mode = "manual";
      }),
    );
    const becomes = (wanted: boolean): Promise<true> =>
      within(300, async () => {
        await reconcile("pg-a1");
        return (await paused()) === wanted ? true : undefined;
      });
    await becomes(true);
    await reload(plan);
    await becomes(false);
    // A pause for maintenance is somebody else's.
    await box("pg-a1").must(["patronictl", ...CONFIG, "pause"], { account: "postgres" });
    await reconcile("pg-a1");
    assert.equal(await paused(), true);
    await box("pg-a1").must(["patronictl", ...CONFIG, "resume"], { account: "postgres" });
  });

  it("a lost primary is not replaced while its hypervisor is unreachable and no watchdog guards it; then it is fenced and replaced", async () => {
    await within(300, async () => (healthy("pg-a1")(await list("pg-b1")) ? true : undefined));
    await sql("pg-a1", "CREATE TABLE acknowledged AS SELECT 1 AS n");
    const dead = box("pg-a1");
    await dead.close();
    boxes.delete("pg-a1");
    await within(300, async () =>
      (await box("pg-b1").must(["cat", "/tmp/patroni.log"])).includes("no watchdog guards it; not promoting")
        ? true
        : undefined,
    );
    assert.equal((await sql("pg-b1", "SELECT pg_is_in_recovery()")).trim(), "t");
    // The hypervisor comes back: its forced command answers, and is asked for the right domain.
    const server = await sshServer(outsideNet(), "10.77.0.11", secrets.fencingKey?.public ?? "");
    closers.push(server.close);
    await box("pg-b1").write(GUEST_PATHS.fenceKnownHosts, `10.77.0.11 ${server.hostKey}\n`);
    const config = (await box("pg-b1").must(["cat", GUEST_PATHS.fenceConfig])).replace(
      "pgkeep-fence",
      "root",
    );
    await box("pg-b1").write(GUEST_PATHS.fenceConfig, config);
    // Patroni tries again after its back-off of one ttl.
    await within(300, async () =>
      (await sql("pg-b1", "SELECT pg_is_in_recovery()")).trim() === "f" ? true : undefined,
    );
    assert.deepEqual(server.asked(), ["pg-a1"]);
    assert.match(
      await box("pg-b1").must(["cat", "/tmp/patroni.log"]),
      /pg-a1 is powered off by its hypervisor 10\.77\.0\.11/,
    );
    assert.equal((await sql("pg-b1", "SELECT n FROM acknowledged")).trim(), "1");
    await within(300, async () => ((await resolved()) === "10.77.1.102" ? true : undefined));
  });
});
