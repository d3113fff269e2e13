import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RULES } from "../../policy/index.js";
import { applies } from "../../policy/visitor.js";
import { judge, KINDS, rule as ruleOf, subject } from "./fixtures.js";
import { RULE_TABLE } from "./rules-table/index.js";
import { resourcesOf, type Case, type RuleRow } from "./rules-table/table.js";

const FIXTURES = KINDS.map((kind) => subject(kind));

/** What a rule is asked about and must not complain of: the fixtures of its types, and what stands near a violation. */
function compliantOf({ rule, compliant = [] }: RuleRow): readonly Case[] {
  const asked = ruleOf(rule);
  return asked.scope === "stack"
    ? compliant
    : [...FIXTURES, ...compliant].filter((each) =>
        resourcesOf(each).some(({ type }) => applies(asked, type)),
      );
}

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

  // The table itself, for whoever wants to see it.
  after(() => {
    const folder = join(__dirname, "..", "..", "reports");
    mkdirSync(folder, { recursive: true });
    const lines = RULE_TABLE.map((row) => {
      const words = row.violating.map(([, says]) => `\`${says.source.replaceAll("|", "\\|")}\``).join("; ");
      return `| \`${row.rule}\` | ${compliantOf(row).length} | ${row.violating.length} | ${words} |`;
    });
    const head = ["| rule | kept by | broken by | what is found |", "| --- | --- | --- | --- |"];
    writeFileSync(join(folder, "policy-mutations.md"), `${[...head, ...lines].join("\n")}\n`);
  });
});
