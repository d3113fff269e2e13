import assert from "node:assert/strict";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { record } from "../libvirt/recorder.js";

/** Tokens and outputs of the published package, version 0.5.4. */
const PUBLISHED = {
  CloudInitDisk: ["libvirt:index/cloudInitDisk:CloudInitDisk", "name pool userData metaData networkConfig"],
  Domain: ["libvirt:index/domain:Domain", "name arch machine emulator autostart running networkInterfaces"],
  Network: ["libvirt:index/network:Network", "name mode bridge addresses autostart"],
  Pool: ["libvirt:index/pool:Pool", "name type target capacity allocation available"],
  Volume: ["libvirt:index/volume:Volume", "name pool format size"],
} as const;

const CLASSES = libvirt as unknown as Record<
  string,
  (new (name: string, args: object) => Record<string, unknown>) & { isInstance(value: unknown): boolean }
>;

describe("sdks/libvirt", () => {
  for (const [name, [token, outputs]] of Object.entries(PUBLISHED)) {
    it(`${name} has the published token and outputs`, async () => {
      const Resource = CLASSES[name];
      assert.ok(Resource !== undefined);
      const resources = await record(() => {
        const made = new Resource("x", { type: "dir" });
        for (const output of outputs.split(" ")) assert.ok(pulumi.Output.isInstance(made[output]), output);
        assert.ok(Resource.isInstance(made));
        assert.ok(Resource.isInstance({ __pulumiType: token }), "as a policy pack asks");
        assert.ok(!Resource.isInstance({ __pulumiType: "libvirt:index/other:Other" }));
      });
      assert.deepEqual(
        resources.map(({ type }) => type),
        [token],
      );
    });
  }

  it("Provider takes its address from the argument, or from the environment as the published one does", async () => {
    const before = process.env["LIBVIRT_DEFAULT_URI"];
    process.env["LIBVIRT_DEFAULT_URI"] = "qemu:///session";
    try {
      const resources = await record(() => {
        new libvirt.Provider("given", { uri: "qemu:///system" });
        new libvirt.Provider("default");
      });
      assert.deepEqual(
        resources.map(({ type, inputs }) => [type, inputs["uri"]]),
        [
          ["pulumi:providers:libvirt", "qemu:///system"],
          ["pulumi:providers:libvirt", "qemu:///session"],
        ],
      );
    } finally {
      if (before === undefined) delete process.env["LIBVIRT_DEFAULT_URI"];
      else process.env["LIBVIRT_DEFAULT_URI"] = before;
    }
  });
});
