import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseFirewall } from "../../components/nsx/parse-firewall.js";

const ROOT = join(__dirname, "..", "..");

describe("docs/nsx.md", () => {
  const page = readFileSync(join(ROOT, "docs", "nsx.md"), "utf8");

  it("shows the example that a stranger's program compiles", () => {
    const example = readFileSync(join(ROOT, "test", "package", "stranger", "nsx.ts"), "utf8");
    const shown = /```ts\n([^]*?)```/.exec(page)?.[1];
    assert.equal(shown, example.slice(example.indexOf("import ")));
  });

  it("names what the code does by default", () => {
    const parsed = parseFirewall({
      manager: { address: "nsx" },
      policyId: "pg",
      isolate: ["g"],
      groups: [{ id: "g", members: [{ scope: "a", tag: "b" }] }],
      services: [],
      rules: [],
    });
    assert.ok(parsed.ok);
    assert.ok(page.includes(`\`${parsed.value.manager.credentials}_USER\``));
    assert.ok(page.includes(`\`realizationTimeout\`, ${parsed.value.realizationTimeout} s`));
  });
});
