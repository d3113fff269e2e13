import assert from "node:assert/strict";
import { once } from "node:events";
import type { Plan } from "../../lab/endpoints/srm/plan.js";
import type { SrmEndpoint } from "../../lab/endpoints/srm/index.js";
import type { EvidenceRecord } from "../../operations/evidence/index.js";
import { PlanCommand } from "./command.js";
import { makeAll, planArgs, startEndpoint } from "./samples.js";
import { FAST, watched } from "./watched.js";

const CONFIRM = ["--confirm", "pg-failover"] as const;

describe("pgkeep recovery-plan", function () {
  this.timeout(300_000);

  let endpoint: SrmEndpoint;
  let command: PlanCommand;

  const begin = async (stepDuration = 2, callouts?: Parameters<typeof planArgs>[2]): Promise<void> => {
    endpoint = await startEndpoint({ stepDuration });
    await makeAll(endpoint, callouts ?? {});
    command = new PlanCommand(endpoint);
  };
  afterEach(async () => {
    command.close();
    await endpoint.close();
  });

  const plan = (): Plan => {
    const [found] = endpoint.world.plans.values();
    if (found === undefined) throw new Error("there is no plan");
    endpoint.world.settle();
    return found;
  };
  const newest = (): EvidenceRecord => {
    const found = command.records().at(-1);
    if (found === undefined) throw new Error("there is no record");
    return found;
  };
  const step = (record: EvidenceRecord, name: RegExp) => {
    const found = record.steps.find((one) => name.test(one.name));
    if (found === undefined) throw new Error(`no step ${String(name)}`);
    return found;
  };
  /** Until the run waits at a prompt. */
  const held = async (): Promise<void> => {
    while (plan().status !== "WAITING_FOR_USER_INPUT") await new Promise((resolve) => setTimeout(resolve, 2));
  };
  /** Runs it and wants it to end well. */
  const done = async (operation: string, ...args: readonly string[]): Promise<EvidenceRecord> => {
    const { code, err } = await command.run(operation, ...args);
    assert.equal(code, 0, err);
    return newest();
  };

  it("tests, cleans up, fails over, reprotects, and back again, with the time of every step in the record", async () => {
    await begin();
    const tested = await done("test");
    assert.deepEqual([tested.kind, tested.verdict, plan().status], ["srm-test", "passed", "TEST_COMPLETE"]);
    const promoted = step(tested, /^promote$/);
    assert.ok(promoted.duration >= 0.002, String(promoted.duration));
    assert.ok(tested.measured.rtoSeconds !== undefined && tested.measured.rtoSeconds > 0.01);
    const times = tested.steps.filter(({ id }) => id.startsWith("P")).map(({ started }) => started);
    assert.deepEqual(times, times.toSorted(), "in their order");
    assert.equal(
      tested.steps.some(({ name }) => /fence|shut down|redirect/i.test(name)),
      false,
    );

    assert.equal((await done("cleanup")).kind, "srm-cleanup");
    assert.equal(plan().status, "READY_STATE");

    const moved = await done("run", "--planned", ...CONFIRM);
    assert.deepEqual([moved.kind, plan().status], ["srm-recovery", "RECOVERY_COMPLETE"]);
    const order = ["shut down", "fence", "promote", "redirect"].map((name) =>
      moved.steps.findIndex((one) => one.name === name),
    );
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
      "down, fenced, promoted, redirected",
    );
    assert.ok(
      step(moved, /writable/).started >= step(moved, /^fence$/).started,
      "fenced before any storage becomes writable",
    );

    const turned = await done("reprotect", ...CONFIRM);
    assert.deepEqual([turned.kind, plan().status, plan().protectedSite], ["srm-reprotect", "READY_STATE", 1]);

    const back = await done("run", "--planned", ...CONFIRM);
    assert.match(step(back, /^start the recovery/).detail, /from site-b to site-a/);
    await done("reprotect", ...CONFIRM);
    assert.equal(plan().protectedSite, 0);
    assert.equal(command.records().length, 6);
    assert.equal(endpoint.sites[0].openSessions + endpoint.sites[1].openSessions, 0);
  });

  it("asks for the kind of failover and for a confirmation, and does nothing without", async () => {
    await begin();
    const cases: readonly (readonly [readonly [string, ...string[]], number, RegExp])[] = [
      [["run", ...CONFIRM], 2, /neither --planned nor --disaster/],
      [["run", "--planned", "--disaster", ...CONFIRM], 2, /contradict each other/],
      [["run", "--planned"], 3, /moves the service of recovery plan pg-failover[^]*--confirm pg-failover/],
      [["run", "--planned", "--confirm", "other"], 3, /--confirm pg-failover/],
      [["reprotect"], 3, /overwrites the old VMs of recovery plan pg-failover/],
      [["reprotect", ...CONFIRM], 3, /READY_STATE: nothing was recovered/],
    ];
    for (const [args, code, text] of cases) {
      const ended = await command.run(...args);
      assert.equal(ended.code, code, ended.err);
      assert.match(ended.err, text);
    }
    const dry = await command.run("run", "--planned", "--dry-run");
    assert.match(dry.err, /would start the recovery of pg-failover, from site-a to site-b/);
    assert.equal(plan().status, "READY_STATE");
    assert.deepEqual(command.records(), []);
  });

  it("says what a failing step says, and goes on where it stopped when it is run again", async () => {
    await begin();
    endpoint.world.failStep("recovery", /^fence$/, "the fencing program ended with 4");
    const failed = await command.run("run", "--planned", ...CONFIRM);
    assert.equal(failed.code, 1);
    assert.match(failed.err, /ended as INCOMPLETE_RECOVERY[^]*run `pgkeep recovery-plan run` again/);
    const record = newest();
    assert.deepEqual([record.verdict, plan().status], ["failed", "INCOMPLETE_RECOVERY"]);
    assert.match(record.findings.join("\n"), /P\d+ fence: the fencing program ended with 4/);
    assert.equal(step(record, /^fence$/).outcome, "failed");
    assert.equal(step(record, /^promote$/).outcome, "skipped", "nobody is promoted who is not fenced off");
    assert.equal(record.measured.rtoSeconds, undefined);

    const again = await done("run", "--planned", ...CONFIRM);
    assert.equal(plan().status, "RECOVERY_COMPLETE");
    assert.deepEqual(
      [step(again, /^shut down$/).detail, step(again, /^fence$/).outcome],
      ["ALREADY_DONE", "passed"],
    );
  });

  it("resumes a cleanup and a reprotection that failed, and forces a cleanup", async () => {
    await begin();
    await done("test");
    endpoint.world.failStep("cleanup", /Discard/, "the datastore is locked", 2);
    assert.equal((await command.run("cleanup")).code, 1);
    assert.equal(plan().status, "CLEANUP_INCOMPLETE");
    const refused = await command.run("run", "--planned", ...CONFIRM);
    assert.deepEqual([refused.code, /CLEANUP_INCOMPLETE[^]*or with --force/.test(refused.err)], [3, true]);
    const forced = await command.run("cleanup", "--force");
    assert.equal(plan().status, "READY_STATE");
    assert.equal(forced.code, 1, "what went wrong is not hidden");
    await done("run", "--planned", ...CONFIRM);
    endpoint.world.failStep("reprotect", /reverse/, "a replication is paused");
    assert.equal((await command.run("reprotect", ...CONFIRM)).code, 1);
    assert.equal(plan().status, "INCOMPLETE_REPROTECT");
    await done("reprotect", ...CONFIRM);
    assert.equal(plan().status, "READY_STATE");
  });

  it("counts a test with errors as failed, although SRM calls it complete", async () => {
    await begin();
    endpoint.world.failStep("test", /^promote$/, "the standby is not there");
    assert.equal((await command.run("test")).code, 1);
    assert.deepEqual([plan().status, newest().verdict], ["TEST_COMPLETE", "failed"]);
    assert.match(newest().findings.join(), /promote: the standby is not there/);
  });

  it("counts a test as failed that takes longer than the objective", async () => {
    await begin(20);
    command.close();
    command = new PlanCommand(endpoint, { objectives: { rto: 0.1, rpo: 60 } });
    assert.equal((await command.run("test")).code, 1);
    assert.match(newest().findings.join(), /the test took \d+ s, the objective is 0\.1 s/);
  });

  it("tells a lost site from a planned move, and finishes the job when the site is back", async () => {
    await begin();
    endpoint.takeDown(0);
    const planned = await command.run("run", "--planned", ...CONFIRM);
    assert.equal(planned.code, 3);
    assert.match(
      planned.err,
      /site-b does not reach site-a[^]*run with --disaster: what was not replicated is lost/,
    );
    const lost = await done("run", "--disaster", ...CONFIRM);
    assert.equal(plan().status, "DISASTER_RECOVERY_COMPLETE");
    assert.equal(lost.verdict, "passed");
    assert.match(step(lost, /shut the VMs at the protected site down/).detail, /before anybody writes there/);
    assert.match(step(lost, /^Shut down VMs/).detail, /WARNING: .*not reachable/);
    const early = await command.run("reprotect", ...CONFIRM);
    assert.deepEqual([early.code, /DISASTER_RECOVERY_COMPLETE/.test(early.err)], [3, true]);
    endpoint.bringUp(0);
    const { out } = await command.run("status");
    assert.match(out, /RECOVERY_SPLIT_BRAIN[^]*next: run `pgkeep recovery-plan run` again/);
    await done("run", "--disaster", ...CONFIRM);
    assert.equal(plan().status, "RECOVERY_COMPLETE");
    await done("reprotect", ...CONFIRM);
  });

  it("joins a run that goes on, and makes the record that a killed call did not write", async () => {
    await begin(2, { callouts: [{ name: "hold", prompt: "go on?", at: "AT_END", in: ["test"] }] });
    const first = command.run("test");
    await held();
    const second = await command.run("test", "--dismiss-prompts");
    assert.equal(second.code, 0, second.err);
    assert.match(second.err, /S1 join the test[^]*started by an earlier call or by somebody else/);
    await first;
    assert.equal(command.records().length, 1, "one record a run, whoever watched it");
    assert.equal(endpoint.sites[1].calls.filter(({ url }) => url.endsWith("/actions/test")).length, 1);
    endpoint.world.run(plan(), "cleanup", "somebody", {});
    endpoint.world.settle(Date.now() + 10_000);
    const records = command.records().length;
    const found = await done("cleanup");
    assert.deepEqual([found.kind, command.records().length], ["srm-cleanup", records + 1]);
    const nothing = await command.run("cleanup");
    assert.match(nothing.err, /its record is there/);
    assert.equal(command.records().length, records + 1, "one record a run");
  });

  for (const [moment, environment] of [
    ["right after the start", { PGKEEP_TEST: "1", PGKEEP_DIE_AT: "S1" }],
    ["before its record is written", { PGKEEP_TEST: "1", PGKEEP_DIE_AT: "S2" }],
  ] as const)
    it(`killed ${moment}: the next call finds the run`, async () => {
      await begin(moment === "right after the start" ? 400 : 2);
      const child = command.spawn(environment, "test");
      const [, signal] = (await once(child, "exit")) as [number | null, string | null];
      assert.equal(signal, "SIGKILL");
      assert.deepEqual(command.records(), []);
      const next = await done("test");
      assert.deepEqual([next.kind, next.verdict], ["srm-test", "passed"]);
      assert.equal(endpoint.sites[1].calls.filter(({ url }) => url.endsWith("/actions/test")).length, 1);
    });

  for (const [what, fault] of [
    ["cut before it took effect", { kind: "drop-before" }],
    ["cut after it took effect", { kind: "drop-after" }],
    ["answered 503", { kind: "status", status: 503 }],
    ["answered 429", { kind: "status", status: 429, retryAfter: 1 }],
    ["made with an expired session", { kind: "expire" }],
  ] as const)
    it(`starts a recovery once when the call is ${what}`, async () => {
      await begin();
      endpoint.sites[1].inject({ method: "POST", path: /actions\/recovery$/, fault });
      await done("run", "--planned", ...CONFIRM);
      assert.equal(plan().history.filter((run) => run["operation_type"] === "FAILOVER").length, 1);
    });

  it("waits for a server that is silent for a while, says it, and gives up when it stays so", async () => {
    await begin(30);
    const silent = (times: number): void => {
      endpoint.sites[1].inject({ method: "GET", path: /steps/, fault: { kind: "slow", milliseconds: 0 } });
      endpoint.sites[1].inject({ method: "GET", path: /steps/, times, fault: { kind: "drop-before" } });
    };
    silent(3 * FAST.attempts);
    const { record, warnings } = await watched(endpoint, 60);
    assert.equal(record?.verdict, "passed");
    assert.match(warnings.join("\n"), /no connection to .*; what runs goes on, looking again/);
    endpoint.world.run(plan(), "cleanup", "somebody", {});
    silent(100_000);
    const given = await watched(endpoint, 0.05);
    assert.match(
      given.record?.findings.join() ?? "",
      /run the same command again: it joins a run that goes on/,
    );
  });

  it("says how to go on when SRM was restarted in the middle", async () => {
    await begin(2, { callouts: [{ name: "hold", prompt: "go on?", at: "BEFORE_PREPARE_STORAGE" }] });
    const running = command.run("run", "--planned", ...CONFIRM);
    await held();
    endpoint.world.interrupt();
    const ended = await running;
    assert.equal(ended.code, 1);
    assert.match(ended.err, /RECOVERY_INTERRUPTED[^]*run `pgkeep recovery-plan run` again/);
    await done("run", "--planned", "--dismiss-prompts", ...CONFIRM);
  });

  it("shows prompts, waits for a person, and dismisses them when it is told to", async () => {
    await begin(2, {
      callouts: [{ name: "ask", prompt: "Is the application stopped?", at: "BEFORE_PREPARE_STORAGE" }],
    });
    const waiting = command.run("run", "--planned", ...CONFIRM);
    await held();
    assert.match((await command.run("status")).out, /waits for an answer: ask: Is the application stopped\?/);
    assert.equal((await command.run("test")).code, 3, "somebody else's run is not joined as a test");
    const other = await command.run("run", "--planned", "--dismiss-prompts", ...CONFIRM);
    assert.match(other.err, /prompt dismissed: ask/);
    assert.match((await waiting).err, /SRM waits for an answer: ask/);
    assert.equal(plan().status, "RECOVERY_COMPLETE");
  });

  it("needs different privileges for a test and for a failover", async () => {
    const all = ["Run", "Failover", "Reprotect"].map((one) => `VcDr.RecoveryProfile.com.vmware.vcDr.${one}`);
    const [run = ""] = all;
    await begin();
    const [account] = endpoint.world.sites[1].accounts;
    assert.ok(account !== undefined);
    Object.assign(account, { privileges: [run] });
    try {
      await done("test");
      await done("cleanup");
      const ended = await command.run("run", "--planned", ...CONFIRM);
      assert.equal(ended.code, 1);
      assert.match(
        ended.err,
        /with 403.*VcDr\.RecoveryProfile\.com\.vmware\.vcDr\.Failover[^]*docs\/srm\.md/,
      );
      assert.equal(plan().status, "READY_STATE");
    } finally {
      Reflect.deleteProperty(account, "privileges");
    }
  });

  it("gives one JSON document, and names what is wrong with a runbook", async () => {
    await begin();
    const { out } = await command.run("status", "--json");
    const document = JSON.parse(out) as { ok: boolean; plan: { status: string } };
    assert.deepEqual([document.ok, document.plan.status], [true, "READY_STATE"]);
    command.close();
    command = new PlanCommand(endpoint, { plan: "" });
    const broken = await command.run("status");
    assert.deepEqual([broken.code, /plan: "" is too small/.test(broken.err)], [2, true]);
    command.close();
    command = new PlanCommand(endpoint, { plan: "nowhere" });
    assert.match((await command.run("status")).err, /SRM at site-b knows no recovery plan nowhere/);
  });
});
