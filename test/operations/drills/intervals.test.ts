import assert from "node:assert/strict";
import fc from "fast-check";
import { intervalsOf, isRefusal, overlapsOf } from "../../../operations/jobs/drill-failover/intervals.js";
import type { ClientEvent } from "../../../operations/ports/index.js";

const ack = (sent: number): ClientEvent => ({
  kind: "ack",
  sequence: sent,
  sent,
  acked: sent + 5,
  server: "x",
});
const refused = (sent: number): ClientEvent => ({
  kind: "fail",
  sequence: sent,
  sent,
  at: sent + 5,
  reason: "25006 cannot execute INSERT in a read-only transaction",
});
const silent = (sent: number): ClientEvent => ({
  kind: "fail",
  sequence: sent,
  sent,
  at: sent + 3000,
  reason: "Query read timeout",
});

describe("proof that never two members were primary", () => {
  it("takes a handover with a gap", () => {
    const a = intervalsOf("a", [ack(0), ack(100), silent(200), refused(4000), refused(9000)]);
    const b = intervalsOf("b", [refused(0), refused(4000), ack(5000), ack(6000)]);
    assert.deepEqual(a, [{ member: "a", from: 0, to: 105, writes: 2 }]);
    assert.deepEqual(overlapsOf([...a, ...b]), []);
  });

  it("takes going there and back", () => {
    const a = intervalsOf("a", [ack(0), refused(100), refused(900), ack(1000)]);
    const b = intervalsOf("b", [refused(0), ack(200), refused(900)]);
    assert.equal(a.length, 2);
    assert.deepEqual(overlapsOf([...a, ...b]), []);
  });

  it("finds an old primary that goes on, even by one write", () => {
    const a = intervalsOf("a", [ack(0), ack(100), ack(5001)]);
    const b = intervalsOf("b", [ack(5000), ack(6000)]);
    assert.equal(overlapsOf([...a, ...b]).length, 1);
    assert.equal(overlapsOf([...a, ...b])[0]?.length, 6);
  });

  it("does not take silence for a refusal: in between the member may have accepted others' writes", () => {
    const a = intervalsOf("a", [ack(0), silent(100), silent(4000), ack(9000)]);
    const b = intervalsOf("b", [ack(5000)]);
    assert.equal(overlapsOf([...a, ...b]).length, 1);
  });

  it("knows a refusal from silence", () => {
    for (const reason of [
      "25006 read-only",
      "57P01 terminating",
      "57P03 starting up",
      "ECONNREFUSED connect",
    ])
      assert.ok(isRefusal(reason));
    for (const reason of ["ETIMEDOUT", "EHOSTUNREACH connect", "timeout expired", "Query read timeout", ""])
      assert.ok(!isRefusal(reason));
  });

  it("finds an overlap exactly when two members have one", () => {
    const run = fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(1000), fc.nat(100));
    fc.assert(
      fc.property(fc.array(run, { maxLength: 12 }), (runs) => {
        const intervals = runs.map(([member, from, length]) => ({
          member,
          from,
          to: from + length,
          writes: 1,
        }));
        const naive = intervals.some((one, i) =>
          intervals.some(
            (other, j) =>
              i < j && one.member !== other.member && one.from <= other.to && other.from <= one.to,
          ),
        );
        assert.equal(overlapsOf(intervals).length > 0, naive);
      }),
    );
  });
});
