import fc from "fast-check";
import type { Fault, Injection } from "../../lab/endpoints/nsx/index.js";

/** From which call on something goes wrong, how often, and how. */
export interface Cut {
  readonly call: number;
  readonly times: number;
  readonly fault: Fault;
}

/** A cut at one of the first calls of an operation; null: nothing goes wrong. */
export function cuts(calls: number): fc.Arbitrary<Cut | null> {
  return fc.option(
    fc.record({
      call: fc.nat({ max: calls }),
      times: fc.integer({ min: 1, max: 6 }),
      fault: fc.constantFrom<Fault>(
        { kind: "drop-before" },
        { kind: "drop-after" },
        { kind: "status", status: 503 },
        { kind: "status", status: 400 },
        { kind: "expire" },
      ),
    }),
  );
}

/** Everything works up to the cut's call. */
export function injectCut(endpoint: { inject(injection: Injection): void }, cut: Cut | null): void {
  if (cut === null) return;
  endpoint.inject({ times: cut.call, fault: { kind: "slow", milliseconds: 0 } });
  endpoint.inject({ times: cut.times, fault: cut.fault });
}
