import assert from "node:assert/strict";
import type { Rule, Subject } from "../../../policy/rule.js";
import { kubernetesRules } from "../../../policy/rules/kubernetes/index.js";
import { RULES } from "../../../policy/rules.js";
import { UNKNOWN_TEXT } from "../../../policy/node.js";
import { applies, visit, type Report } from "../../../policy/visitor.js";
import { NOW } from "../fixtures.js";
import { GONE } from "./change.js";
import { ROWS } from "./rows.js";
import { compliantStack } from "./stack.js";
import { isChange, POD, SERVER, varied, type Variation } from "./table.js";

/** What rules say about a stack. */
function said(
  rules: readonly Rule[],
  stack: readonly Subject[],
  parameters: Readonly<Record<string, number>> = {},
): Report[] {
  const circumstances = { exemptions: [], now: NOW, parameters };
  return rules.flatMap((rule) =>
    rule.scope === "stack"
      ? visit(rule, stack, circumstances)
      : stack.filter(({ type }) => applies(rule, type)).flatMap((each) => visit(rule, [each], circumstances)),
  );
}

// What each finds, and what it passes, is in the table of all rules.
describe("rules about Kubernetes", () => {
  it("find nothing in a stack that keeps them, and neither do the others", () =>
    assert.deepEqual(
      said(RULES, compliantStack()).map(({ text }) => text),
      [],
    ));

  it("all stand in the table, once", () =>
    assert.deepEqual(
      ROWS.map(({ rule }) => rule).toSorted(),
      kubernetesRules.map(({ id }) => id).toSorted(),
    ));

  it("say nothing about resources of other kinds", () => {
    const other = compliantStack().map((each): Subject => ({ ...each, type: "aws:s3/bucket:Bucket" }));
    assert.deepEqual(said(kubernetesRules, other), []);
  });

  // Two instances leave one standby, which must not be a synchronous one then.
  const two: Variation = {
    changes: [
      ["cluster", "spec.instances", 2],
      ["cluster", "spec.postgresql.synchronous", GONE],
    ],
  };
  const eased: readonly (readonly [id: string, variation: Variation, parameters: Record<string, number>])[] =
    [
      [
        "kubernetes-database-grace",
        ["database", `${POD}.terminationGracePeriodSeconds`, 60],
        { seconds: 60 },
      ],
      [
        "kubernetes-database-probes",
        ["database", `${SERVER}.startupProbe.failureThreshold`, 10],
        { seconds: 100 },
      ],
      ["velero-backups-kept", ["schedule", "spec.template.ttl", "72h"], { days: 3 }],
      ["cnpg-instances", two, { instances: 2 }],
    ];
  for (const [id, variation, parameters] of eased)
    it(`${id} takes its threshold from the configuration`, () => {
      const rules = RULES.filter((rule) => rule.id === id);
      assert.equal(said(rules, varied(variation)).length, 1);
      assert.deepEqual(said(rules, varied(variation), parameters), []);
    });

  for (const { rule: id, violating } of ROWS)
    violating.forEach(([variation], i) => {
      if (!isChange(variation)) return;
      const [object, path] = variation;
      // Whether a resource is protected is always known.
      if (path === ".protect") return;
      it(`${id} does not pass violation ${i + 1} while its value is unknown`, () => {
        const rule = RULES.find((each) => each.id === id);
        assert.ok(rule !== undefined);
        const reports = said([rule], varied([object, path, UNKNOWN_TEXT]));
        assert.ok(reports.length > 0, "passed silently");
        for (const { kind, text } of reports) assert.notEqual(kind, "blocking", text);
      });
    });
});
