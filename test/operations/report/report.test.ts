import assert from "node:assert/strict";
import fc from "fast-check";
import { GENESIS, seal, type EvidenceBody, type Verification } from "../../../operations/evidence/index.js";
import {
  escapeHtml,
  humanSeconds,
  renderHtml,
  renderTable,
  summarise,
} from "../../../operations/report/index.js";
import { failoverBody } from "../evidence/records.js";

function verified(...bodies: EvidenceBody[]): Verification {
  let head = { sequence: 0, hash: GENESIS };
  const records = bodies.map((body) => (head = seal(body, head)) as ReturnType<typeof seal>);
  return { intact: true, problems: [], records, head };
}

const page = (verification: Verification): string =>
  renderHtml({
    environment: "test-kvm",
    cluster: "orders",
    made: new Date("2026-11-22T12:00:00Z"),
    verification,
  });

describe("report", () => {
  it("shows objective, computed and measured of the newest drill of each kind", () => {
    const { records } = verified(
      failoverBody({ measured: { rtoSeconds: 99 } }),
      failoverBody(),
      failoverBody({ kind: "drill-restore", measured: { rtoSeconds: 5000, rpoSeconds: 42, rpoRows: 3 } }),
    );
    const table = renderTable(records);
    assert.match(table, /Failover drill +RTO +5 min +60 s +23\.6 s +met/);
    assert.match(table, /RPO +0 s +0 s +0 s \(0 rows\) +met/);
    assert.match(table, /Restore drill +RTO +5 min +60 s +1 h? ?.*MISSED|83 min 20 s +MISSED/);
    assert.match(table, /42 s \(3 rows\) +MISSED/);
    assert.doesNotMatch(table, /99 s/);
    assert.equal(summarise(records).length, 2);
  });

  it("never says met for a drill that failed", () => {
    const { records } = verified(failoverBody({ verdict: "failed" }));
    assert.doesNotMatch(renderTable(records), /\bmet\b/);
    assert.match(renderTable(records), /FAILED/);
  });

  it("is one page without script and without any external resource", () => {
    const html = page(verified(failoverBody()));
    assert.doesNotMatch(html, /<script|<link|<img|<iframe|@import|url\(|https?:|src=|href=/i);
    assert.match(html, /<html lang="en">/);
    assert.match(html, /prefers-color-scheme:dark/);
    assert.match(html, /@media print/);
    assert.match(html, /role="img" aria-labelledby/);
    assert.match(html, /class="limit"/);
    assert.match(html, /class="outage"/);
  });

  it("escapes every value of a record", () => {
    const evil = `"'><script>alert(1)</script>&<svg onload=x>\``;
    const html = page(
      verified(
        failoverBody({
          id: evil,
          target: evil,
          systemIdentifier: evil,
          versions: { [evil]: evil },
          backup: { label: evil },
          findings: [evil],
          controls: [evil],
          computed: { reason: evil },
          steps: [
            { id: evil, name: evil, started: evil, duration: 1, outcome: "passed", detail: evil },
            ...failoverBody().steps,
          ],
        }),
      ),
    );
    assert.doesNotMatch(html, /<script|<svg onload/);
    assert.doesNotMatch(html, /NaN|undefined|Infinity/);
  });

  it("escapes whatever there is, and loses nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const escaped = escapeHtml(text);
        assert.doesNotMatch(escaped, /[<>"'`]/);
        const back = escaped.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
        assert.equal(back, text);
      }),
    );
  });

  it("tells a broken chain at the top", () => {
    const html = page({ ...verified(failoverBody()), intact: false, problems: ["line 1: <b>changed</b>"] });
    assert.match(html, /chain of evidence is broken/);
    assert.match(html, /line 1: &#60;b&#62;changed/);
  });

  it("says when there is nothing yet", () => {
    assert.match(page(verified()), /No drill has been recorded yet/);
    assert.match(renderTable([]), /no drill/);
  });

  it("prints seconds as people read them", () => {
    assert.deepEqual([undefined, 0, 0.347, 12.43, 119, 120, 185, 7200, 7830, 200000].map(humanSeconds), [
      "–",
      "0 s",
      "0.35 s",
      "12.4 s",
      "119 s",
      "2 min",
      "3 min 5 s",
      "2 h",
      "2 h 11 min",
      "2 d 8 h",
    ]);
  });
});
