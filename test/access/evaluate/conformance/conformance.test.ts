import assert from "node:assert/strict";
import { tried, type ConformanceCase } from "./cluster.js";
import { EGRESS } from "./egress.js";
import { FIELDS } from "./fields.js";
import { LABELS } from "./labels.js";
import { SELECTORS } from "./peers.js";
import { PORTS } from "./ports.js";
import { ofProtocol } from "./protocols.js";
import { SEVERAL } from "./several.js";

/** Every case of Kubernetes's own tests, and what these leave open. */
const CASES: readonly ConformanceCase[] = [
  ...ofProtocol("tcp", ""),
  ...ofProtocol("udp", " (UDP)"),
  ...ofProtocol("sctp", " (SCTP)"),
  ...SELECTORS,
  ...LABELS,
  ...PORTS,
  ...EGRESS,
  ...SEVERAL,
  ...FIELDS,
];

/** Cases of Kubernetes's tests between server and client: 42 over TCP, and three of them over UDP and SCTP each. */
const PUBLISHED = 48;

describe("evaluator of NetworkPolicy: the meaning of Kubernetes's conformance cases", () => {
  let connections = 0;
  for (const { source, meaning, steps } of CASES)
    it(`${source}: ${meaning}`, () => {
      for (const [i, step] of steps.entries())
        for (const probe of step.probes) {
          const { count, wrong } = tried(step, probe);
          connections += count;
          assert.deepEqual(wrong, [], `step ${i + 1}, ${probe.protocol ?? "tcp"} ${probe.port}`);
        }
    });

  it("are all there, each once", () => {
    console.log(`      ${CASES.length} cases, ${connections} connections judged`);
    assert.equal(new Set(CASES.map(({ source }) => source)).size, CASES.length);
    assert.equal(CASES.length - FIELDS.length, PUBLISHED);
  });
});
