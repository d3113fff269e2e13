import assert from "node:assert/strict";
import fc from "fast-check";
import {
  DeclarationError,
  parseEnvironment,
  parseSecrets,
  type Environment,
} from "../../components/declaration/index.js";
import { kvmEnvironment } from "../fixtures/environment.js";

const RUNS = 2000;

/** Parses and hands back the message of a refusal; anything but a DeclarationError is a crash. */
function refusal(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof DeclarationError) return error.message;
    throw error;
  }
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Paths of every node of a JSON value, the root left out. */
function nodes(value: Json, at: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [];
  const entries: [string | number, Json][] = Array.isArray(value)
    ? value.map((item, i) => [i, item])
    : Object.entries(value);
  return entries.flatMap(([key, item]) => [[...at, key], ...nodes(item, [...at, key])]);
}

const valid = kvmEnvironment() as unknown as Json;
const places = nodes(valid);

/** Removes the node at a path, or puts another value there. */
function mutate(input: Json, path: readonly (string | number)[], value: Json | undefined): Json {
  const copy = structuredClone(input);
  let at = copy as Record<string | number, Json>;
  for (const key of path.slice(0, -1)) {
    const inner = at[key];
    if (typeof inner !== "object" || inner === null) return copy;
    at = inner as Record<string | number, Json>;
  }
  const last = path.at(-1) ?? "";
  if (value !== undefined) at[last] = value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else Reflect.deleteProperty(at, last);
  return copy;
}

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
/** Values that are nearly right, which is where checks between sections break. */
const plausible = fc.constantFrom<Json>(
  "", "a", "b", "w", "0 s", "1 d", "16 GiB", "10.77.1.0/24", "10.77.1.101", "0 0 31 2 *", "*/7 * * * *", "17.0",
  0, -1, 1, 1e308, -0, 0.1, true, null, [], {}, [[]], [null], [{}], { __proto__: null }, "constructor", "\u0000", "💥",
); // prettier-ignore

describe("fuzzing the declaration", function () {
  this.timeout(300_000); // The work is a few seconds; the machine may be busy.

  it(`arbitrary JSON never crashes it (${RUNS} runs)`, () => {
    fc.assert(
      fc.property(json, (input) => assert.equal(typeof refusal(() => parseEnvironment(input)), "string")),
      { numRuns: RUNS },
    );
  });

  it(`arbitrary sections in the right places never crash it (${RUNS} runs)`, () => {
    const sections = Object.fromEntries(Object.keys(kvmEnvironment()).map((key) => [key, json]));
    fc.assert(
      fc.property(fc.record(sections, { requiredKeys: [] }), (input) => {
        refusal(() => parseEnvironment(input));
      }),
      { numRuns: RUNS },
    );
  });

  it(`one to five nodes of a valid declaration removed or replaced never crash it (${RUNS} runs)`, () => {
    const change = fc.tuple(
      fc.constantFrom(...places),
      fc.option(fc.oneof(json, plausible), { nil: undefined }),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        const input = changes.reduce((value, [path, to]) => mutate(value, path, to), valid);
        refusal(() => parseEnvironment(input));
      }),
      { numRuns: RUNS },
    );
  });

  it(`every node of a valid declaration removed is accepted or refused with a path (${places.length} nodes)`, () => {
    for (const path of places) {
      const message = refusal(() => parseEnvironment(mutate(valid, path, undefined)));
      if (message !== undefined) assert.match(message, /^ {2}\S+: .* give .+$/m, path.join("."));
    }
  });

  it(`never shows a planted secret (${RUNS} runs)`, () => {
    const planted = fc.string({ unit: fc.constantFrom(..."abcXYZ0189+/"), minLength: 24, maxLength: 40 });
    const disguise = fc.constantFrom<(secret: string) => Json>(
      (secret) => ({ password: secret }),
      (secret) => ({ cipherPass: secret, tsigSecret: [secret] }),
      (secret) => ({ apiToken: { value: secret } }),
      (secret) => ({ privateKey: secret }),
      (secret) => `password=${secret}`,
      (secret) => `-----BEGIN PRIVATE KEY-----\n${secret}`,
      (secret) => `SCRAM-SHA-256$4096:${secret}`,
      (secret) => `https://user:${secret}@mirror.example.org/`,
      (secret) => ({ [`password: ${secret}`]: 1 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), planted, disguise, (path, secret, dress) => {
        const message = refusal(() => parseEnvironment(mutate(valid, path, dress(secret))));
        assert.ok(!message?.includes(secret), message);
      }),
      { numRuns: RUNS },
    );
  });

  it("keys that mean something to JavaScript are harmless", () => {
    for (const key of ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"]) {
      for (const path of [[], ...places.filter((place) => typeof place.at(-1) === "string").slice(0, 60)]) {
        const text = JSON.stringify(mutate({ root: valid }, ["root", ...path, "marker"], "marker"));
        const input = JSON.parse(
          text.replace('"marker":"marker"', `${JSON.stringify(key)}:{"polluted":true}`),
        ) as { root: Json };
        refusal(() => parseEnvironment(input.root));
        assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
      }
    }
    const top = JSON.parse(`{"__proto__":{"name":"x"},"constructor":1}`) as Json;
    assert.match(refusal(() => parseEnvironment(top)) ?? "", /name: \(nothing\) is missing/);
  });

  it("a parsed declaration is the same whatever the order of the keys", () => {
    const reversed = (value: Json): Json =>
      Array.isArray(value)
        ? value.map(reversed)
        : typeof value === "object" && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .toReversed()
                .map(([key, item]) => [key, reversed(item)]),
            )
          : value;
    assert.deepEqual(parseEnvironment(reversed(valid)), parseEnvironment(valid));
  });
});

describe("fuzzing the secrets", function () {
  this.timeout(300_000);

  const environment: Environment = parseEnvironment(valid);

  it(`never crashes and never shows a value (${RUNS} runs)`, () => {
    const secret = "hunter2hunter2hunter2hunter2hunter2";
    const value = fc.oneof(fc.constant(secret), fc.record({ private: fc.constant(secret) }), json);
    const names = [
      "authority", "certificates", "passwords", "repositoryPassphrase", "patroniPassword", "tsig", "operationsKey",
      "fencingKey", "extra",
    ]; // prettier-ignore
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (input) => {
        const message = refusal(() => parseSecrets(input, environment));
        assert.ok(message !== undefined, "nothing random is a full set of secrets");
        assert.ok(!message.includes(secret), message);
      }),
      { numRuns: RUNS },
    );
  });
});
