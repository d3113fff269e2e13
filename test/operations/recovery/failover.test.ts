import assert from "node:assert/strict";
import type { EvidenceRecord } from "../../../operations/evidence/index.js";
import { conclude } from "../../../operations/commands/recovery-options.js";
import { RefusedError, UsageError } from "../../../operations/errors.js";
import { revive } from "../../../operations/jobs/drill-failover/revive.js";
import { failback } from "../../../operations/jobs/failback.js";
import { failover } from "../../../operations/jobs/failover.js";
import { four, World } from "./world.js";

describe("failover", () => {
  const worlds: World[] = [];
  const world = (...of: ConstructorParameters<typeof World>): World => {
    const made = new World(...of);
    worlds.push(made);
    return made;
  };
  after(() => worlds.forEach((made) => made.end()));

  const move = async (of: World, to?: string, ...confirmOff: string[]): Promise<EvidenceRecord> => {
    const record = await failover(of.context, { to, confirmOff, evidence: of.evidence });
    assert.ok(record !== undefined);
    return record;
  };
  const refused =
    (pattern: RegExp) =>
    (error: unknown): boolean =>
      error instanceof RefusedError && pattern.test(`${error.message} ${error.remedy ?? ""}`);

  it("of a lost primary fences it, mark first, promotes, and lets clients follow", async () => {
    const lost = world();
    lost.lose("pg-a1");
    const record = await move(lost);
    assert.equal(record.verdict, "passed");
    assert.deepEqual(lost.deeds, ["mark pg-a1", "destroy pg-a1", "failover pg-b1", "reconcile pg-b1"]);
    assert.equal(lost.primary, "pg-b1");
    assert.ok((record.measured.rtoSeconds ?? 0) > 0);
  });

  it("of a primary that lives is a planned hand-over", async () => {
    const well = world();
    assert.equal((await move(well)).verdict, "passed");
    assert.deepEqual(well.deeds, ["switchover pg-b1", "reconcile pg-b1", "reconcile pg-b1"]);
  });

  it("keeps the old primary as a standby when a planned promotion has fenced it", async () => {
    const slow = world();
    slow.fencesOnPromotion = true;
    const record = await move(slow);
    assert.equal(record.verdict, "passed", record.findings.join());
    assert.equal(slow.primary, "pg-b1");
    const { role, machine, fenced } = slow.member("pg-a1");
    assert.deepEqual([role, machine, fenced], ["standby", "running", false]);
  });

  it("powers nothing off when the primary was silent for a moment only", async () => {
    const busy = world();
    busy.member("pg-a1").role = "down";
    busy.happens = (seconds) => {
      if (seconds < 8) return;
      busy.member("pg-a1").role = "primary";
      busy.happens = () => undefined;
    };
    assert.equal((await move(busy)).verdict, "passed");
    assert.ok(!busy.deeds.some((deed) => deed.startsWith("destroy")), busy.deeds.join());
  });

  it("powers nothing off while Patroni knows a leader whom only we cannot reach", async () => {
    const silent = world();
    silent.member("pg-a1").role = "down";
    await assert.rejects(
      move(silent),
      refused(/pg-a1 does not answer but holds Patroni's lease.*guest agent/),
    );
    assert.deepEqual(silent.deeds, []);
  });

  it("waits for a lease to run out", async () => {
    const slow = world();
    slow.lose("pg-a1");
    slow.happens = (seconds) => {
      if (slow.primary === undefined) slow.leader = seconds < 40 ? "pg-a1" : undefined;
    };
    assert.equal((await move(slow)).verdict, "passed");
    assert.equal(slow.primary, "pg-b1");
  });

  it("repeated after it was killed, or after Patroni was first, only does the rest", async () => {
    for (const change of [undefined, four("sync")]) {
      const later = world(change);
      later.lose("pg-a1");
      await move(later);
      later.deeds.length = 0;
      assert.equal((await move(later)).verdict, "passed");
      assert.deepEqual(later.deeds, ["reconcile pg-b1"]);
    }
  });

  it("fails when clients cannot follow, and when the candidate is no primary for Patroni", async () => {
    const stuck = world();
    stuck.lose("pg-a1");
    stuck.waiting = ["redirect: the name server does not take the update"];
    const record = await move(stuck);
    assert.equal(record.verdict, "failed");
    assert.match(record.findings.join(), /S3 .*clients do not find pg-b1: redirect: the name server/);
    assert.equal(record.measured.rtoSeconds, undefined);
    assert.ok(stuck.deeds.filter((deed) => deed.startsWith("reconcile")).length > 10);
  });

  describe("chooses", () => {
    const lossOf = (mode: "sync" | "quorum" | "async", a2: number, b1: number): World => {
      const made = world(four(mode));
      made.member("pg-a2").received = a2;
      made.member("pg-b1").received = b1;
      made.lose("pg-a1");
      return made;
    };

    it("with synchronous replication only a standby that confirmed commits", async () => {
      const near = lossOf("sync", 900, 100);
      near.sync.sync_standby = "pg-a2";
      assert.equal((await move(near)).verdict, "passed");
      assert.equal(near.primary, "pg-a2");

      const far = lossOf("sync", 900, 100);
      await assert.rejects(move(far, "pg-a2"), refused(/pg-a2 may lack .*: pg-b1 .*patronictl failover/));
      assert.deepEqual(far.deeds, []);

      const alone = lossOf("sync", 900, 100);
      alone.sync.sync_standby = "";
      await assert.rejects(move(alone), refused(/no standby that lives is certain/));
    });

    it("with quorum commit the furthest of enough voters", async () => {
      const both = lossOf("quorum", 900, 100);
      both.sync = { leader: "pg-a1", sync_standby: "pg-a2,pg-b1", quorum: 1 };
      await assert.rejects(move(both, "pg-b1"), refused(/certain to have them: pg-a2/));
      await move(both);
      assert.equal(both.primary, "pg-a2");

      const half = lossOf("quorum", 900, 100);
      half.sync = { leader: "pg-a1", sync_standby: "pg-a2,pg-b1", quorum: 1 };
      half.member("pg-a2").role = "down";
      await assert.rejects(move(half), refused(/no standby that lives is certain/));
    });

    it("without it the furthest, and says what another choice costs", async () => {
      const ahead = lossOf("async", 900, 100);
      await move(ahead);
      assert.equal(ahead.primary, "pg-a2");

      const wanted = lossOf("async", 900, 100);
      await move(wanted, "pg-b1");
      assert.equal(wanted.primary, "pg-b1");
      assert.match(
        wanted.lines.join("\n"),
        /pg-a2 has received more than pg-b1; the difference will be lost/,
      );

      const level = lossOf("async", 100, 100);
      await move(level);
      assert.equal(level.primary, "pg-b1", "the standby site, when nothing else decides");

      const diverged = lossOf("async", 900, 100);
      diverged.member("pg-b1").timeline = 2;
      await move(diverged);
      assert.equal(diverged.primary, "pg-b1", "a newer timeline goes before more bytes of an old one");
    });

    it("nobody who does not live or is no member", async () => {
      const none = world();
      none.lose("pg-a1");
      none.member("pg-b1").role = "down";
      await assert.rejects(move(none), refused(/no standby lives/));
      await assert.rejects(move(none, "pg-b1"), refused(/pg-b1 does not answer/));
      await assert.rejects(move(world(), "w1"), UsageError);
    });
  });

  describe("fencing", () => {
    it("of a domain that is not defined any more is no obstacle", async () => {
      const gone = world();
      gone.lose("pg-a1");
      gone.member("pg-a1").machine = "absent";
      assert.equal((await move(gone)).verdict, "passed");
    });

    it("through a silent hypervisor is refused with exit code 3 and the remedy, until a person vouches", async () => {
      const dark = world();
      dark.lose("pg-a1");
      dark.member("pg-a1").reachable = false;
      const record = await move(dark);
      assert.equal(record.steps[0]?.outcome, "refused");
      assert.match(record.findings.join(), /what helps: .*--confirm-off pg-a1/);
      assert.equal(conclude(dark.context, record), 3);
      assert.equal(dark.primary, undefined);

      const vouched = await move(dark, undefined, "pg-a1");
      assert.equal(vouched.verdict, "passed");
      assert.equal(conclude(dark.context, vouched), 0);
      assert.equal(dark.primary, "pg-b1");
    });
  });

  it("that promotes nobody fails with exit code 1 and leaves the record", async () => {
    const stubborn = world();
    stubborn.lose("pg-a1");
    stubborn.promotes = false;
    const record = await move(stubborn);
    assert.equal(conclude(stubborn.context, record), 1);
    assert.match(record.findings.join(), /pg-b1 did not become primary within/);
  });

  it("is undone by failback, which lifts the pause that keeps servers from starting", async () => {
    const manual = world((input) => (input.failover.mode = "manual"));
    manual.paused = true;
    manual.lose("pg-a1");
    await move(manual);
    manual.deeds.length = 0;
    manual.happens = () => {
      const { machine, role } = manual.member("pg-a1");
      if (!manual.paused && machine === "running" && role === "down") manual.member("pg-a1").role = "standby";
    };
    const record = await failback(manual.context, { evidence: manual.evidence, limit: 60 });
    assert.equal(record?.verdict, "passed", record?.findings.join());
    assert.deepEqual(manual.deeds.slice(0, 4), [
      "unmark pg-a1",
      "start pg-a1",
      "resume orders",
      "switchover pg-a1",
    ]);
    assert.equal(manual.primary, "pg-a1");
  });

  it("never starts a fenced member while nobody is primary", async () => {
    const headless = world();
    headless.lose("pg-a1");
    headless.member("pg-a1").fenced = true;
    const record = await failback(headless.context, { evidence: headless.evidence });
    assert.ok(record !== undefined);
    assert.equal(conclude(headless.context, record), 3);
    assert.ok(headless.member("pg-a1").fenced);
  });
});

describe("a drill after which nobody is primary", () => {
  for (const mode of ["automatic", "manual"] as const)
    it(`starts the old primary although it is fenced, with ${mode} failover`, async () => {
      const left = new World((input) => (input.failover.mode = mode));
      try {
        left.paused = mode === "manual";
        left.lose("pg-a1");
        left.member("pg-a1").fenced = true;
        left.happens = () => {
          const { machine, role } = left.member("pg-a1");
          if (!left.paused && machine === "running" && role === "down") left.member("pg-a1").role = "primary";
        };
        const said = await revive(left.context, left.context.guest("pg-a1"));
        assert.match(said, /pg-a1 was started, because nobody took over; pg-a1 is primary/);
        assert.equal(left.member("pg-a1").fenced, false);
      } finally {
        left.end();
      }
    });
});
