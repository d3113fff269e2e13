import assert from "node:assert/strict";
import fc from "fast-check";
import {
  compilePgHba,
  decide,
  decideLogin,
  evaluatePgHba,
  parsePgHba,
  readModel,
  TARGETS,
  type AccessModel,
  type ModelInput,
  type Packet,
  type Target,
} from "../../../components/access/index.js";
import { GUESTS, models, packets, type Kinds } from "./arbitrary.js";
import { callsServer, logins } from "./logins.js";
import { MUTANTS, type Mutant } from "./mutants.js";
import { disagreement, load, PACKET_TARGETS } from "./targets.js";

/** Rule sets that generated ones rarely are: a denial inside an allowance, pods of another namespace. */
const CHOSEN: Readonly<Partial<Record<Kinds, ModelInput>>> = {
  pods: {
    groups: [
      { name: "pods", pods: [{ namespace: "data", labels: { app: "pg" } }], enforced: true },
      { name: "wide", networks: ["10.0.0.0/24"] },
      { name: "narrow", networks: ["10.0.0.4/32"] },
      { name: "web", pods: [{ namespace: "shop", labels: { app: "web" } }] },
    ],
    services: [{ name: "range", protocol: "tcp", ports: [{ first: 5433, last: 5440 }] }],
    rules: [
      {
        ...{ name: "deny", from: ["narrow"], to: ["pods"], services: ["range"], action: "deny" },
        description: "inside the next one",
      },
      {
        ...{ name: "allow", from: ["wide", "web"], to: ["pods"], services: ["range"], action: "allow" },
        description: "networks and pods",
      },
    ],
  },
};

/** A packet that the chosen denial is about. */
const INSIDE: Packet = {
  from: { address: "10.0.0.4" },
  to: { address: "198.51.100.1", pod: { namespace: "data", labels: { app: "pg" } } },
  protocol: "tcp",
  port: 5433,
};

/** The chosen rule set of a kind, and generated ones. */
function samples(kinds: Kinds): ModelInput[] {
  const generated = fc.sample(models(kinds), { numRuns: SAMPLE.models, seed: SAMPLE.seed });
  const chosen = CHOSEN[kinds];
  return chosen === undefined ? generated : [chosen, ...generated];
}

const SAMPLE = { models: 40, packets: 120, seed: 41 } as const;

/** Planted bugs are looked for in the same cases; a compiler without them disagrees in none. */
function finderOf(target: Target): (plant: Mutant["plant"]) => { changed: boolean; found: boolean } {
  const { seed } = SAMPLE;
  if (target === "pg_hba") return loginFinder();
  const known = PACKET_TARGETS.find((each) => each.target === target);
  assert.ok(known !== undefined);
  const sent = [...fc.sample(packets(known.kinds), { numRuns: SAMPLE.packets, seed }), INSIDE];
  const made = samples(known.kinds).flatMap((input) => {
    const model = readModel(input);
    const loads = load(known, model);
    return loads === undefined ? [] : [{ model, ...loads }];
  });
  return (plant) => {
    let changed = false;
    for (const { model, loaded, effects } of made) {
      const broken = new Map(
        [...loaded].map(([place, output]) => {
          const text = typeof output === "string" ? output : JSON.stringify(output);
          const planted = plant(text);
          changed ||= planted !== text;
          return [place, typeof output === "string" ? planted : (JSON.parse(planted) as unknown)];
        }),
      );
      for (const packet of sent) {
        const { verdict } = decide(model, packet);
        if (verdict === "ungoverned" || !known.sees(packet)) continue;
        if (disagreement(verdict === "allow", known.passes(broken, packet), effects) !== undefined)
          return { changed, found: true };
      }
    }
    return { changed, found: false };
  };
}

function loginFinder(): (plant: Mutant["plant"]) => { changed: boolean; found: boolean } {
  const { seed } = SAMPLE;
  const asked = fc.sample(fc.tuple(packets("networks"), logins), { numRuns: 4 * SAMPLE.packets, seed });
  const made = samples("networks").map((input) => {
    const model = readModel({ ...input, rules: (input.rules ?? []).map(callsServer) });
    return { model, texts: textsOf(model) };
  });
  return (plant) => {
    let changed = false;
    for (const { model, texts } of made)
      for (const [guest, text] of texts) {
        const planted = plant(text);
        changed ||= planted !== text;
        const records = parsePgHba(planted);
        for (const [packet, login] of asked) {
          if (packet.to.address !== guest) continue;
          const called: Packet = { ...packet, protocol: "tcp", port: 5432 };
          const said = decideLogin(model, called, login).verdict === "allow";
          const { verdict } = evaluatePgHba(records, { address: packet.from.address, login });
          if (said !== (verdict === "accept")) return { changed, found: true };
        }
      }
    return { changed, found: false };
  };
}

function textsOf(model: AccessModel): [string, string][] {
  return GUESTS.flatMap((at) => {
    const { output } = compilePgHba(model, { at: { name: at.address, endpoints: [at] } });
    return output === undefined ? [] : [[at.address, output]];
  });
}

/** Fewest planted bugs, one a kind and target. */
const LEAST = 20;

describe("planted bugs of compilers are found by the matrix", function () {
  this.timeout(60_000);
  const found = new Map<Target, number>();
  for (const target of new Set(MUTANTS.map((mutant) => mutant.target)))
    describe(target, () => {
      const find = finderOf(target);
      it("finds none where none is planted", () => {
        assert.deepEqual(
          find((text) => text),
          { changed: false, found: false },
        );
      });
      for (const { bug, plant } of MUTANTS.filter((mutant) => mutant.target === target))
        it(bug, () => {
          assert.deepEqual(find(plant), { changed: true, found: true });
          found.set(target, (found.get(target) ?? 0) + 1);
        });
    });

  // A suite of its own, so that it comes after the others.
  describe("all targets", () => {
    it("have enough of them, one a kind", () => {
      const kinds = new Set(MUTANTS.map(({ target, bug }) => `${target}: ${bug}`));
      const all = [...found.values()].reduce((sum, each) => sum + each, 0);
      const by = [...found].map(([target, each]) => `${target} ${each}`).join(", ");
      console.log(`      ${all} of ${MUTANTS.length} planted bugs found: ${by}`);
      assert.deepEqual([all, kinds.size], [MUTANTS.length, MUTANTS.length]);
      assert.deepEqual(new Set(found.keys()), new Set(TARGETS));
      assert.ok(all >= LEAST, String(all));
    });
  });
});
