import assert from "node:assert/strict";
import fc from "fast-check";
import {
  compilePgHba,
  decideLogin,
  evaluatePgHba,
  parsePgHba,
  readModel,
} from "../../../components/access/index.js";
import { GUESTS, models, packets } from "./arbitrary.js";
import { callsServer, logins } from "./logins.js";
import { disagreement } from "./targets.js";

describe("login matrix: what pg_hba.conf admits is what the model permits", function () {
  this.timeout(60_000);
  for (const kinds of ["networks", "everything"] as const)
    it(`groups of ${kinds}`, () => {
      let cases = 0;
      let permitted = 0;
      fc.assert(
        fc.property(
          models(kinds),
          fc.array(fc.tuple(packets(kinds), logins), { minLength: 40, maxLength: 40 }),
          (input, asked) => {
            const model = readModel({ ...input, rules: (input.rules ?? []).map(callsServer) });
            const texts = new Map(
              GUESTS.map((at) => [
                at.address,
                compilePgHba(model, { at: { name: at.address, endpoints: [at] } }),
              ]),
            );
            for (const [packet, login] of asked) {
              const text = texts.get(packet.to.address);
              if (text?.output === undefined) continue;
              const called = { ...packet, protocol: "tcp", port: 5432 } as const;
              const said = decideLogin(model, called, login).verdict === "allow";
              const { verdict } = evaluatePgHba(parsePgHba(text.output), {
                address: packet.from.address,
                login,
              });
              cases++;
              if (said) permitted++;
              // The file alone says no, too, to what the network does not carry.
              const wrong = disagreement(
                said,
                verdict === "accept",
                new Set(text.reported.map(({ effect }) => effect)),
              );
              assert.equal(wrong, undefined, JSON.stringify([packet, login]));
            }
          },
        ),
        { numRuns: kinds === "networks" ? 150 : 50, seed: 20261125 },
      );
      if (process.env["PGKEEP_FIGURES"] === "1")
        console.log(`      ${cases} cases, ${permitted} of them permitted`);
      assert.ok(kinds === "everything" || (cases > 1500 && permitted > 40), `${cases} ${permitted}`);
    });
});
