import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "mocha";
import { RefusedError } from "../../../operations/errors.js";
import {
  defineReplica,
  requireNotService,
  startReplica,
  stopReplica,
} from "../../../operations/jobs/replica-domain.js";
import { mergeOldest, removeStale } from "../../../operations/jobs/replica-merge.js";
import { replicaPlace, type ReplicaPlace } from "../../../operations/jobs/replica-store.js";
import { FakeHost } from "./fake-host.js";

const STANDBY = "pg-a1-replica";

describe("what runs or ran from a replica", () => {
  let fake: FakeHost;
  let place: ReplicaPlace;
  let directory: string;
  let first: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "pgkeep-test-"));
    fake = new FakeHost(directory);
    place = { ...replicaPlace(fake.context, guest()), keep: 1 };
    first = await fake.cycle("2031-01-01T08:00:00Z");
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const guest = (): ReturnType<FakeHost["context"]["guest"]> => {
    const found = fake.context.plan.guests.find(({ name }) => name === "pg-a1");
    assert.ok(found !== undefined);
    return found;
  };
  const define = (as = STANDBY): ReturnType<typeof defineReplica> =>
    defineReplica(fake.context, place, guest(), { as, link: "down" });
  const overlay = (name: string): string => join(place.directory, "runs", name, "vda.qcow2");
  const there = (cycle: string): boolean => existsSync(join(place.directory, cycle));
  const switchOff = (name: string): void => {
    const domain = fake.domains.get(name);
    assert.ok(domain !== undefined);
    domain.state = "shut off";
  };
  const refused = async (action: Promise<unknown>, pattern: RegExp, remedy: RegExp): Promise<void> =>
    assert.rejects(action, (error) => {
      assert.ok(error instanceof RefusedError, String(error));
      assert.match(error.message, pattern);
      assert.match(error.remedy ?? "", remedy);
      return true;
    });

  it("the replica's own definition is made anew as long as nobody has started it", async () => {
    await define();
    const next = await fake.cycle("2031-01-01T09:00:00Z");
    await requireNotService(place, "pg-a1");
    assert.deepEqual(await removeStale(fake.context, place), [first]);
    // The overlay's own backing file is gone now; that must not matter.
    await define();
    assert.equal(
      (await fake.host.images.info(overlay(STANDBY))).backing,
      join(place.directory, next, "vda.qcow2"),
    );
  });

  it("once it ran and is off, as after a power failure, nothing replaces it or what it rests on", async () => {
    await startReplica(fake.context, guest());
    fake.write(overlay(STANDBY));
    await refused(
      requireNotService(place, "pg-a1"),
      /-replica on here is running: it may be the service/,
      /fail back/,
    );
    switchOff(STANDBY);
    await refused(
      requireNotService(place, "pg-a1"),
      /-replica on here is shut off and holds what it wrote.*it may be the service/,
      /`pgkeep replicate stop pg-a1 --as pg-a1-replica`/,
    );
    await refused(
      define(),
      /holds what it wrote/,
      /`virsh start pg-a1-replica`.*`pgkeep replicate stop pg-a1/,
    );
    await refused(startReplica(fake.context, guest()), /holds what it wrote/, /virsh start/);
    await fake.cycle("2031-01-01T09:00:00Z");
    assert.deepEqual(await removeStale(fake.context, place), []);
    assert.ok(there(first));
    assert.ok(await fake.host.images.written(overlay(STANDBY)), "what it wrote is gone");

    await stopReplica(fake.context, guest());
    await requireNotService(place, "pg-a1");
    assert.equal(fake.domains.get(STANDBY)?.state, "shut off");
    assert.equal(await fake.host.images.written(overlay(STANDBY)), false);
    assert.deepEqual(await removeStale(fake.context, place), [first]);
  });

  for (const state of ["running", "shut off", "paused"] as const)
    it(`a copy of another name that is ${state} keeps what it rests on, and replication goes on`, async () => {
      await startReplica(fake.context, guest(), { as: "taken" });
      fake.write(overlay("taken"));
      const domain = fake.domains.get("taken");
      assert.ok(domain !== undefined);
      domain.state = state;
      await requireNotService(place, "pg-a1");
      await define();
      const second = await fake.cycle("2031-01-01T09:00:00Z", first);
      await fake.cycle("2031-01-01T10:00:00Z", second);
      assert.deepEqual(await mergeOldest(fake.context, place), []);
      const full = await fake.cycle("2031-01-01T11:00:00Z");
      assert.deepEqual(await removeStale(fake.context, place), []);
      assert.ok(there(first) && there(second));
      assert.match(
        fake.warnings.join("\n"),
        new RegExp(`what ${full} replaces is removed later: taken \\(${state}\\)`),
      );
      if (state === "shut off")
        await refused(
          define("taken"),
          /taken on here is shut off, and .* holds what it wrote/,
          /virsh start taken/,
        );

      await stopReplica(fake.context, guest(), "taken");
      assert.deepEqual((await removeStale(fake.context, place)).length, 3);
      assert.ok(there(full));
    });

  it("a copy of another name whose cables are plugged may be the service: nothing is replicated", async () => {
    await startReplica(fake.context, guest(), { as: "taken", link: "up" });
    await refused(
      requireNotService(place, "pg-a1"),
      /taken on here is running with its network cables plugged: it may be the service/,
      /`pgkeep replicate stop pg-a1 --as taken`/,
    );
  });

  it("what a copy wrote counts also when somebody has undefined it", async () => {
    await startReplica(fake.context, guest(), { as: "taken" });
    fake.write(overlay("taken"));
    fake.domains.delete("taken");
    await fake.cycle("2031-01-01T09:00:00Z");
    assert.deepEqual(await removeStale(fake.context, place), []);
    await stopReplica(fake.context, guest(), "taken");
    assert.deepEqual(await removeStale(fake.context, place), [first]);
  });

  it("another guest's replica is neither started, replaced nor ended", async () => {
    const foreign = `<domain><name>pg-a2-replica</name><metadata><c:copy xmlns:c='https://pgkeep.example/xmlns/copy/1' of='pg-a2'/></metadata></domain>`;
    fake.domains.set("pg-a2-replica", { state: "running", xml: foreign });
    await refused(
      stopReplica(fake.context, guest(), "pg-a2-replica"),
      /pg-a2-replica on here is a copy of pg-a2, not of pg-a1/,
      /another name/,
    );
    assert.equal(fake.domains.get("pg-a2-replica")?.state, "running");
    await refused(define("pg-a2-replica"), /a copy of pg-a2, not of pg-a1/, /another name/);
    await refused(
      startReplica(fake.context, guest(), { as: "pg-b1-replica" }),
      /pg-b1-replica is the replica of pg-b1/,
      /another name/,
    );
    fake.domains.set("mine", { state: "shut off", xml: "<domain><name>mine</name></domain>" });
    await refused(define("mine"), /mine on here is not a copy made by pgkeep/, /another name/);
  });
});
