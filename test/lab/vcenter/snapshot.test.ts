import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { after, afterEach, before, describe, it } from "mocha";
import {
  SimulatedVCenter,
  startVCenters,
  VCENTER_SITES,
  vcenterPrograms,
  type VCenterPrograms,
  type VmNotice,
} from "../../../lab/endpoints/vcenter/index.js";
import { VM_SNAPSHOT_STEPS, vmSnapshot } from "../../../operations/jobs/vsphere-snapshot/index.js";
import { CHECKPOINT_INFO } from "../../../components/postgres/index.js";
import { copyName } from "../../../operations/jobs/copy-name.js";
import { jobOf, KEPT, Site, VM } from "./site.js";

const ACCOUNT = { user: "pgkeep", password: "a-password-of-the-laboratory" };
const DAY = 86_400_000;
const FIRST = Date.parse("2031-01-01T02:00:00Z");

/** Building the programs from Go modules takes minutes where nobody has installed them. */
const SETUP = 30 * 60_000;

/** A run takes a second or two; a loaded machine may take much longer. */
const PATIENCE = 5 * 60_000;

const dayOf = (day: number): Date => new Date(FIRST + day * DAY);

/** The day in the name of a snapshot that is taken then. */
const dayName = (day: number): string => copyName(dayOf(day)).slice(0, 8);

describe("snapshots of VMs through govc, on simulated vCenter Servers", function () {
  this.timeout(PATIENCE);
  let programs: VCenterPrograms;
  const sites = new Map<string, Site>();
  const children = new Set<ChildProcess>();
  const site = (name: string): Site => {
    const found = sites.get(name);
    assert.ok(found !== undefined);
    return found;
  };

  before("two vCenter Servers", async function () {
    this.timeout(SETUP);
    programs = await vcenterPrograms();
    const pair = await startVCenters({ program: programs.simulator, ...ACCOUNT, now: dayOf(0) });
    for (const name of VCENTER_SITES) sites.set(name, new Site(pair.sites[name], programs));
    await Promise.all([...sites.values()].map((each) => each.prepare()));
  });
  after(async () => {
    await Promise.all([...sites.values()].map((each) => each.end()));
  });
  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(
      [...sites.values()].map(async (each) => {
        await each.tools("guestToolsRunning");
        await each.quiescing(true);
        await each.clear();
      }),
    );
  });

  /** The nightly run of a day, by a clock that shows it, as vCenter's does. */
  const night = async (where: Site, day: number, lines: string[] = []): Promise<string> => {
    where.simulated.setClock(dayOf(day));
    const connection = where.connection(dayOf(day));
    return (await vmSnapshot(jobOf(connection, lines), { evidence: connection.evidence })).copy;
  };

  /** The same in a process of its own. Resolves when it has ended. */
  const child = (
    where: Site,
    day: number,
    env: Readonly<Record<string, string>> = {},
  ): { process: ChildProcess; ended: Promise<{ signal: string | null; said: string }> } => {
    where.simulated.setClock(dayOf(day));
    const argument = JSON.stringify(where.connection(dayOf(day)));
    const child = spawn(process.execPath, ["--import", "tsx", join(__dirname, "run.ts"), argument], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    children.add(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    const ended = new Promise<{ signal: string | null; said: string }>((resolve) =>
      child.once("close", (_, signal) => {
        children.delete(child);
        resolve({ signal, said });
      }),
    );
    return { process: child, ended };
  };

  it("ten days of nightly runs leave exactly what is declared, on both sites, and foreign ones untouched", async () => {
    const foreign = ["before-upgrade", `pgkeep-${copyName(new Date(FIRST - 30 * DAY))}`];
    await Promise.all(
      [...sites.values()].map(async (where) => {
        where.simulated.setClock(dayOf(-30));
        for (const name of foreign) await where.foreign(name, "by another tool");
        for (let day = 0; day < 10; day += 1) await night(where, day);
        const all = await where.snapshots();
        const ours = all.filter(({ name }) => !foreign.includes(name));
        assert.deepEqual(
          all.filter(({ name }) => foreign.includes(name)).map(({ name }) => name),
          foreign,
        );
        assert.equal(ours.length, KEPT);
        ours.forEach(({ created, quiesced, memory, name }, index) => {
          const day = index + 10 - KEPT;
          assert.ok(name.startsWith(`pgkeep-${dayName(day)}T`), name);
          // By vCenter's clock, which is what retention goes by.
          assert.ok(Math.abs(created - dayOf(day).getTime()) < PATIENCE, new Date(created).toISOString());
          assert.deepEqual([quiesced, memory], [true, false]);
        });
        const records = where.records.filter(({ kind }) => kind === "snapshot");
        assert.equal(records.length, 10);
        for (const { verdict, findings } of records) assert.equal(verdict, "passed", findings.join("; "));
      }),
    );
  });

  it("waits for the guest's Tools, and records the checkpoint that the guest tells of", async () => {
    const freezes: VmNotice[] = [];
    const hardware: { tell?: (notice: VmNotice) => void } = {};
    const simulated = await SimulatedVCenter.start({
      site: "frozen",
      program: programs.simulator,
      ...ACCOUNT,
      now: dayOf(0),
      onVm: (notice) => {
        if (notice.freeze === true) hardware.tell?.(notice);
      },
    });
    const where = new Site(simulated, programs);
    try {
      await where.prepare();
      const position = (timeline: number): string =>
        JSON.stringify({
          systemIdentifier: "7710948052182392866",
          timeline,
          inRecovery: false,
          lsn: "0/3000148",
        });
      hardware.tell = (notice) => {
        freezes.push(notice);
        void (async () => {
          // Nothing is taken before Tools say so.
          assert.equal((await where.snapshots()).length, 0);
          await where.set(CHECKPOINT_INFO, position(3));
          await where.set("pgkeep.lab.frozen", "1");
        })();
      };
      await night(where, 0);
      assert.equal(freezes.length, 1);
      const record = where.records.at(-1);
      assert.equal(record?.systemIdentifier, "7710948052182392866");
      const detail = record.steps.find(({ id }) => id === "checkpoint")?.detail;
      assert.equal(detail, "at 0/3000148 on timeline 3, before the freeze");
    } finally {
      await where.end();
    }
  });

  it("says so where a guest tells of no checkpoint, and the snapshot counts all the same", async () => {
    const lines: string[] = [];
    await night(site("a"), 0, lines);
    assert.match(lines.join("\n"), /no checkpoint in pg-a1: the guest has told of none/);
    assert.equal(site("a").records.at(-1)?.verdict, "passed");
  });

  for (const step of VM_SNAPSHOT_STEPS)
    it(`killed after "${step}", the next run heals`, async () => {
      const where = site("a");
      for (const day of [0, 1, 2]) await night(where, day);
      const { ended } = child(where, 20, { PGKEEP_TEST: "1", PGKEEP_DIE_AT: step });
      const { signal, said } = await ended;
      assert.equal(signal, "SIGKILL", said);
      await night(where, 21);
      // Three good ones stay; the killed run has made one of them, or none.
      const made = VM_SNAPSHOT_STEPS.indexOf(step) >= VM_SNAPSHOT_STEPS.indexOf("create");
      assert.deepEqual(await where.days(), made ? [2, 20, 21].map(dayName) : [1, 2, 21].map(dayName));
      assert.equal(where.records.at(-1)?.verdict, "passed");
    });

  it("killed between two removals, the next run removes the rest", async () => {
    const where = site("b");
    for (const day of [0, 1, 2, 3, 4]) await night(where, day);
    const { ended } = child(where, 30, { PGKEEP_TEST: "1", PGKEEP_DIE_AT: "prune-removed" });
    assert.equal((await ended).signal, "SIGKILL");
    assert.deepEqual(await where.days(), [1, 2, 3, 4].map(dayName));
    await night(where, 31);
    assert.deepEqual(await where.days(), [3, 4, 31].map(dayName));
  });

  for (const [task, what] of [
    ["CreateSnapshotEx", "createSnapshot"],
    ["RemoveSnapshot", "removeSnapshot"],
  ] as const)
    it(`killed while vCenter is at ${what}, the next run waits for its end and goes on`, async () => {
      const slow = await SimulatedVCenter.start({
        site: "slow",
        program: programs.simulator,
        ...ACCOUNT,
        now: dayOf(0),
        taskDelays: { [task]: 2000 },
      });
      const where = new Site(slow, programs);
      try {
        await where.prepare();
        for (const day of [0, 1, 2]) if (task === "RemoveSnapshot") await night(where, day);
        const run = child(where, 30);
        for (let tasks = await where.vcenter.tasks(VM); tasks.length === 0;) {
          await delay(50);
          tasks = await where.vcenter.tasks(VM);
        }
        run.process.kill("SIGKILL");
        assert.equal((await run.ended).signal, "SIGKILL");
        await night(where, 31);
        const record = where.records.at(-1);
        assert.equal(record?.verdict, "passed", record?.findings.join("; "));
        assert.match(record.steps[0]?.detail ?? "", new RegExp(`waited for VirtualMachine.${what}`));
        const mine = (await where.snapshots()).filter(({ quiesced }) => quiesced);
        assert.ok(mine.length >= 2);
      } finally {
        await where.end();
      }
    });

  it("one that was not quiesced is reported, is no evidence, and never takes the place of a good one", async () => {
    const where = site("a");
    for (const day of [0, 1, 2]) await night(where, day);
    const good = await where.names();
    await where.quiescing(false);
    for (const day of [20, 21, 22])
      await assert.rejects(night(where, day), /does not count as a copy: it is not quiesced/);
    assert.equal(where.records.at(-1)?.verdict, "failed");
    const left = await where.names();
    for (const name of good) assert.ok(left.includes(name), name);
    await where.quiescing(true);
    await night(where, 40);
    // The bad ones went by age; of the good ones the three newest stay.
    assert.deepEqual((await where.names()).slice(0, 2), good.slice(1));
    assert.equal((await where.names()).length, 3);
  });

  it("is refused where no Tools run, and nothing is made", async () => {
    const where = site("b");
    await where.tools("guestToolsNotRunning");
    await assert.rejects(night(where, 0), /VMware Tools do not run in it/);
    assert.deepEqual(await where.names(), []);
  });

  it("is refused where others have made the chain too long", async () => {
    const where = site("b");
    for (let i = 0; i < 30; i += 1) await where.foreign(`by hand ${i}`, "");
    await assert.rejects(night(where, 0), /30 snapshots are in its chain/);
    assert.equal((await where.names()).length, 30);
  });

  it("says what is wrong with the account, the certificate, the server", async () => {
    const connection = site("a").connection();
    const look = (changes: Partial<typeof connection>): Promise<unknown> =>
      jobOf({ ...connection, ...changes }).vcenter.now();
    const { user } = connection.account;
    await assert.rejects(look({ account: { user, password: user } }), /does not accept the account/);
    await assert.rejects(look({ account: { user, password: "/nowhere" } }), /\/nowhere is missing or empty/);
    await assert.rejects(
      look({ authorities: site("b").simulated.authorities }),
      /certificate is not trusted/,
    );
    await assert.rejects(look({ server: "127.0.0.1:9" }), /does not answer/);
  });

  it("shows the password to nobody: no argument, no variable of any process, no record", async () => {
    const where = site("a");
    const { process: run, ended } = child(where, 0);
    const seen = new Set<string>();
    let looks = 0;
    for (let over = false; !over;) {
      over = await Promise.race([ended.then(() => true), delay(5).then(() => false)]);
      for (const pid of descendants(run.pid ?? 0)) {
        for (const file of ["cmdline", "environ"]) seen.add(readText(`/proc/${pid}/${file}`));
        looks += 1;
      }
    }
    assert.ok(looks > 0 && [...seen].some((text) => text.includes("GOVC_PASSWORD")));
    assert.ok([...seen].every((text) => !text.includes(ACCOUNT.password)));
    assert.ok(!readFileSync(where.connection().evidence, "utf8").includes(ACCOUNT.password));
  });
});

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** A process and everything below it. */
function descendants(pid: number): number[] {
  const children = readText(`/proc/${pid}/task/${pid}/children`);
  return [pid, ...children.split(" ").filter(Boolean).map(Number).flatMap(descendants)];
}
