import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import type { SnapshotResult } from "../../../operations/jobs/snapshot.js";
import { SNAPSHOT_STEPS } from "../../../operations/jobs/snapshot-steps.js";
import { GUEST } from "../copies/environment.js";
import { agentOf } from "../copies/guest.js";
import {
  assertLedger,
  GUEST_KIND,
  itBooted,
  itOften,
  suite,
  type Ledger,
  type Suite,
} from "../copies/suite.js";

const DIRECTORY = `/var/lib/pgkeep/snapshots/${GUEST}`;

interface Listed {
  readonly snapshots: readonly { readonly name: string; readonly good: boolean; readonly foreign: boolean }[];
}

describe(`pgkeep snapshot on ${GUEST_KIND}`, function () {
  this.timeout(2_400_000);
  let lab: Suite;
  let acknowledged: Ledger;

  const good = async (): Promise<string[]> =>
    (await lab.json<Listed>(["snapshot", "list", GUEST])).snapshots
      .filter((copy) => copy.good)
      .map(({ name }) => name);
  const names = async (): Promise<string[]> =>
    (await lab.on("host-a", `ls -A ${DIRECTORY}`)).trim().split("\n").sort();

  before(async () => {
    lab = await suite();
    await lab.on("host-a", `rm -rf ${DIRECTORY}`);
  });

  it("copies every disk at one instant, verified, and leaves the guest as it was", async () => {
    acknowledged = await lab.ask();
    const result = await lab.json<SnapshotResult>(["snapshot", GUEST]);
    assert.deepEqual(
      result.manifest.disks.map(({ target }) => target),
      ["vda", "vdb", "vdc"],
    );
    assert.deepEqual(
      result.steps.map(({ step }) => step),
      [...SNAPSHOT_STEPS],
    );
    if (lab.bare === undefined) assert.match(result.manifest.postgres?.lsn ?? "", /^[0-9A-F]+\/[0-9A-F]+$/);
    assert.equal(result.manifest.quiesced, lab.bare === undefined);
    await lab.assertUntouched();
    assertLedger(await lab.askCopy("host-a", result.directory), acknowledged);
  });

  it("finds a copy that changed on the disk", async () => {
    const [name = ""] = await good();
    const path = `${DIRECTORY}/${name}/vdb.qcow2`;
    // One byte, in the middle, the size as before.
    await lab.on(
      "host-a",
      `cp --sparse=always ${path} /tmp/kept; printf X | dd of=${path} bs=1 seek=$(( $(stat -c %s ${path}) / 2 )) conv=notrunc status=none`,
    );
    const outcome = await lab.pgkeep(["snapshot", "verify", GUEST]);
    await lab.on("host-a", `cp --sparse=always /tmp/kept ${path}; rm /tmp/kept`);
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /vdb\.qcow2 is damaged: its content is not what was written/);
    assert.equal((await lab.pgkeep(["snapshot", "verify", GUEST])).code, 0);
  });

  it("a dry run says what it would do and changes nothing", async () => {
    const present = await names();
    const outcome = await lab.pgkeep(["--dry-run", "snapshot", GUEST]);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stdout, /would copy .*pg-a1-system\.qcow2/);
    assert.deepEqual(await names(), present);
  });

  itOften("30 simulated days, with a kill after every step, leave exactly the declared set", async () => {
    const day = (number: number, hour: number): string =>
      new Date(Date.UTC(2031, 0, number, hour)).toISOString().replace(".000", "");
    await lab.on(
      "host-a",
      `rm -rf ${DIRECTORY}/2*; mkdir -p ${DIRECTORY}/20290101T000000Z ${DIRECTORY}/by-hand`,
    );
    await lab.on(
      "host-a",
      `echo mine > ${DIRECTORY}/20290101T000000Z/file; echo mine > ${DIRECTORY}/20290102T000000Z.txt`,
    );
    await lab.json(["snapshot", GUEST], { now: day(1, 2) });
    acknowledged = await lab.ask();
    const deaths: string[] = ["prune-renamed", ...SNAPSHOT_STEPS];
    for (let number = 2; number <= 30; number += 1) {
      // From day 9 on there is something to prune.
      const death = number >= 9 ? deaths.shift() : undefined;
      if (death !== undefined) {
        const present = await good();
        await lab.die(["snapshot", GUEST], death, day(number, 2));
        const left = await good();
        assert.ok(left.length > 0, `no good copy is left after a death at ${death}`);
        const expected = death.startsWith("prune") ? present.slice(-6) : present;
        assert.ok(
          expected.every((name) => left.includes(name)),
          `a death at ${death} cost a good copy`,
        );
      }
      // The last run comes an hour earlier, so that the copy of a week before is not older than a week by seconds.
      const hour = death === undefined ? (number === 30 ? 1 : 2) : 3;
      const result = await lab.json<SnapshotResult>(["snapshot", GUEST], { now: day(number, hour) });
      if (["freeze", "copy", "seal", "verify"].includes(death ?? ""))
        assert.ok(
          result.healed.some((text) => /merged back/.test(text)),
          `nothing was healed after ${death}`,
        );
      if (death !== undefined) await lab.assertUntouched();
    }
    assert.deepEqual(deaths, [], "every step was a death");
    const final = await names();
    assert.deepEqual(
      final.map((name) => name.replace(/^(203101\d\dT0[123]).*/, "$1")),
      [
        "20290101T000000Z",
        "20290102T000000Z.txt",
        ...Array.from({ length: 8 }, (_, index) => `203101${23 + index}T0${index === 7 ? 1 : 2}`),
        "by-hand",
      ],
    );
    assertLedger(await lab.askCopy("host-a", `${DIRECTORY}/${final.at(-2) ?? ""}`), acknowledged);
  });

  itBooted(
    "a copy boots isolated, recovers, holds what was acknowledged, and is not pruned meanwhile",
    async () => {
      // Two are kept whatever their age.
      acknowledged = await lab.ask();
      for (let copies = (await good()).length; copies < 3; copies += 1) await lab.json(["snapshot", GUEST]);
      const [oldest = "", newest = ""] = [(await good())[0], (await good()).at(-1)];
      await lab.json(["snapshot", "restore", GUEST, "--as", "copy", "--copy", newest]);
      await lab.json(["snapshot", "restore", GUEST, "--as", "kept", "--copy", oldest, "--no-start"]);
      await agentOf(lab, "copy", "host-a");
      const links = await lab.on(
        "host-a",
        "virsh -q domif-getlink copy 52:54:00:00:3f:2e 2>/dev/null || virsh dumpxml copy",
      );
      assert.match(links, /down/);
      await lab.on(
        "host-a",
        "for i in $(seq 120); do virsh domstate copy | grep -q running && break; sleep 1; done",
      );
      let found: Ledger | undefined;
      for (let attempt = 0; attempt < 60 && found === undefined; attempt += 1)
        found = await lab.ask("copy").catch(() => undefined);
      assert.ok(found !== undefined, "the copy's database did not start");
      assertLedger(found, acknowledged);
      await lab.json(["snapshot", GUEST], { now: "2031-02-20T02:00:00Z" });
      assert.ok((await good()).includes(oldest), "a copy in use was pruned");
      for (const domain of ["copy", "kept"])
        await lab.json(["snapshot", "restore", GUEST, "--as", domain, "--remove"]);
      assert.doesNotMatch(await lab.on("host-a", "virsh -q list --all --name"), /copy|kept/);
      await lab.json(["snapshot", GUEST], { now: "2031-02-21T02:00:00Z" });
      assert.ok(!(await good()).includes(oldest), "a copy that nobody uses any more stayed");
    },
  );

  itOften("heals after kills at random moments", async () => {
    for (const seconds of [0.7, 1, 1, 1].map((share) => share + Math.random() * 8)) {
      await lab.pgkeep(["snapshot", GUEST], { killAfter: Number(seconds.toFixed(2)) });
      const copies = await good();
      assert.ok(copies.length > 0);
    }
    const { directory } = await lab.json<SnapshotResult>(["snapshot", GUEST]);
    await lab.assertUntouched();
    assert.equal((await lab.pgkeep(["snapshot", "verify", GUEST])).code, 0);
    assert.ok(!(await names()).some((name) => name.endsWith(".partial")));
    assertLedger(await lab.askCopy("host-a", directory), acknowledged);
  });

  itBooted("thaws a guest that a dead job left frozen", async () => {
    await lab.on("host-a", `virsh -q domfsfreeze ${GUEST}`);
    const { healed } = await lab.json<SnapshotResult>(["snapshot", GUEST]);
    assert.ok(healed.some((text) => /thawed/.test(text)));
    await lab.assertUntouched();
  });
});
