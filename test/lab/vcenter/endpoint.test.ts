import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { before, describe, it } from "mocha";
import {
  SimulatedVCenter,
  startVCenters,
  vcenterPrograms,
  type PairOptions,
  type VCenterOptions,
} from "../../../lab/endpoints/vcenter/index.js";
import { identify } from "../../../lab/processes.js";

describe("simulated vCenter Servers", function () {
  this.timeout(5 * 60_000);
  let options: Omit<PairOptions, "onVm">;
  before("the programs", async function () {
    this.timeout(30 * 60_000);
    const { simulator } = await vcenterPrograms();
    options = { program: simulator, user: "pgkeep", password: "a-password-of-the-laboratory" };
  });

  it("have ports of their own, and leave neither process nor file", async () => {
    const { sites, stop } = await startVCenters(options);
    assert.notEqual(sites.a.server, sites.b.server);
    const pids = [sites.a.pid, sites.b.pid];
    assert.ok(pids.every((pid) => identify(pid) !== undefined));
    const places = [sites.a, sites.b].map(({ authorities }) => dirname(authorities));
    await stop();
    assert.deepEqual(pids.map(identify), [undefined, undefined]);
    assert.deepEqual(places.filter(existsSync), []);
  });

  it("are ended when the other one does not start", async () => {
    let first: SimulatedVCenter | undefined;
    const start = async (all: VCenterOptions): Promise<SimulatedVCenter> => {
      if (all.site === "b") throw new Error("no room for b");
      return (first = await SimulatedVCenter.start(all));
    };
    await assert.rejects(startVCenters(options, start), /no room for b/);
    assert.equal(identify(first?.pid ?? 0), undefined);
  });

  it("say why they do not start", async () => {
    const broken = { ...options, site: "c", taskDelays: { CreateSnapshotEx: Number.NaN } };
    await assert.rejects(
      SimulatedVCenter.start(broken),
      /the simulated vCenter of site c ended at once: .*"CreateSnapshotEx:NaN" is not TASK:MILLISECONDS/s,
    );
  });
});
