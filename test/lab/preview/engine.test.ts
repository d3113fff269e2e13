import assert from "node:assert/strict";
import { stopLab, type Lab } from "../../../lab/hosts/lab.js";
import { silent } from "../../../lab/progress.js";
import { POLICY, prepareStack } from "../../../lab/run/bring-up.js";
import { enginePlaces, mustPulumi, ON_STACK, STACK } from "../../../lab/run/engine.js";
import { temporaryLab } from "../hosts/machine.js";
import { besideEngine } from "./beside-engine.js";

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
    const { contradictions, ok, notes, resources } = await besideEngine({
      stack: STACK,
      config: enginePlaces(lab).config,
      engine: (args) => mustPulumi(lab, [...args, ...ON_STACK]),
    });
    assert.deepEqual(contradictions, []);
    assert.deepEqual([ok, notes], [true, []]);
    assert.ok(resources > 50, `${resources} resources`);
    await mustPulumi(lab, ["preview", ...POLICY, ...ON_STACK]);
  });
});
