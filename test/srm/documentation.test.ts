import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseGroup } from "../../components/srm/group-schema.js";

const ROOT = join(__dirname, "..", "..");

describe("docs/srm.md", () => {
  const page = readFileSync(join(ROOT, "docs", "srm.md"), "utf8");

  it("shows the example that a stranger's program compiles", () => {
    const example = readFileSync(join(ROOT, "test", "package", "stranger", "srm.ts"), "utf8");
    const shown = /```ts\n([^]*?)```/.exec(page)?.[1];
    assert.equal(shown, example.slice(example.indexOf("import ")));
  });

  it("names what the code does by default", () => {
    const site = (vcenter: string) => ({ name: vcenter.slice(0, 1), vcenter, server: { address: "x" } });
    const [a, b] = ["a", "b"].map((one) => site(`${one.repeat(8)}-0000-4000-8000-000000000000`));
    const vcenter = a?.vcenter ?? "";
    const parsed = parseGroup({
      sites: { protected: a, recovery: b },
      name: "pg",
      virtualMachines: [{ id: `VirtualMachine:vm-1:${vcenter}` }],
    });
    assert.ok(parsed.ok);
    assert.ok(page.includes(`\`${parsed.value.sites.recovery.credentials}_USER\``));
    assert.ok(page.includes(`\`timeout\`, ${parsed.value.timeout} s`));
  });

  it("names the privileges that the endpoint asks for", () => {
    const routes = readFileSync(join(ROOT, "lab", "endpoints", "srm", "plan-routes.ts"), "utf8");
    for (const [, name = ""] of routes.matchAll(/action\("\w+", "(\w+)"/g))
      assert.ok(page.includes(`VcDr.RecoveryProfile.com.vmware.vcDr.${name}`), name);
  });
});
