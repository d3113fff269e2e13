import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { declareClusters } from "../../benchmark/clusters.js";
import { declareFlat, type FlatResource } from "../../benchmark/flat.js";
import { Recorder } from "../../benchmark/recorder.js";
import { median, range } from "../../benchmark/statistics.js";

async function recorded(declare: () => void): Promise<Recorder> {
  const recorder = new Recorder(true);
  await pulumi.runtime.setMocks(recorder, "benchmark", "benchmark", true);
  declare();
  await pulumi.runtime.disconnect();
  return recorder;
}

/** By name, with references by name too: the order in which registrations arrive means nothing. */
function canonical(list: readonly FlatResource[]): unknown[] {
  const nameOf = (position: string): string => `reference to ${list[Number(position)]?.name}`;
  return list
    .map(({ provider, ...resource }) => ({
      ...(JSON.parse(
        JSON.stringify(resource).replaceAll(/flat-resource-(\d+)/g, (_match, position: string) =>
          nameOf(position),
        ),
      ) as FlatResource),
      through: provider === undefined ? undefined : list[provider]?.name,
    }))
    .toSorted((a, b) => `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`));
}

describe("benchmark", () => {
  it("compares the same resources: declared flat, the recorded list registers as it was", async function () {
    this.timeout(120_000);
    const components = await recorded(() => declareClusters(1));
    const flat = await recorded(() => declareFlat(components.resources));
    assert.ok(components.components > 0);
    assert.equal(flat.components, 0);
    assert.equal(flat.custom, components.custom);
    assert.deepEqual(canonical(flat.resources), canonical(components.resources));
  });

  it("keeps references, secrets and providers in the flat list", async () => {
    const flat = await recorded(() =>
      declareFlat([
        { type: "pulumi:providers:libvirt", name: "provider", inputs: { uri: "test:///default" } },
        { type: "libvirt:index/pool:Pool", name: "pool", inputs: { name: "pool" }, provider: 0 },
        {
          type: "libvirt:index/volume:Volume",
          name: "volume",
          inputs: {
            pool: "flat-resource-1",
            nested: [
              { key: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "s" } },
            ],
          },
          provider: 0,
        },
      ]),
    );
    const [, , volume] = flat.resources;
    assert.equal(volume?.inputs["pool"], "flat-resource-1");
    assert.equal(volume.provider, 0);
    assert.match(JSON.stringify(volume.inputs["nested"]), /1b47061264138c4ac30d75fd1eb44270/);
  });

  it("takes medians and ranges", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.throws(() => median([]), RangeError);
    assert.deepEqual(range([3, 1, 2]), [1, 3]);
  });
});
