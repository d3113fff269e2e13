import type { EvidenceBody } from "../../../operations/evidence/index.js";

/** A complete failover record; tests change a copy. */
export function failoverBody(changes: Partial<EvidenceBody> = {}): EvidenceBody {
  return {
    id: "drill-failover-20261122T110000Z-00ff",
    kind: "drill-failover",
    trigger: "manual",
    environment: "test-kvm",
    cluster: "orders",
    systemIdentifier: "7574738472634512345",
    versions: { postgresql: "17.11", patroni: "4.0.7" },
    started: "2026-11-22T11:00:00.000Z",
    finished: "2026-11-22T11:01:40.000Z",
    steps: [
      {
        id: "F6",
        name: "kill the primary",
        started: "2026-11-22T11:00:10.000Z",
        duration: 0.21,
        outcome: "passed",
        detail: "SIGKILL to the virtual machine pg-a1",
      },
      {
        id: "F1",
        name: "a new primary accepts writes",
        started: "2026-11-22T11:00:10.210Z",
        duration: 23.4,
        outcome: "passed",
        detail: "pg-b1, timeline 2",
      },
    ],
    outage: { from: 10, to: 33.6 },
    measured: { rtoSeconds: 23.6, rpoSeconds: 0, rpoRows: 0 },
    objectives: { rtoSeconds: 300, rpoSeconds: 0 },
    computed: { rtoSeconds: 60, rpoSeconds: 0, reason: "ttl 30 s + loop 10 s + promotion" },
    verdict: "passed",
    findings: [],
    controls: ["SOC 2 A1.3", "NIST CP-4"],
    code: { version: "0.1.0" },
    ...changes,
  };
}
