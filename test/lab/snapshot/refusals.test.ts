import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import { GUEST } from "../copies/environment.js";
import { GUEST_KIND, itBooted, suite, type Suite } from "../copies/suite.js";

const DIRECTORY = "/var/lib/pgkeep/snapshots";
const WITNESS = "w1";

/** One error, one remedy, nothing else that looks like a crash. */
function assertOneError(stderr: string, pattern: RegExp): void {
  assert.equal(stderr.match(/^error: /gm)?.length, 1, stderr);
  assert.equal(stderr.match(/^ {2}what helps: /gm)?.length, 1, stderr);
  assert.match(stderr, pattern);
  assert.doesNotMatch(stderr, /\bat .*\.ts:\d+/);
}

describe(`pgkeep snapshot on ${GUEST_KIND} refuses with one clear error`, function () {
  this.timeout(600_000);
  let lab: Suite;

  before(async () => {
    lab = await suite();
  });

  itBooted("when the copy cannot fit: before anything is made", async () => {
    await lab.on("host-a", `mkdir -p ${DIRECTORY}; mount -t tmpfs -o size=200m tmpfs ${DIRECTORY}`);
    try {
      const outcome = await lab.pgkeep(["snapshot", GUEST]);
      assert.equal(outcome.code, 1);
      assertOneError(
        outcome.stderr,
        /not enough space on host-a: .* needs \d+ MiB on .*snapshots, where \d+ MiB are free/,
      );
      assert.equal((await lab.on("host-a", `ls -A ${DIRECTORY}`)).trim(), "");
      await lab.assertUntouched();
    } finally {
      await lab.on("host-a", `umount ${DIRECTORY}`);
    }
  });

  itBooted("when the disk fills while it copies: the guest goes on, nothing half made stays", async () => {
    await lab.on("host-a", `mount -t tmpfs -o size=900m tmpfs ${DIRECTORY}`);
    try {
      const fill = lab.on(
        "host-a",
        `for i in $(seq 600); do ls -d ${DIRECTORY}/${GUEST}/*.partial >/dev/null 2>&1 && break; sleep 0.05; done
         dd if=/dev/zero of=${DIRECTORY}/fill bs=1M count=700 status=none || true`,
      );
      const outcome = await lab.pgkeep(["snapshot", GUEST]);
      await fill;
      assert.equal(outcome.code, 1);
      assert.equal(outcome.stderr.match(/^error: /gm)?.length, 1, outcome.stderr);
      assert.match(outcome.stderr, /No space left on device/);
      await lab.assertUntouched();
      assert.equal((await lab.on("host-a", `ls -A ${DIRECTORY}/${GUEST}`)).trim(), "");
    } finally {
      await lab.on("host-a", `umount ${DIRECTORY}`);
    }
  });

  itBooted(
    "when the guest is not defined, when its agent does not answer, when a disk of the plan is missing",
    async () => {
      const disks = lab.plan.guests.find(({ name }) => name === WITNESS)?.disks ?? [];
      const define = async (count: number): Promise<void> => {
        const xml = `<domain type='${lab.lab.domainType}'><name>${WITNESS}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
        <os><type arch='x86_64' machine='q35'>hvm</type></os><devices>${disks
          .slice(0, count)
          .map(
            ({ target, path }) =>
              `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${path}'/><target dev='${target}' bus='virtio'/></disk>`,
          )
          .join(
            "",
          )}<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel></devices></domain>`;
        await lab.lab.mustExecIn(
          "host-w",
          [
            "sh",
            "-euc",
            "cat > /tmp/w1.xml; virsh -q define /tmp/w1.xml; virsh -q start w1 --paused; virsh -q resume w1",
          ],
          {
            stdin: xml,
          },
        );
      };
      const attempt = async (): Promise<{ code: number; stderr: string }> =>
        lab.pgkeep(["snapshot", WITNESS], { host: "host-w" });

      let outcome = await attempt();
      assert.equal(outcome.code, 1);
      assertOneError(outcome.stderr, /w1 is not defined on host-w/);

      for (const { path } of disks)
        await lab.on(
          "host-w",
          'mkdir -p "$(dirname "$1")"; qemu-img create -q -f qcow2 -o compat=1.1 "$1" 16M',
          path,
        );
      await define(3);
      outcome = await attempt();
      assert.equal(outcome.code, 1);
      assertOneError(outcome.stderr, /the guest agent of w1 does not answer/);

      await lab.on("host-w", "virsh -q destroy w1; virsh -q undefine w1");
      await define(2);
      outcome = await attempt();
      assert.equal(outcome.code, 3);
      assertOneError(
        outcome.stderr,
        /not all disks of w1 .*vdc \(.*w1-wal\.qcow2\) of the plan is not one of its disks/,
      );
      await lab.on("host-w", "virsh -q destroy w1; virsh -q undefine w1");
    },
  );

  it("when a copy would take a guest's name, and when a domain of that name is not a copy", async () => {
    let outcome = await lab.pgkeep(["snapshot", "restore", GUEST, "--as", "pg-b1"]);
    assert.equal(outcome.code, 3);
    assertOneError(outcome.stderr, /pg-b1 is a guest of the plan/);
    outcome = await lab.pgkeep(["snapshot", "restore", GUEST, "--as", GUEST, "--remove"]);
    assert.equal(outcome.code, 3);
    assert.match(await lab.on("host-a", `virsh domstate ${GUEST}`), /running/);
  });

  it("waits for another job on the guest, and lets only one work", async () => {
    const outcomes = await Promise.all([lab.pgkeep(["snapshot", GUEST]), lab.pgkeep(["snapshot", GUEST])]);
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      [0, 0],
      outcomes.map(({ stderr }) => stderr).join("\n"),
    );
    assert.equal(new Set(outcomes.map(({ stdout }) => stdout)).size, 2);
    await lab.assertUntouched();
  });
});
