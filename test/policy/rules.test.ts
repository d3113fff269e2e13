import assert from "node:assert/strict";
import { RULES } from "../../policy/index.js";
import { applies } from "../../policy/visitor.js";
import { judge, subject, type Kind } from "./fixtures.js";
import { RULE_TABLE } from "./rules-table/index.js";

const KINDS: readonly Kind[] = [
  "domain",
  "volume",
  "network",
  "cloudInit",
  "provider",
  "remote",
  "filter",
  "cluster",
];
const compliant = KINDS.map((kind) => subject(kind));

describe("rules", () => {
  it("have unique ids, and say what, why, how and by which control", () => {
    assert.equal(new Set(RULES.map(({ id }) => id)).size, RULES.length);
    for (const { id, title, why, fix, controls } of RULES) {
      assert.match(id, /^[a-z][a-z-]+$/);
      assert.match(title, /^[A-Z].*\.$/, id);
      assert.match(why, /\.$/, id);
      assert.match(fix, /\.$/, id);
      assert.ok(controls.length > 0, id);
    }
  });

  it("about single resources all stand in the table of violations", () => {
    const tested = new Set(RULE_TABLE.map(({ rule }) => rule));
    const missing = RULES.filter(({ scope, id }) => scope === "resource" && !tested.has(id));
    assert.deepEqual(
      missing.map(({ id }) => id),
      [],
    );
  });

  for (const { rule, violating, compliant: near = [] } of RULE_TABLE) {
    describe(rule, () => {
      it("passes resources that keep it, and is for one of them at least", () => {
        const asked = RULES.find(({ id }) => id === rule);
        assert.ok(asked !== undefined && compliant.some(({ type }) => applies(asked, type)));
        for (const resource of [...compliant, ...near])
          assert.deepEqual(judge(rule, [resource]), [], JSON.stringify(resource.inputs.value));
      });
      violating.forEach(([resource, says], i) => {
        it(`finds violation ${i + 1}: ${says.source}`, () => {
          const reports = judge(rule, [resource]);
          assert.ok(reports.length > 0, "nothing was found");
          for (const { kind, urn } of reports) assert.deepEqual([kind, urn], ["violation", resource.urn]);
          assert.ok(
            reports.some(({ text }) => says.test(text)),
            reports.map(({ text }) => text).join("\n"),
          );
          assert.ok(reports.every(({ text }) => /Fix: .*\[.*\]$/s.test(text)));
          assert.ok(!JSON.stringify(reports).includes("hunter2"), "a secret is shown");
        });
      });
    });
  }
});
