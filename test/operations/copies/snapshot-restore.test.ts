import assert from "node:assert/strict";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import type { PlanGuest } from "../../../components/recovery/index.js";
import { definitionFacts } from "../../../operations/jobs/domain-xml.js";
import { copyOthers } from "../../../operations/jobs/snapshot-copy.js";
import { removeRestored, restoreSnapshot } from "../../../operations/jobs/snapshot-restore.js";
import { PIN } from "../../../operations/jobs/snapshot-store.js";
import { FakeHost } from "./fake-host.js";

describe("a domain restored from a snapshot", () => {
  let fake: FakeHost;
  let directory: string;
  let guest: PlanGuest;
  let snapshot: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "pgkeep-test-"));
    fake = new FakeHost(directory);
    const found = fake.context.plan.guests.find(({ name }) => name === "pg-a1");
    assert.ok(found !== undefined);
    guest = found;
    snapshot = await fake.snapshot("2031-01-01T08:00:00Z");
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const held = (by: string): boolean => existsSync(join(snapshot, `${PIN}${by}`));
  const foreign = "<domain><name>theirs</name></domain>";

  it("holds its snapshot as long as it is there", async () => {
    await restoreSnapshot(fake.context, guest, { as: "copy" });
    assert.ok(held("copy"));
    await assert.rejects(restoreSnapshot(fake.context, guest, { as: "copy" }), /copy on here is running/);
    assert.ok(held("copy"), "a second attempt took the first one's hold");
    await removeRestored(fake.context, guest, "copy");
    assert.ok(!held("copy"));
    assert.ok(!fake.domains.has("copy"));
  });

  it("that could not be defined holds nothing", async () => {
    fake.domains.set("theirs", { state: "running", xml: foreign });
    await assert.rejects(restoreSnapshot(fake.context, guest, { as: "theirs" }), /not a copy made by pgkeep/);
    assert.ok(!held("theirs"));
  });

  it("gives up the hold of a name that belongs to somebody else, whose domain stays", async () => {
    fake.domains.set("theirs", { state: "running", xml: foreign });
    writeFileSync(join(snapshot, `${PIN}theirs`), "");
    await assert.rejects(removeRestored(fake.context, guest, "theirs"), /not a copy made by pgkeep/);
    assert.ok(!held("theirs"));
    assert.equal(fake.domains.get("theirs")?.state, "running");
  });

  it("keeps what it wrote when it is off", async () => {
    await restoreSnapshot(fake.context, guest, { as: "copy" });
    const overlay = join(directory, "snapshots/pg-a1/restored/copy/vda.qcow2");
    fake.write(overlay);
    const domain = fake.domains.get("copy");
    assert.ok(domain !== undefined);
    domain.state = "shut off";
    await assert.rejects(
      restoreSnapshot(fake.context, guest, { as: "copy" }),
      /shut off, and .*restored\/copy holds what it wrote/,
    );
    assert.ok(await fake.host.images.written(overlay));
  });
});

describe("the saved state of a TPM", () => {
  it("is readable by root alone", async () => {
    const directory = await mkdtemp(join(tmpdir(), "pgkeep-test-"));
    try {
      const fake = new FakeHost(directory);
      const state = join(directory, "state");
      mkdirSync(state);
      writeFileSync(join(state, "tpm2-00.permall"), "keys");
      const xml = `<domain><name>pg-a1</name><uuid>1-2-3</uuid><devices><tpm model='tpm-crb'/></devices></domain>`;
      fake.domains.set("pg-a1", { state: "running", xml });
      const { files, shell, hypervisor } = fake.host;
      const others = await copyOthers(
        {
          hypervisor,
          files: { ...files, exists: async () => true },
          shell: {
            ...shell,
            run: (argv, options) =>
              shell.run(
                argv.map((word) => word.replace("/var/lib/libvirt/swtpm/1-2-3", state)),
                options,
              ),
          },
        },
        xml,
        definitionFacts(xml),
        directory,
      );
      assert.deepEqual(others.at(-1), { file: "tpm.tar", purpose: "tpm" });
      assert.equal(statSync(join(directory, "tpm.tar")).mode & 0o777, 0o600);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
