import assert from "node:assert/strict";
import fc from "fast-check";
import {
  canonicalJson,
  GENESIS,
  lineOf,
  readChain,
  seal,
  type Head,
} from "../../../operations/evidence/index.js";
import { failoverBody } from "./records.js";

function chainOf(count: number): Buffer {
  let head: Head = { sequence: 0, hash: GENESIS };
  const lines: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const record = seal(
      failoverBody({ id: `drill-${index}`, findings: [`Größe “${index}” \u2028 & <b>`] }),
      head,
    );
    lines.push(lineOf(record));
    head = record;
  }
  return Buffer.from(lines.join(""));
}

describe("evidence chain", () => {
  const intact = chainOf(4);

  it("reads what was sealed", () => {
    const chain = readChain(intact);
    assert.deepEqual(chain.problems, []);
    assert.equal(chain.records.length, 4);
    assert.equal(chain.head.sequence, 4);
  });

  it("finds any change of any single byte", () => {
    fc.assert(
      fc.property(fc.nat(intact.length - 1), fc.integer({ min: 1, max: 255 }), (position, change) => {
        const copy = Buffer.from(intact);
        copy[position] = (copy[position] ?? 0) ^ change;
        assert.notDeepEqual(readChain(copy).problems, [], `byte ${position} xor ${change}`);
      }),
      { numRuns: 3000 },
    );
  });

  it("finds every single bit flipped at every byte of a record", () => {
    const one = chainOf(1);
    for (let position = 0; position < one.length; position += 1) {
      const copy = Buffer.from(one);
      copy[position] = (copy[position] ?? 0) ^ 1;
      assert.notDeepEqual(readChain(copy).problems, [], `byte ${position}`);
    }
  });

  it("finds removed, repeated, exchanged and inserted bytes and lines", () => {
    const lines = intact.toString("utf8").split("\n").slice(0, -1);
    const [a = "", b = "", c = "", d = ""] = lines;
    for (const wrong of [
      [a, c, d],
      [b, c, d],
      [a, a, b, c, d],
      [a, c, b, d],
      [a, "", b, c, d],
      [a, b, c, `${d} `],
      [a, b, c, ` ${d}`],
    ])
      assert.notDeepEqual(
        readChain(Buffer.from(`${wrong.join("\n")}\n`)).problems,
        [],
        wrong.map((x) => x.length).join(),
      );
    fc.assert(
      fc.property(fc.nat(intact.length - 1), (position) => {
        const removed = Buffer.concat([intact.subarray(0, position), intact.subarray(position + 1)]);
        assert.notDeepEqual(readChain(removed).problems, []);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps what is before an incomplete last line", () => {
    const chain = readChain(intact.subarray(0, intact.length - 10));
    assert.equal(chain.records.length, 3);
    assert.match(chain.problems.join(), /incomplete/);
    assert.ok(chain.torn.length > 100);
  });

  it("writes one text for one value, whatever the order of its keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const shuffled = Object.fromEntries(Object.entries(value).reverse());
        const text = canonicalJson(value as Parameters<typeof canonicalJson>[0]);
        assert.equal(canonicalJson(shuffled as Parameters<typeof canonicalJson>[0]), text);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      }),
    );
    assert.throws(() => canonicalJson({ a: Number.NaN }), RangeError);
  });
});
