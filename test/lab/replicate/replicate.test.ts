import assert from "node:assert/strict";
import { before, describe } from "mocha";
import type { ReplicateResult } from "../../../operations/jobs/replicate.js";
import { MERGE_POINTS, REPLICATE_STEPS } from "../../../operations/jobs/replicate-steps.js";
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

const REPLICAS = "/var/lib/pgkeep/replicas";
const DIRECTORY = `${REPLICAS}/${GUEST}`;
const REPLICA = `${GUEST}-replica`;

interface Listed {
  readonly replicas: readonly {
    readonly name: string;
    readonly usable: boolean;
    readonly manifest: { readonly kind: "full" | "incremental" };
  }[];
}

describe(`pgkeep replicate from ${GUEST_KIND} to another host`, function () {
  this.timeout(2_400_000);
  let lab: Suite;
  let acknowledged: Ledger;

  const usable = async (): Promise<Listed["replicas"]> =>
    (await lab.json<Listed>(["replicate", "list", GUEST])).replicas.filter((copy) => copy.usable);
  const replicate = (): Promise<ReplicateResult> => lab.json<ReplicateResult>(["replicate", GUEST]);
  /** The newest replica starts and holds what was acknowledged. */
  const assertNewest = async (before: Ledger): Promise<void> => {
    const newest = (await usable()).at(-1);
    assertLedger(await lab.askCopy("host-b", `${DIRECTORY}/${newest?.name ?? ""}`), before);
  };

  before(async () => {
    lab = await suite();
  });

  it("sends everything the first time, then what changed; the definition is there, off and isolated", async () => {
    acknowledged = await lab.ask();
    const first = await replicate();
    assert.equal(first.cycle.kind, "full");
    assert.equal(first.cycle.reason, "first copy");
    assert.deepEqual(
      first.steps.map(({ step }) => step),
      [...REPLICATE_STEPS],
    );
    await assertNewest(acknowledged);

    acknowledged = await lab.ask();
    const second = await replicate();
    assert.equal(second.cycle.kind, "incremental");
    // Without a system there is hardly anything to save.
    if (lab.bare === undefined)
      assert.ok(second.sent < first.sent / 5, `${second.sent} bytes after ${first.sent}`);
    await assertNewest(acknowledged);

    const xml = await lab.on("host-b", `virsh dumpxml --inactive ${REPLICA}; virsh dominfo ${REPLICA}`);
    assert.match(xml, /State: +shut off/);
    assert.match(xml, /Autostart: +disable/);
    assert.match(xml, /<link state='down'\/>/);
    assert.doesNotMatch(xml, /<link state='up'\/>/);
    const uuid = (await lab.on("host-a", `virsh domuuid ${GUEST}`)).trim();
    assert.ok(!xml.includes(uuid), "the replica has the original's UUID");
    const checkpoints = (await lab.on("host-a", `virsh -q checkpoint-list ${GUEST} --name`))
      .trim()
      .split("\n");
    assert.deepEqual(checkpoints, [`pgkeep-${second.cycle.name}`]);
    await lab.assertUntouched();
  });

  itOften(
    "killed after every step, and at every point of a merge, the next run goes on; the replica is whole all the time",
    async () => {
      for (const death of [...REPLICATE_STEPS, ...MERGE_POINTS]) {
        await lab.die(["replicate", GUEST], death);
        const left = await usable();
        assert.ok(left.length > 0, `no usable replica is left after a death at ${death}`);
        // Half merged is where a replica could be lost.
        if (death === "merge-committed" || death === "merge-renamed") await assertNewest(acknowledged);
        acknowledged = await lab.ask();
        const result = await replicate();
        assert.equal(result.cycle.kind, "incremental", `${death}: ${result.cycle.reason ?? ""}`);
        if (["stage", "transfer", "publish"].includes(death))
          assert.ok(result.resumed !== undefined, `${death}: not resumed`);
        if (["begin", "write"].includes(death))
          assert.ok(result.healed.length > 0, `${death}: nothing was healed`);
        await lab.assertUntouched();
      }
      await assertNewest(acknowledged);
      const chain = await usable();
      assert.deepEqual(
        chain.map(({ manifest }) => manifest.kind),
        ["full", "incremental", "incremental", "incremental"],
      );
      const left = (await lab.on("host-b", `ls -A ${DIRECTORY}`)).trim().split("\n").sort();
      assert.deepEqual(left, [".lock", ...chain.map(({ name }) => name), "runs"].sort());
    },
  );

  itOften(
    "goes on after a broken transfer with what is missing, and sends anew what arrived damaged",
    async () => {
      await lab.die(["replicate", GUEST], "stage");
      const staged = (await lab.on("host-a", `ls ${DIRECTORY}/outgoing`)).trim();
      const sent = `${DIRECTORY}/outgoing/${staged}`;
      const size = Number(await lab.on("host-a", `stat -c %s ${sent}/vda.qcow2`));
      // Half of one disk arrived whole, half of another damaged.
      const half = (file: string): Promise<string> =>
        lab.on("host-a", `head -c $(( $(stat -c %s ${sent}/${file}) / 2 )) ${sent}/${file} | base64 -w0`);
      const put = async (file: string, text: string): Promise<void> => {
        await lab.lab.mustExecIn(
          "host-b",
          [
            "sh",
            "-euc",
            `mkdir -p ${DIRECTORY}/${staged}.partial; base64 -d > ${DIRECTORY}/${staged}.partial/${file}`,
          ],
          {
            stdin: text,
          },
        );
      };
      await put("vda.qcow2", await half("vda.qcow2"));
      await put("vdb.qcow2", (await half("vdb.qcow2")).replaceAll("A", "B"));
      const outcome = await lab.pgkeep(["--json", "replicate", GUEST]);
      assert.equal(outcome.code, 0, outcome.stderr);
      assert.match(outcome.stderr, /vda\.qcow2: going on after \d+ bytes/);
      assert.match(outcome.stderr, /vdb\.qcow2 did not arrive as it was sent; it is sent again/);
      assert.ok(size > 0);
      await assertNewest(acknowledged);
    },
  );

  itOften("falls back to everything when the chain of checkpoints is broken, and says why", async () => {
    await lab.on(
      "host-a",
      `virsh -q checkpoint-delete ${GUEST} $(virsh -q checkpoint-list ${GUEST} --name) --metadata`,
    );
    acknowledged = await lab.ask();
    const outcome = await lab.pgkeep(["--json", "replicate", GUEST]);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stderr, /WARNING: everything must be copied, .*: the checkpoint pgkeep-\w+ is lost/);
    await assertNewest(acknowledged);
    assert.equal((await usable()).length, 1, "the old chain is removed");
    assert.equal((await replicate()).cycle.kind, "incremental");
  });

  itOften(
    "when the other site is cut off: one clear error, nothing lost, and the next run goes on",
    async () => {
      const before = await usable();
      await lab.lab.cutSite("b");
      try {
        const outcome = await lab.pgkeep(["replicate", GUEST]);
        assert.equal(outcome.code, 1);
        assert.equal(outcome.stderr.match(/^error: /gm)?.length, 1, outcome.stderr);
        assert.match(outcome.stderr, /error: host host-b cannot be reached: .*\n {2}what helps: /);
      } finally {
        await lab.lab.healSite("b");
      }
      await lab.assertUntouched();
      assert.deepEqual(
        (await usable()).map(({ name }) => name),
        before.map(({ name }) => name),
      );
      assert.equal((await replicate()).cycle.kind, "incremental");
    },
  );

  itOften("when the target is full: one clear error before anything is written", async () => {
    await lab.on("host-b", `mount -t tmpfs -o size=20m tmpfs ${REPLICAS}`);
    try {
      const outcome = await lab.pgkeep(["replicate", GUEST]);
      assert.equal(outcome.code, 1);
      assert.match(outcome.stderr, /error: not enough space on host-b: .*\n {2}what helps: /);
    } finally {
      await lab.on("host-b", `umount ${REPLICAS}`);
    }
    await lab.assertUntouched();
    assert.equal((await replicate()).cycle.kind, "incremental");
  });

  itBooted(
    "the replica boots, isolated, with everything acknowledged; replication goes on under it",
    async () => {
      acknowledged = await lab.ask();
      await replicate();
      await lab.json(["replicate", "start", GUEST, "--as", "drill"]);
      const [first] = await usable();
      for (let cycle = 0; cycle < 3; cycle += 1) await replicate();
      assert.equal((await usable())[0]?.name, first?.name, "something was merged below a running domain");
      await agentOf(lab, "drill", "host-b");
      let found: Ledger | undefined;
      for (let attempt = 0; attempt < 60 && found === undefined; attempt += 1)
        found = await lab.ask("drill", "host-b").catch(() => undefined);
      assert.ok(found !== undefined, "the replica's database did not start");
      assertLedger(found, acknowledged);
      await lab.json(["replicate", "stop", GUEST, "--as", "drill"]);
      await replicate();
      assert.equal((await usable()).length, 4, "what was put off is merged");
      assert.match(await lab.on("host-b", "virsh -q list --all --name"), /^pg-a1-replica\s*$/);
    },
  );

  itOften("refuses while the replica itself runs or ran: it may be the service", async () => {
    await lab.on("host-b", `virsh -q start ${REPLICA}`);
    let outcome = await lab.pgkeep(["replicate", GUEST]);
    assert.equal(outcome.code, 3);
    assert.match(outcome.stderr, /pg-a1-replica on host-b is running: it may be the service now/);
    await lab.on("host-b", `virsh -q destroy ${REPLICA}`);
    // What a service writes; a guest without a system writes nothing.
    await lab.on("host-b", `qemu-io -c 'write 1M 64k' ${DIRECTORY}/runs/${REPLICA}/vdb.qcow2`);
    outcome = await lab.pgkeep(["replicate", GUEST]);
    assert.equal(outcome.code, 3);
    assert.match(outcome.stderr, /is shut off and holds what it wrote since it was started: it may be the/);
    await lab.json(["replicate", "stop", GUEST, "--as", REPLICA]);
    assert.equal((await replicate()).cycle.kind, "incremental");
  });

  itOften(
    "what a copy rests on stays as long as it is there, also when it is off and a new chain begins",
    async () => {
      await lab.json(["replicate", "start", GUEST, "--as", "taken"]);
      const before = (await usable()).map(({ name }) => name);
      await lab.on("host-b", "virsh -q destroy taken");
      const overlay = `${DIRECTORY}/runs/taken/vdb.qcow2`;
      await lab.on("host-b", `qemu-io -c 'write 1M 64k' ${overlay}`);
      await lab.on(
        "host-a",
        `virsh -q checkpoint-delete ${GUEST} $(virsh -q checkpoint-list ${GUEST} --name) --metadata`,
      );
      const outcome = await lab.pgkeep(["--json", "replicate", GUEST]);
      assert.equal(outcome.code, 0, outcome.stderr);
      assert.match(outcome.stderr, /is removed later: taken \(shut off\) rests on the replica/);
      // The whole chain below it is there and readable.
      const chain = await lab.on(
        "host-b",
        `qemu-img info --backing-chain ${overlay}; qemu-img check -q ${overlay}`,
      );
      for (const name of before) assert.ok(chain.includes(name), `${name} is gone`);
      await lab.json(["replicate", "stop", GUEST, "--as", "taken"]);
      assert.equal((await replicate()).cycle.kind, "incremental");
      const left = await lab.on("host-b", `ls ${DIRECTORY}`);
      for (const name of before) assert.ok(!left.includes(name), `${name} stayed`);
    },
  );

  // The last one: the names stay ahead.
  itOften("goes on after a clock that was ahead for one cycle", async () => {
    await lab.json(["replicate", GUEST], { now: "2060-01-01T00:00:00Z" });
    acknowledged = await lab.ask();
    const outcome = await lab.pgkeep(["--json", "replicate", GUEST]);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stderr, /WARNING: the copy 20600101T\d{6}Z on host-b is from the future/);
    const { cycle } = JSON.parse(outcome.stdout) as ReplicateResult;
    assert.equal(cycle.kind, "incremental");
    assert.ok(Date.parse(cycle.moment) < Date.parse("2060-01-01"), "the manifest says the real moment");
    assert.equal((await usable()).at(-1)?.name, cycle.name);
    await assertNewest(acknowledged);
  });
});
