import assert from "node:assert/strict";
import type { Lab } from "../../../lab/hosts/lab.js";
import { mustPgkeep } from "../../../lab/run/host-command.js";
import { PATIENCE, recorded, runningEnvironment } from "./shared.js";

describe("copies and drills on the lab's virtual machines", function () {
  this.timeout(PATIENCE);
  let lab: Lab;

  before(async () => {
    ({ lab } = await runningEnvironment());
    await mustPgkeep(lab, "host-w", ["status", "--wait", "15min"]);
  });

  it("a full backup is taken and found valid", async () => {
    await recorded(lab, "host-w", "backup", "full");
    await recorded(lab, "host-w", "verify");
  });

  it("it is restored, with the repository out of reach of what was restored", async () => {
    const { measured, objectives, steps } = await recorded(lab, "host-w", "drill", "restore");
    assert.deepEqual(
      steps.filter(({ outcome }) => outcome !== "passed"),
      [],
    );
    assert.ok((measured.rtoSeconds ?? Number.NaN) <= (objectives?.rtoSeconds ?? 0));
  });

  it("the replica at the other site starts and holds the data", async () => {
    await mustPgkeep(lab, "host-a", ["replicate", "pg-a1"]);
    const { measured, objectives } = await recorded(lab, "host-w", "drill", "site");
    assert.ok((measured.rtoSeconds ?? Number.NaN) <= (objectives?.rtoSeconds ?? 0));
  });
});
