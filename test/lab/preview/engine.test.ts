import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnvironment } from "../../../components/declaration/index.js";
import { stopLab, type Lab } from "../../../lab/hosts/lab.js";
import { checkoutRoot } from "../../../lab/places.js";
import { silent } from "../../../lab/progress.js";
import { POLICY, prepareStack } from "../../../lab/run/bring-up.js";
import { enginePlaces, mustPulumi, ON_STACK, STACK } from "../../../lab/run/engine.js";
import { readStackFile } from "../../../operations/declaration-file.js";
import { previewEnvironment } from "../../../preview/index.js";
import { disagreements, type EngineDigest } from "../../preview/agreement.js";
import { configured } from "../../preview/configured.js";
import { temporaryLab } from "../hosts/machine.js";

describe("pgkeep preview beside the real engine", function () {
  this.timeout(600_000);
  const place = temporaryLab();
  let lab: Lab;

  before(async () => {
    ({ lab } = await prepareStack(place, { major: 17 }, silent));
  });
  after(async () => {
    await stopLab(place);
    place.remove();
  });

  it("says of every resource what the engine says, and both let the environment pass", async () => {
    const { environment, config } = readStackFile(enginePlaces(lab).config);
    const policy = readFileSync(join(checkoutRoot(), "policy", "exemptions", `${STACK}.json`), "utf8");
    const ours = await previewEnvironment({
      ...{ environment: parseEnvironment(environment), config, project: "pgkeep", stack: STACK },
      ...{ configured: configured(JSON.parse(policy)), now: new Date() },
    });
    const engine = await mustPulumi(lab, ["preview", "--json", ...ON_STACK]);
    assert.deepEqual(disagreements(ours.resources, JSON.parse(engine) as EngineDigest), []);
    assert.deepEqual([ours.ok, ours.notes], [true, []]);
    await mustPulumi(lab, ["preview", ...POLICY, ...ON_STACK]);
  });
});
