import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PAGES } from "../../docs/generate/main.js";

const ROOT = join(__dirname, "..", "..");

describe("generated documents", () => {
  for (const [path, page] of Object.entries(PAGES)) {
    it(`${path} is up to date (else: npm run docs)`, () => {
      assert.equal(readFileSync(join(ROOT, path), "utf8"), page(ROOT));
    });
  }
});
