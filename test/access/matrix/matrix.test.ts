import assert from "node:assert/strict";
import fc from "fast-check";
import { decide, readModel } from "../../../components/access/index.js";
import { models, packets, type Kinds } from "./arbitrary.js";
import { disagreement, load, PACKET_TARGETS } from "./targets.js";

/** Rule sets: many that the target can say in full, some with everything; and packets a rule set. */
const MODELS = { own: 120, everything: 40 };
const PACKETS = 40;
/** Fewest cases of all targets together. */
const LEAST = 5000;

describe("packet matrix: what a target lets through is what the model allows", function () {
  this.timeout(60_000);
  const counted = { cases: 0, allowed: 0, disagreements: 0, targets: new Set<string>() };
  for (const target of PACKET_TARGETS)
    for (const kinds of [target.kinds, "everything"] satisfies Kinds[])
      it(`${target.target}, groups of ${kinds}`, () => {
        const runs = kinds === "everything" ? MODELS.everything : MODELS.own;
        let cases = 0;
        let refused = 0;
        fc.assert(
          fc.property(
            models(kinds),
            fc.array(packets(kinds), { minLength: PACKETS, maxLength: PACKETS }),
            (input, sent) => {
              const model = readModel(input);
              const made = load(target, model);
              if (made === undefined) {
                refused++;
                return;
              }
              for (const packet of sent) {
                const { verdict } = decide(model, packet);
                if (verdict === "ungoverned" || !target.sees(packet)) continue;
                cases++;
                const wrong = disagreement(
                  verdict === "allow",
                  target.passes(made.loaded, packet),
                  made.effects,
                );
                if (verdict === "allow") counted.allowed++;
                if (wrong !== undefined) counted.disagreements++;
                assert.equal(wrong, undefined, JSON.stringify(packet));
              }
            },
          ),
          { numRuns: runs, seed: 20261125 },
        );
        counted.cases += cases;
        counted.targets.add(target.target);
        if (process.env["PGKEEP_FIGURES"] === "1")
          console.log(`      ${cases} cases, ${refused} of ${runs} rule sets refused`);
        // A matrix of refusals would prove nothing.
        assert.ok(cases > (kinds === "everything" ? 150 : 2000), `${cases} cases, ${refused} refused`);
      });

  it("is large enough, with every target of packets in it", () => {
    const { cases, allowed, disagreements, targets } = counted;
    console.log(
      `      ${cases} cases over ${targets.size} targets, ${allowed} of them allowed, ${disagreements} disagreements`,
    );
    assert.deepEqual([targets.size, disagreements], [PACKET_TARGETS.length, 0]);
    assert.ok(cases >= LEAST && allowed >= LEAST / 50, `${cases} cases, ${allowed} allowed`);
  });
});
