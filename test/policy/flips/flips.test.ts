import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { judgeStack, RULES, unconfigured, type Subject } from "../../../policy/index.js";
import { NOW } from "../fixtures.js";
import { FLIPS, NEUTRAL, outcomesIn, unclassified, type Outcome } from "./caught.js";
import type { Neutral } from "./flip.js";
import { BESIDE_THE_CLUSTER, FLIPPED, subjectsOf } from "./flipped.js";
import { mutationsPage, PAGE } from "./page.js";

const ROOT = join(__dirname, "..", "..", "..");

describe("one property of a shipped environment, flipped", function () {
  // Thousands of judgements of whole stacks.
  this.timeout(600_000);
  const outcomes = new Map<string, readonly Outcome[]>();
  const needed = new Set<Neutral>();

  for (const name of FLIPPED)
    describe(name, () => {
      let subjects: readonly Subject[];
      before(async () => {
        subjects = await subjectsOf(name);
      });

      it("is caught by a named rule, always", () => {
        const found = outcomesIn(subjects);
        outcomes.set(name, found);
        assert.deepEqual(
          found.flatMap(({ flip, missed }) => missed.map((at) => `${at} ${flip.path} becomes ${flip.to}`)),
          [],
        );
      });

      it("or else is known to be of no weight", () => {
        const { leaves, needed: here } = unclassified(subjects);
        for (const each of here) needed.add(each);
        assert.deepEqual(leaves, []);
      });
    });

  it("the sample on Kubernetes violates only what stands beside its cluster", async () => {
    const { rules } = judgeStack(RULES, await subjectsOf("kubernetes"), unconfigured, NOW);
    assert.deepEqual(
      rules.filter(({ findings }) => findings.some(({ kind }) => kind !== "note")).map(({ rule }) => rule.id),
      BESIDE_THE_CLUSTER,
    );
  });

  // After those that fill in what it asks for.
  describe("in all of them", () => {
    it("stands somewhere: no flip is about nothing, and no reason is needless", () => {
      const all = [...outcomes.values()];
      const nowhere = FLIPS.filter((_, i) => all.every((each) => each[i]?.count === 0));
      assert.deepEqual(
        nowhere.map(({ on, path, to }) => `${on.source} ${path} ${to}`),
        [],
      );
      assert.deepEqual(
        NEUTRAL.filter((each) => !needed.has(each)).map(({ on, path }) => `${on.source} ${path.source}`),
        [],
      );
    });

    it(`is shown by ${PAGE} as it is (else: PGKEEP_WRITE_PAGE=1)`, () => {
      const page = mutationsPage(outcomes);
      if (process.env["PGKEEP_WRITE_PAGE"] !== undefined) writeFileSync(join(ROOT, PAGE), page);
      assert.equal(readFileSync(join(ROOT, PAGE), "utf8"), page);
    });
  });
});
