import assert from "node:assert/strict";
import { controlParts, FRAMEWORK_NAMES, FRAMEWORKS, type Control } from "../../policy/controls.js";
import type { Framework } from "../../policy/controls/framework.js";
import { RULES } from "../../policy/index.js";

describe("controls", () => {
  for (const name of FRAMEWORK_NAMES) {
    const { form, asks, title, source }: Framework = FRAMEWORKS[name];

    it(`${name}: every id has the form of the framework's ids, and a meaning`, () => {
      assert.deepEqual(
        Object.keys(asks).filter((id) => !form.test(id)),
        [],
      );
      assert.deepEqual(
        Object.entries(asks).filter(([, meaning]) => meaning.length < 8),
        [],
      );
      assert.match(title, /\d/, "the title names the edition");
      assert.match(source, /https:\/\//);
    });

    it(`${name}: ids of another framework do not have this form`, () => {
      const others = FRAMEWORK_NAMES.filter((other) => other !== name);
      // Section numbers alone do not tell three of the frameworks apart.
      const numbered = /^\d+(\.\d+)+$/;
      const foreign = others
        .flatMap((other) => Object.keys(FRAMEWORKS[other].asks))
        .filter((id) => !numbered.test(id));
      assert.deepEqual(
        foreign.filter((id) => form.test(id)),
        [],
      );
    });
  }

  it("no framework's name begins another", () => {
    for (const name of FRAMEWORK_NAMES)
      assert.deepEqual(
        FRAMEWORK_NAMES.filter((other) => other.startsWith(name)),
        [name],
      );
  });

  it("are taken apart", () =>
    assert.deepEqual(controlParts("SOC 2 A1.2"), {
      framework: "SOC 2",
      id: "A1.2",
      asks: "backups and recovery infrastructure exist and are maintained",
    }));

  it("that no catalogue knows are refused, by the compiler and at run time", () => {
    // @ts-expect-error there is no such criterion
    const unknown: Control = "SOC 2 A9.9";
    for (const control of [unknown, "PCI DSS", "NIST 800-53 CP-4", "SOC 2 toString", ""])
      assert.throws(() => controlParts(control), RangeError, control);
  });

  for (const { id, controls } of RULES)
    it(`${id} answers at least one, each named once`, () => {
      assert.ok(controls.length > 0);
      assert.equal(new Set(controls).size, controls.length);
      for (const control of controls) assert.ok(controlParts(control).asks.length > 0);
    });
});
