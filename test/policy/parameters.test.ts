import assert from "node:assert/strict";
import { RULES } from "../../policy/index.js";
import { configSchema, valuesOf } from "../../policy/parameters.js";
import { COMPLIANT, judge, subject } from "./fixtures.js";

describe("parameters of rules", () => {
  it("have defaults within their limits, a unit and words", () => {
    for (const { id, parameters = {} } of RULES)
      for (const [name, { what, unit, default: value, minimum, maximum = Infinity }] of Object.entries(
        parameters,
      )) {
        assert.match(name, /^[a-z][A-Za-z]*$/, id);
        assert.ok(!["exemptions", "enforcementLevel"].includes(name), id);
        assert.ok(value >= minimum && value <= maximum, `${id}.${name}`);
        assert.ok(what.length > 10 && !what.endsWith(".") && typeof unit === "string", `${id}.${name}`);
      }
    assert.ok(RULES.filter(({ parameters }) => parameters !== undefined).length >= 10);
  });

  it("stand in the schema that the engine checks the configuration by, beside the exemptions", () => {
    const rule = RULES.find(({ id }) => id === "vm-orderly-shutdown");
    const { properties } = configSchema(rule?.parameters);
    assert.deepEqual(Object.keys(properties).sort(), ["exemptions", "minutes"]);
    assert.deepEqual(properties["minutes"], {
      type: "number",
      description: "shortest wait for a shutdown, in minutes",
      default: 10,
      minimum: 1,
      maximum: 10,
    });
  });

  it("take the configured value, or the default", () => {
    const parameters = { days: { what: "age of a copy", unit: "days", default: 7, minimum: 1 } };
    assert.deepEqual(valuesOf(parameters, { days: 3, hours: 5 }), { days: 3 });
    assert.deepEqual(valuesOf(parameters), { days: 7 });
    assert.deepEqual(valuesOf(parameters, { days: "3" }), { days: 7 });
  });

  const kept = subject("cluster", COMPLIANT.cluster('backup.vmSnapshot.retention = {"age":"3 d"}'));
  for (const [id, resource, parameters] of [
    ["vm-orderly-shutdown", subject("vm", { shutdownWaitTimeout: 5 }), { minutes: 5 }],
    ["vm-hardware-current", subject("vm", { hardwareVersion: 17 }), { version: 17 }],
    ["backup-kept", kept, { days: 3 }],
  ] as const)
    it(`${id}: a violation by default is none with another threshold`, () => {
      assert.equal(judge(id, [resource]).length, 1);
      assert.deepEqual(judge(id, [resource], { parameters }), []);
    });
});
