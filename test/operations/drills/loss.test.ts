import assert from "node:assert/strict";
import fc from "fast-check";
import { parseClientLog } from "../../../operations/jobs/drill-failover/client-log.js";
import { lossOf } from "../../../operations/jobs/drill-failover/loss.js";
import type { Ack } from "../../../operations/ports/index.js";

/** Acknowledgements at the given milliseconds, each sent 10 ms before. */
const acks = (...times: number[]): Ack[] =>
  times.map((acked, index) => ({
    kind: "ack",
    sequence: index + 1,
    sent: acked - 10,
    acked,
    server: "10.0.0.1",
  }));
const present = (...sequences: number[]): Set<number> => new Set(sequences);

describe("what a failure cost", () => {
  it("measures the time from the last acknowledgement before to the first after", () => {
    const loss = lossOf(acks(1000, 1050, 1100, 24_100, 24_150), present(1, 2, 3, 4, 5), 1120);
    assert.deepEqual(loss, { rows: 0, seconds: 0, outage: 23, outageFrom: 1100, outageTo: 24_100 });
  });

  it("counts lost rows, and their time from the newest survivor before them", () => {
    const loss = lossOf(acks(1000, 1050, 1100, 1150, 24_150), present(1, 2, 5), 1160);
    assert.equal(loss?.rows, 2);
    assert.equal(loss?.seconds, 0.1);
  });

  it("counts rows acknowledged after the failure began, as behind a cut", () => {
    const loss = lossOf(acks(1000, 2000, 3000, 30_000), present(1, 4), 1100);
    assert.deepEqual([loss?.rows, loss?.seconds, loss?.outage], [2, 2, 27]);
  });

  it("says nothing when the service did not come back", () => {
    assert.equal(lossOf(acks(1000, 1050), present(1, 2), 1100), undefined);
  });

  it("finds nothing lost exactly when every acknowledged row is there", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 3, maxLength: 60 }),
        fc.nat(),
        fc.integer({ min: 0, max: 5 }),
        (gaps, cut, lost) => {
          let time = 0;
          const all = acks(...gaps.map((gap) => (time += gap)));
          const at = 1 + (cut % (all.length - 2));
          const failure = (all[at]?.acked ?? 0) - 1;
          const gone = all.slice(Math.max(1, at - lost), at).map(({ sequence }) => sequence);
          const held = new Set(
            all.map(({ sequence }) => sequence).filter((sequence) => !gone.includes(sequence)),
          );
          const loss = lossOf(all, held, failure);
          assert.equal(loss?.rows, gone.length);
          assert.equal((loss?.seconds ?? -1) > 0, gone.length > 0);
          assert.ok((loss?.outage ?? 0) > 0);
        },
      ),
    );
  });
});

describe("log of a client", () => {
  const line = '{"kind":"ack","sequence":1,"sent":1,"acked":2,"server":"10.0.0.1"}';

  it("leaves out a last line that was cut short, and refuses damage elsewhere", () => {
    assert.equal(parseClientLog(`${line}\n`).length, 1);
    assert.equal(parseClientLog(`${line}\n${line.slice(0, 30)}`).length, 1);
    assert.equal(parseClientLog(`${line}\n${line}`).length, 2);
    assert.throws(() => parseClientLog(`${line.slice(0, 30)}\n${line}\n`));
    assert.deepEqual(parseClientLog(""), []);
  });
});
