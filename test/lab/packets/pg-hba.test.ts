import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import {
  compilePgHba,
  evaluatePgHba,
  parsePgHba,
  readModel,
  type AccessModel,
} from "../../../components/access/index.js";
import { createSecrets } from "../../../operations/secrets/index.js";
import { ADDRESSES, GUESTS, models } from "../../access/matrix/arbitrary.js";
import { callsServer, DATABASES, ROLES } from "../../access/matrix/logins.js";
import { MUTANTS } from "../../access/matrix/mutants.js";
import { disagreement } from "../../access/matrix/targets.js";
import { planOf } from "../../postgres/build.js";
import { attemptsOf, isPermitted } from "./attempts.js";
import { ACCEPTED, Connector, type Attempt } from "./connector.js";
import { HostAndWorld } from "./network.js";
import { CERTIFIED, HbaServer } from "./server.js";

const SEED = 20_261_127;
const MODELS = 28;

interface Case {
  readonly model: AccessModel;
  readonly text: string;
  readonly effects: ReadonlySet<string>;
  readonly attempts: readonly Attempt[];
}

/** Generated files, each with logins to the one address that it is made for. */
const cases = fc.sample(models("networks"), { numRuns: MODELS, seed: SEED }).flatMap((input, i): Case[] => {
  const model = readModel({ ...input, rules: (input.rules ?? []).map(callsServer) });
  const at = GUESTS[i % GUESTS.length];
  assert.ok(at !== undefined);
  const { output, reported } = compilePgHba(model, { at: { name: at.address, endpoints: [at] } });
  if (output === undefined) return [];
  const effects = new Set(reported.map(({ effect }) => effect));
  return [{ model, text: output, effects, attempts: attemptsOf(model, at.address) }];
});

describe("real connections to PostgreSQL through generated pg_hba.conf", () => {
  for (const major of [17, 18] as const)
    describe(`PostgreSQL ${major}`, function () {
      this.timeout(600_000);
      let server: HbaServer;
      let connector: Connector;
      const opened: { close(): Promise<void> }[] = [];

      before(async () => {
        const secrets = await createSecrets(planOf().environment);
        const password = randomBytes(24).toString("hex");
        server = await HbaServer.open(major, secrets);
        opened.push(server);
        await server.populate(DATABASES, ROLES, password);
        const own = GUESTS.map(({ address }) => address);
        const net = await HostAndWorld.open([{ device: "eth0", own }], ADDRESSES, server.box.pid);
        opened.push(net);
        const shown = secrets.certificates[CERTIFIED.client];
        assert.ok(shown !== undefined);
        const { authority } = secrets;
        connector = new Connector(net.world, { authority, ...shown, password, server: CERTIFIED.server });
        opened.push(connector);
      });

      after(async () => {
        for (const each of opened.reverse()) await each.close();
      });

      it("the server lets in whom evaluator and model say, and nobody else", async () => {
        let [tried, accepted] = [0, 0];
        for (const { model, text, effects, attempts } of cases) {
          assert.equal(await server.load(text), "", text);
          const records = parsePgHba(text);
          const outcomes = await connector.attempt(attempts);
          attempts.forEach(({ from, to, login }, i) => {
            const isIn = outcomes[i] === ACCEPTED;
            const words = `${JSON.stringify({ from, to, login })} of ${text}`;
            const judged = evaluatePgHba(records, { address: from, login });
            assert.equal(isIn ? "accept" : "drop", judged.verdict, `${outcomes[i]}, ${judged.by}: ${words}`);
            assert.equal(
              disagreement(isPermitted(model, { from, to, login }), isIn, effects),
              undefined,
              words,
            );
            tried++;
            if (isIn) accepted++;
          });
        }
        console.log(`      ${cases.length} files, ${tried} connections, ${accepted} let in, 0 disagreements`);
        assert.ok(tried >= 400 && accepted >= 60, `${tried} ${accepted}`);
      });

      // What the files mean to one version they mean to the other, as the comparison above shows.
      const planted = MUTANTS.filter(({ target }) => target === "pg_hba" && major === 18);
      for (const { bug, plant } of planted)
        it(`the server betrays a compiler with a bug: ${bug}`, async () => {
          for (const { model, text, effects, attempts } of cases) {
            const broken = plant(text);
            if (broken === text) continue;
            // A text that the server does not take is found out before anybody connects.
            if ((await server.load(broken)) !== "") return;
            const outcomes = await connector.attempt(attempts);
            if (
              attempts.some(
                (each, i) =>
                  disagreement(isPermitted(model, each), outcomes[i] === ACCEPTED, effects) !== undefined,
              )
            )
              return;
          }
          assert.fail("no connection to any server showed it");
        });
    });
});
