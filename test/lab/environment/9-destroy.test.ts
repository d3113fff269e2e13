import assert from "node:assert/strict";
import type { Lab } from "../../../lab/hosts/lab.js";
import { mustPulumi, pulumi, ON_STACK } from "../../../lab/run/engine.js";
import { PATIENCE, runningEnvironment } from "./shared.js";

interface StackResource {
  readonly urn: string;
  readonly type: string;
  readonly protect?: boolean;
}

async function resources(lab: Lab): Promise<StackResource[]> {
  const text = await mustPulumi(lab, ["stack", "export", ...ON_STACK]);
  return (JSON.parse(text) as { deployment: { resources?: StackResource[] } }).deployment.resources ?? [];
}

describe("destroying the lab's environment", function () {
  this.timeout(PATIENCE);
  let lab: Lab;

  before(async () => {
    ({ lab } = await runningEnvironment());
  });

  /** The drills before have left one of them off. */
  const machines = async (): Promise<Readonly<Record<"pg-a1" | "pg-b1", string>>> => ({
    "pg-a1": (await lab.mustExecIn("host-a", ["virsh", "domstate", "pg-a1"])).trim(),
    "pg-b1": (await lab.mustExecIn("host-b", ["virsh", "domstate", "pg-b1"])).trim(),
  });

  it("fails while something is protected, says so, and keeps it: disks and running machines", async () => {
    const guarded = (await resources(lab)).filter(({ protect }) => protect === true);
    for (const type of ["libvirt:index/volume:Volume", "libvirt:index/domain:Domain"])
      assert.ok(
        guarded.some((resource) => resource.type === type),
        `${type} is protected`,
      );
    const states = await machines();
    assert.match(states["pg-b1"], /running/);
    const outcome = await pulumi(lab, ["destroy", "--yes", "--skip-preview", ...ON_STACK]);
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stdout + outcome.stderr, /protected/);
    const left = new Set((await resources(lab)).map(({ urn }) => urn));
    assert.deepEqual(
      guarded.filter(({ urn }) => !left.has(urn)),
      [],
    );
    assert.deepEqual(await machines(), states, "machines run as they did");
  });

  it("keeps exactly the protected resources and their files when they are left out", async () => {
    const guarded = (await resources(lab)).filter(({ protect }) => protect === true).map(({ urn }) => urn);
    await mustPulumi(lab, ["destroy", "--yes", "--skip-preview", "--exclude-protected", ...ON_STACK]);
    const left = await resources(lab);
    for (const urn of guarded)
      assert.ok(
        left.some((resource) => resource.urn === urn),
        `${urn} is kept`,
      );
    const volumes = await lab.mustExecIn("host-a", ["virsh", "-q", "vol-list", "--pool", "pgkeep-orders"]);
    assert.match(volumes, /pg-a1-data/);
    assert.match(volumes, /pg-a1-wal/);
  });
});
