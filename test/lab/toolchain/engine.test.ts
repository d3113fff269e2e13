import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PulumiProgram } from "./program.js";

describe("toolchain: the real engine", function () {
  this.timeout(180_000);
  const program = new PulumiProgram("engine");
  after(() => program.remove());

  const dynamic = (value: string): string => `
    class Provider {
      async create(inputs) { return { id: "1", outs: { twice: inputs.value + inputs.value } }; }
      async update(id, olds, news) { return { outs: { twice: news.value + news.value } }; }
    }
    class Twice extends pulumi.dynamic.Resource {
      constructor(name, args) { super(new Provider(), name, { ...args, twice: undefined }); }
    }
    exports.twice = new Twice("twice", { value: ${JSON.stringify(value)} }).twice;`;

  it("runs a program with its language host and a dynamic provider, without a warning", async () => {
    program.source(dynamic("a"));
    const text = await program.up();
    assert.doesNotMatch(text, /warning/i);
    assert.deepEqual(await program.outputs(), { twice: "aa" });
  });

  it("a second run changes nothing", async () => {
    assert.match(await program.up("--expect-no-changes"), /2 unchanged/);
  });

  it("a policy pack blocks a violating change before anything is made", async () => {
    const pack = join(program.path, "pack");
    mkdirSync(pack);
    symlinkSync(join(__dirname, "../../../node_modules"), join(pack, "node_modules"));
    writeFileSync(
      join(pack, "package.json"),
      JSON.stringify({ name: "pack", version: "0.0.1", main: "index.js" }),
    );
    writeFileSync(
      join(pack, "PulumiPolicy.yaml"),
      "runtime:\n  name: nodejs\n  options:\n    typescript: false\n",
    );
    writeFileSync(
      join(pack, "index.js"),
      `const { PolicyPack } = require("@pulumi/policy");
       new PolicyPack("pack", { policies: [{
         name: "no-b", description: "b is forbidden", enforcementLevel: "mandatory",
         validateResource: (args, report) => { if (args.props.value === "b") report("b is forbidden here"); },
       }] });`,
    );
    assert.match(await program.up("--policy-pack", pack), /2 unchanged/);
    program.source(dynamic("b"));
    const { code, text } = await program.run("up", "--yes", "--policy-pack", pack);
    assert.notEqual(code, 0);
    assert.match(text, /b is forbidden here/);
    assert.deepEqual(await program.outputs(), { twice: "aa" });
  });

  it("a plugin that is not there is refused without a network attempt", async () => {
    program.source(`new pulumi.CustomResource("absent:index:Thing", "thing", {}, { version: "1.2.3" });`);
    const started = Date.now();
    const { code, text } = await program.run("preview");
    assert.notEqual(code, 0);
    assert.match(text, /no resource plugin 'pulumi-resource-absent'/);
    assert.ok(Date.now() - started < 30_000);
  });
});
