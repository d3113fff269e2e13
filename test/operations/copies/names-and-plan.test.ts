import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import { OperationError, UsageError } from "../../../operations/errors.js";
import {
  copyName,
  freeMoment,
  isPartial,
  nameAfter,
  timeOfName,
} from "../../../operations/jobs/copy-name.js";
import { diskUnderOverlay, overlayPath } from "../../../operations/jobs/heal.js";
import { parsePlan } from "../../../operations/plan.js";
import { judgeAge } from "../../../operations/jobs/status/age.js";
import { describeAge } from "../../../operations/jobs/status/status.js";
import { kvmEnvironment } from "../../fixtures/environment.js";

describe("names of copies", () => {
  it("carry their moment there and back, and sort by it", () => {
    const moment = fc.date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(moment, moment, (one, other) => {
        const whole = (date: Date): number => Math.floor(date.getTime() / 1000) * 1000;
        assert.equal(timeOfName(copyName(one)), whole(one));
        assert.equal(
          Math.sign(whole(one) - whole(other)),
          copyName(one) < copyName(other) ? -1 : copyName(one) > copyName(other) ? 1 : 0,
        );
      }),
    );
  });

  it("a new one is the newest by its name, also beside one of a clock that was ahead", () => {
    const time = fc
      .integer({ min: Date.parse("2000-01-01"), max: Date.parse("2099-12-31") })
      .map((at) => Math.floor(at / 1000) * 1000);
    fc.assert(
      fc.property(time, fc.integer({ min: 0, max: 999 }), fc.array(time), (now, rest, others) => {
        const moment = new Date(now + rest);
        const name = nameAfter(moment, others);
        for (const other of others) assert.ok(name > copyName(new Date(other)), `${name} beside ${other}`);
        if (others.every((other) => other < now)) assert.equal(name, copyName(moment));
      }),
    );
  });

  it("two that begin in one second get two names: the second waits", async () => {
    const begin = Date.parse("2031-01-01T02:00:00.900Z");
    const attempt = async (
      taken: readonly string[],
    ): Promise<{ readonly name: string; readonly slept: number }> => {
      let slept = 0;
      const clock = {
        now: () => new Date(begin + slept * 1000),
        sleep: (seconds: number) => Promise.resolve(void (slept += seconds)),
      };
      const moment = await freeMoment(clock, (at) =>
        Promise.resolve(taken.includes(copyName(at)) ? `/copies/${copyName(at)}` : undefined),
      );
      return { name: copyName(moment), slept };
    };
    assert.deepEqual(await attempt([]), { name: "20310101T020000Z", slept: 0 });
    assert.deepEqual(await attempt(["20310101T020000Z"]), { name: "20310101T020001Z", slept: 1 });
    await assert.rejects(
      attempt(["20310101T020000Z", "20310101T020001Z", "20310101T020002Z"]),
      (error: unknown) =>
        error instanceof OperationError && error.message === "/copies/20310101T020002Z exists already",
    );
  });

  it("nothing else is taken for one of ours", () => {
    for (const name of [
      "20310101T020000Z.txt",
      "20310101T0200Z",
      "copy",
      "",
      "20311301T020000Z",
      "x20310101T020000Z",
    ])
      assert.equal(timeOfName(name), undefined, name);
    assert.ok(isPartial("20310101T020000Z.partial"));
    for (const name of ["by-hand.partial", ".partial", "20310101T020000Z"]) assert.ok(!isPartial(name), name);
  });

  it("an overlay of ours leads back to its disk; others are not ours", () => {
    assert.equal(diskUnderOverlay(overlayPath("/p/a.qcow2", "20310101T020000Z")), "/p/a.qcow2");
    for (const path of ["/p/a.qcow2", "/p/a.qcow2.snap1", "/p/a.qcow2.pgkeep-x", "/p/.pgkeep-20310101T02"])
      assert.equal(diskUnderOverlay(path), undefined, path);
  });
});

describe("recovery plan as a file", () => {
  const plan = recoveryPlan(parseEnvironment(kvmEnvironment()));

  it("comes back as it was written", () => {
    assert.deepEqual(parsePlan(JSON.stringify(plan), "plan.json"), JSON.parse(JSON.stringify(plan)));
  });

  it("that is damaged, of another format or cut short is refused with its path", () => {
    for (const [text, pattern] of [
      ["{", /plan\.json is not JSON/],
      ["[]", /plan\.json is not usable/],
      [JSON.stringify({ ...plan, format: "pgkeep/recovery-plan/9" }), /format: /],
      [JSON.stringify({ ...plan, guests: [] }), /guests: /],
      [
        JSON.stringify({ ...plan, guests: plan.guests.map((guest) => ({ ...guest, host: "gone" })) }),
        /"gone" is not one of the hosts/,
      ],
    ] as const)
      assert.throws(
        () => parsePlan(text, "plan.json"),
        (error) => error instanceof UsageError && pattern.test(error.message) && error.exitCode === 2,
      );
  });

  it("that lacks a part which a job reads is refused with that part's path", () => {
    for (const path of [
      "objectives.restore",
      "backup.repository.path",
      "replication.mode",
      "replication.maximumLag",
      "failover.ttl",
      "failover.fencing",
      "failover.redirect.server",
      "drills.evidence.retention",
      "cluster.roles",
      "kvm.hosts.0.bridges",
    ]) {
      const damaged = JSON.parse(JSON.stringify(plan)) as { environment: Record<string, unknown> };
      const keys = path.split(".");
      const last = keys.pop() ?? "";
      const parent = keys.reduce((at, key) => at[key] as Record<string, unknown>, damaged.environment);
      assert.ok(last in parent, `the fixture has no ${path}`);
      Reflect.deleteProperty(parent, last);
      assert.throws(
        () => parsePlan(JSON.stringify(damaged), "plan.json"),
        (error) => error instanceof UsageError && error.message.includes(`environment.${path}`),
        path,
      );
    }
  });

  it("never makes it crash, whatever is missing in it", () => {
    const keys = Object.keys(plan.environment) as (keyof typeof plan.environment)[];
    for (const key of keys) {
      const { [key]: _, ...environment } = plan.environment;
      try {
        parsePlan(JSON.stringify({ ...plan, environment }), "plan.json");
      } catch (error) {
        assert.ok(error instanceof UsageError, `${key}: ${String(error)}`);
      }
    }
  });
});

describe("age of a copy", () => {
  const now = new Date("2031-01-02T02:00:00Z");
  it("is judged by its schedule, with time for the job itself", () => {
    const at = (hours: number): Date => new Date(now.getTime() - hours * 3600_000);
    assert.equal(judgeAge("snapshot", "0 2 * * *", at(26), now).overdue, false);
    assert.equal(judgeAge("snapshot", "0 2 * * *", at(27), now).overdue, true);
    assert.equal(judgeAge("replica", "0 * * * *", at(1.2), now).overdue, false);
    assert.equal(judgeAge("replica", "0 * * * *", at(1.3), now).overdue, true);
    assert.equal(judgeAge("snapshot", "0 2 * * *", undefined, now).overdue, true);
  });

  it("from the future counts as overdue, but not for clocks that differ a little", () => {
    const ahead = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
    const future = judgeAge("replica", "0 * * * *", ahead(3600), now, "the last one failed");
    assert.equal(future.overdue, true);
    assert.match(
      describeAge(future),
      /^replica: from the future: a clock was or is wrong; the last one failed$/,
    );
    assert.equal(judgeAge("replica", "0 * * * *", ahead(60), now).overdue, false);
  });
});
