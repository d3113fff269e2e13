import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CNPG_RESERVED } from "../../../components/declaration/index.js";
import { installModuleFiles, manifestCheckers } from "../../../toolchain/index.js";

describe("CloudNativePG", function () {
  this.timeout(300_000);

  it("keeps the settings to itself that we say it does, by its own source", async () => {
    const folder = await installModuleFiles(manifestCheckers.cloudNativePg);
    const source = readFileSync(join(folder, "configuration.go"), "utf8");
    const from = source.indexOf("FixedConfigurationParameters = map[string]string{");
    const text = source.slice(from, source.indexOf("\n\t}\n", from));
    const theirs = Object.fromEntries(
      [...text.matchAll(/"([\w.]+)":\s+(fixed|blocked)ConfigurationParameter/g)].map(
        ([, name = "", kept = ""]) => [name, kept],
      ),
    );
    assert.deepEqual({ ...CNPG_RESERVED }, theirs);
  });
});
