/** What was done. A record of kind retention tells which older records were removed by declaration. */
export const EVIDENCE_KINDS = [
  "snapshot",
  "backup",
  "verify",
  "drill-restore",
  "drill-failover",
  "drill-site",
  "failover",
  "failback",
  "srm-test",
  "srm-cleanup",
  "srm-recovery",
  "srm-reprotect",
  "velero-backup",
  "velero-restore",
  "retention",
] as const;

export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** Kinds that test the recovery and are held against an objective. */
export const DRILL_KINDS = [
  "drill-restore",
  "drill-failover",
  "drill-site",
  "srm-test",
  "velero-restore",
] as const;

/** One step of a job, such as R4 of the restore drill or F6 of the failover drill. */
export interface EvidenceStep {
  /** Short id, such as R4. */
  readonly id: string;
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  /** Seconds, to the millisecond. */
  readonly duration: number;
  /** refused: going on could have lost data or made a second primary. */
  readonly outcome: "passed" | "failed" | "refused" | "skipped";
  /** What was seen, in one line. */
  readonly detail: string;
  /** SHA-256 of the output that the step judged. */
  readonly outputHash?: string | undefined;
}

/** What was lost and for how long the service was away. */
export interface Measured {
  /** From the last acknowledged write before to the first after, or from the start of a restore to a checked copy; seconds. */
  readonly rtoSeconds?: number | undefined;
  /** Age of the newest acknowledged transaction that is missing; seconds. 0 when nothing is missing. */
  readonly rpoSeconds?: number | undefined;
  /** Acknowledged rows that are missing. */
  readonly rpoRows?: number | undefined;
}

/** A time without writes, relative to the start of the record, in seconds. */
export interface Outage {
  readonly from: number;
  /** Absent when the service did not come back. */
  readonly to?: number | undefined;
}

/** What a job knows when it ends; the chain adds sequence, previous hash and hash. */
export interface EvidenceBody {
  /** Unique id, such as drill-restore-20261122T110000Z-4f1c. */
  readonly id: string;
  readonly kind: EvidenceKind;
  readonly trigger: "schedule" | "manual";
  readonly environment: string;
  readonly cluster: string;
  /** PostgreSQL's system identifier, as text: it exceeds what a number carries exactly. */
  readonly systemIdentifier?: string | undefined;
  /** Versions by program: postgresql, pgbackrest, patroni. */
  readonly versions: Readonly<Record<string, string>>;
  readonly backup?: { readonly label: string; readonly manifestHash?: string | undefined } | undefined;
  /** Recovery target of a restore: latest or ISO 8601. */
  readonly target?: string | undefined;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly finished: string;
  readonly steps: readonly EvidenceStep[];
  readonly outage?: Outage | undefined;
  readonly measured: Measured;
  /** What was declared; seconds. */
  readonly objectives?: { readonly rtoSeconds: number; readonly rpoSeconds: number } | undefined;
  /** Worst case computed from the declaration; seconds, with the arithmetic. */
  readonly computed?:
    | {
        readonly rtoSeconds?: number | undefined;
        readonly rpoSeconds?: number | undefined;
        readonly reason: string;
      }
    | undefined;
  readonly verdict: "passed" | "failed";
  /** Why it failed, and what an auditor should read; one sentence each. */
  readonly findings: readonly string[];
  /** Controls that the record supports, such as "SOC 2 A1.3". */
  readonly controls: readonly string[];
  /** The pgkeep that did it. */
  readonly code: { readonly version: string; readonly commit?: string | undefined };
  /** For kind retention: the last record that was removed. */
  readonly removed?: { readonly sequence: number; readonly hash: string; readonly count: number } | undefined;
}

/** A record in the chain. */
export interface EvidenceRecord extends EvidenceBody {
  readonly format: "pgkeep/evidence/1";
  /** 1 for the first, then one more each. */
  readonly sequence: number;
  /** Hash of the record before; 64 zeros for the first. */
  readonly previous: string;
  /** SHA-256 of the canonical JSON of all other members. */
  readonly hash: string;
}

/** What the records of a kind prove, by control. The texts stand in docs and in the report. */
export const CONTROLS: Readonly<Record<EvidenceKind, readonly string[]>> = {
  snapshot: ["SOC 2 A1.2", "ISO 27001 A.8.13", "NIST CP-9"],
  backup: ["SOC 2 A1.2", "ISO 27001 A.8.13", "NIST CP-9"],
  verify: ["SOC 2 A1.2", "ISO 27001 A.8.13", "PCI DSS 9.4.1", "NIST CP-9(1)"],
  "drill-restore": [
    "SOC 2 A1.3",
    "SOC 2 CC7.5",
    "ISO 27001 A.8.13",
    "PCI DSS 12.10.2",
    "NIST CP-9(1)",
    "NIST CP-4",
  ],
  "drill-failover": [
    "SOC 2 A1.3",
    "SOC 2 CC7.5",
    "ISO 27001 A.8.14",
    "ISO 27001 A.5.30",
    "PCI DSS 12.10.2",
    "NIST CP-4",
    "NIST CP-10(2)",
  ],
  "drill-site": [
    "SOC 2 A1.2",
    "SOC 2 A1.3",
    "ISO 27001 A.5.29",
    "ISO 27001 A.5.30",
    "PCI DSS 12.10.2",
    "NIST CP-4",
  ],
  failover: ["SOC 2 CC7.4", "SOC 2 CC7.5", "ISO 27001 A.5.29", "NIST CP-10(2)"],
  failback: ["SOC 2 CC7.5", "ISO 27001 A.5.29", "NIST CP-10(2)"],
  "srm-test": [
    "SOC 2 A1.2",
    "SOC 2 A1.3",
    "ISO 27001 A.5.29",
    "ISO 27001 A.5.30",
    "PCI DSS 12.10.2",
    "NIST CP-4",
  ],
  "srm-cleanup": ["SOC 2 A1.3", "NIST CP-4"],
  "srm-recovery": ["SOC 2 CC7.4", "SOC 2 CC7.5", "ISO 27001 A.5.29"],
  "srm-reprotect": ["SOC 2 A1.2", "SOC 2 CC7.5", "ISO 27001 A.5.30"],
  "velero-backup": ["SOC 2 A1.2", "ISO 27001 A.8.13", "NIST CP-9"],
  "velero-restore": [
    "SOC 2 A1.3",
    "SOC 2 CC7.5",
    "ISO 27001 A.8.13",
    "PCI DSS 12.10.2",
    "NIST CP-9(1)",
    "NIST CP-4",
  ],
  retention: [],
};

/** What each control asks for, in a few words; sources: SOC 2 TSC 2017, ISO 27001:2022, PCI DSS 4.0.1, NIST 800-53 r5. */
export const CONTROL_TEXTS: Readonly<Record<string, string>> = {
  "SOC 2 A1.2": "Backups, off-site copies and recovery infrastructure exist and run",
  "SOC 2 A1.3": "Recovery procedures are tested on schedule, with results",
  "SOC 2 CC7.4": "Response to incidents",
  "SOC 2 CC7.5": "Recovery from incidents is proven",
  "ISO 27001 A.8.13": "Information backup, including restore tests",
  "ISO 27001 A.8.14": "Redundancy of information processing facilities",
  "ISO 27001 A.5.29": "Information security during disruption",
  "ISO 27001 A.5.30": "ICT readiness for business continuity",
  "PCI DSS 9.4.1": "Backup media are secured and checked",
  "PCI DSS 12.10.2": "The recovery plan is tested at least yearly",
  "NIST CP-4": "Contingency plan testing",
  "NIST CP-9": "System backup",
  "NIST CP-9(1)": "Backups are tested for reliability and integrity",
  "NIST CP-10(2)": "Transaction recovery",
};
