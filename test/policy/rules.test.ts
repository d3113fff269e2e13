import assert from "node:assert/strict";
import { RULES } from "../../policy/index.js";
import { judge, rule as ruleOf } from "./fixtures.js";
import { compliantOf } from "./rules-table/compliant.js";
import { RULE_TABLE } from "./rules-table/index.js";
import { resourcesOf } from "./rules-table/table.js";

describe("rules", () => {
  it("have unique ids, and say what, why, how and by which control", () => {
    assert.equal(new Set(RULES.map(({ id }) => id)).size, RULES.length);
    for (const { id, title, why, fix, controls } of RULES) {
      assert.match(id, /^[a-z][a-z-]+$/);
      assert.match(title, /^[A-Za-z].*\.$/, id);
      assert.match(why, /\.$/, id);
      assert.match(fix, /\.$/, id);
      assert.ok(controls.length > 0, id);
    }
  });

  it("all stand in the table of mutations, each once, with something that keeps them and something that breaks them", () => {
    const rows = RULE_TABLE.map(({ rule }) => rule);
    assert.deepEqual([...rows].sort(), RULES.map(({ id }) => id).sort());
    for (const row of RULE_TABLE) {
      assert.ok(row.violating.length > 0, `nothing breaks ${row.rule}`);
      assert.ok(compliantOf(row).length > 0, `nothing keeps ${row.rule}`);
    }
  });

  for (const row of RULE_TABLE) {
    const { rule, violating } = row;
    describe(rule, () => {
      it("passes what keeps it", () => {
        for (const each of compliantOf(row))
          assert.deepEqual(
            judge(rule, resourcesOf(each)),
            [],
            JSON.stringify(resourcesOf(each).map(({ inputs }) => inputs.value)),
          );
      });
      violating.forEach(([broken, says], i) => {
        it(`finds violation ${i + 1}: ${says.source}`, () => {
          const reports = judge(rule, resourcesOf(broken));
          assert.ok(reports.length > 0, "nothing was found");
          const urns = [undefined, ...resourcesOf(broken).map(({ urn }) => urn)];
          for (const { kind, urn } of reports) {
            assert.equal(kind, "violation");
            assert.ok(urns.includes(urn), urn);
          }
          if (ruleOf(rule).scope === "resource")
            assert.ok(
              reports.every(({ urn }) => urn !== undefined),
              "no resource is blamed",
            );
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
