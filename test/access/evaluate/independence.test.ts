import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

const ACCESS = join(__dirname, "..", "..", "..", "components", "access");
const EVALUATE = join(ACCESS, "evaluate");

describe("evaluators", () => {
  it("know packets and nothing of how texts are made: no model, no compiler", () => {
    const files = readdirSync(EVALUATE, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ts"),
    );
    assert.ok(files.length >= 10);
    const foreign = files.flatMap((name) => {
      const file = join(EVALUATE, name);
      return ts
        .preProcessFile(readFileSync(file, "utf8"), true, true)
        .importedFiles.map(({ fileName }) => fileName)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => relative(ACCESS, resolve(dirname(file), specifier)))
        .filter((target) => !target.startsWith("evaluate/") && target !== "packet.js")
        .map((target) => `${name} imports ${target}`);
    });
    assert.deepEqual(foreign, []);
  });
});
