import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import type { PlanGuest } from "../../../components/recovery/index.js";
import { OperationError } from "../../../operations/errors.js";
import { overlayPath } from "../../../operations/jobs/heal.js";
import { requireCovered } from "../../../operations/jobs/preflight.js";
import { snapshot } from "../../../operations/jobs/snapshot.js";
import type { BlockDevice, DomainState } from "../../../operations/ports/index.js";
import { FakeHost, type FakeDomain } from "./fake-host.js";

describe("a guest that QEMU stopped because a disk was full", () => {
  let fake: FakeHost;
  let directory: string;
  let guest: PlanGuest;
  let copies: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "pgkeep-test-"));
    fake = new FakeHost(directory);
    const found = fake.context.plan.guests.find(({ kind }) => kind === "witness");
    assert.ok(found !== undefined);
    guest = found;
    copies = join(directory, "snapshots", guest.name);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const define = (state: DomainState, source: (disk: string) => string = (disk) => disk): FakeDomain => {
    const devices = guest.disks.map(({ target, path }): BlockDevice => ({
      target,
      device: "disk",
      type: "file",
      source: source(path),
    }));
    const domain: FakeDomain = {
      state,
      devices,
      pausedBy: "I/O error",
      xml: `<domain><name>${guest.name}</name></domain>`,
    };
    fake.domains.set(guest.name, domain);
    return domain;
  };
  const sources = (domain: FakeDomain): unknown[] => (domain.devices ?? []).map(({ source }) => source);
  const own = (): string[] => guest.disks.map(({ path }) => path);

  it("goes on when the snapshot that filled it is undone", async () => {
    const domain = define("running");
    fake.onConvert = () => {
      domain.state = "paused";
      throw new OperationError("No space left on device");
    };
    await assert.rejects(snapshot(fake.context, guest), /No space left/);
    assert.equal(domain.state, "running");
    assert.deepEqual(sources(domain), own());
    assert.deepEqual(readdirSync(copies), []);
  });

  it("is put right by the next run when the one that filled it was killed", async () => {
    const domain = define("paused", (disk) => overlayPath(disk, "20310101T110000Z"));
    const partial = join(copies, "20310101T110000Z.partial");
    await fake.host.files.makeDirectory(partial);
    const merge = fake.host.hypervisor.mergeOverlay;
    fake.host.hypervisor.mergeOverlay = async (...argv) => {
      assert.ok(!existsSync(partial), "there must be room first");
      return merge(...argv);
    };
    const { healed } = await snapshot(fake.context, guest);
    assert.equal(domain.state, "running");
    assert.deepEqual(sources(domain), own());
    assert.match(
      healed.join("\n"),
      /unfinished copy .*\n.*merged back[^]*which a failed write had stopped, goes on/,
    );
  });

  it("that somebody has paused on purpose stays paused, and the remedy fits each state", async () => {
    const remedies: [DomainState, RegExp][] = [
      ["paused", /virsh resume w1/],
      ["shut off", /virsh start w1/],
      ["pmsuspended", /dompmwakeup w1/],
      ["crashed", /virsh destroy w1/],
      ["absent", /deploy it/],
    ];
    for (const [state, remedy] of remedies) {
      const domain = define(state);
      domain.pausedBy = "user";
      await assert.rejects(snapshot(fake.context, guest), (error) => {
        assert.ok(error instanceof OperationError, String(error));
        assert.match(error.remedy ?? "", remedy);
        return true;
      });
      assert.equal(domain.state, state);
    }
    define("paused");
    await assert.rejects(
      requireCovered(fake.host, guest),
      /w1 on here is paused: a write to its disks failed/,
    );
  });
});
