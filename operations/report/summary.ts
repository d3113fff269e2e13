import { DRILL_KINDS, type EvidenceKind, type EvidenceRecord } from "../evidence/index.js";

/** A row of the table objective / computed / measured. */
export interface SummaryRow {
  readonly record: EvidenceRecord;
  readonly title: string;
  /** Recovery time, seconds. */
  readonly rto: Comparison;
  /** Loss, seconds. */
  readonly rpo: Comparison;
  readonly rows: number | undefined;
}

/** An objective beside what was computed and what was measured; seconds. */
export interface Comparison {
  readonly objective: number | undefined;
  readonly computed: number | undefined;
  readonly measured: number | undefined;
  /** Measured is within the objective; undefined when one of them is missing. */
  readonly met: boolean | undefined;
}

export const TITLES: Readonly<Record<EvidenceKind, string>> = {
  snapshot: "Snapshot of a VM",
  backup: "Backup",
  verify: "Verification of the backups",
  "drill-restore": "Restore drill",
  "drill-failover": "Failover drill",
  "drill-site": "Site drill",
  failover: "Failover",
  failback: "Failback",
  "srm-test": "Test of the recovery plan",
  "srm-cleanup": "Cleanup after a test",
  "srm-recovery": "Run of the recovery plan",
  "srm-reprotect": "Reprotection",
  "velero-backup": "Backup of a namespace by Velero",
  "velero-restore": "Restore of a namespace by Velero",
  retention: "Removal of old evidence",
};

/** The newest record of every kind of drill, then of the other jobs, as rows of the table. */
export function summarise(records: readonly EvidenceRecord[]): readonly SummaryRow[] {
  return DRILL_KINDS.flatMap((kind) => {
    const newest = records.findLast((record) => record.kind === kind);
    return newest === undefined ? [] : [summaryRow(newest)];
  });
}

/** The row of one record. */
export function summaryRow(record: EvidenceRecord): SummaryRow {
  const { measured, objectives, computed } = record;
  return {
    record,
    title: TITLES[record.kind],
    rto: compare(objectives?.rtoSeconds, computed?.rtoSeconds, measured.rtoSeconds),
    rpo: compare(objectives?.rpoSeconds, computed?.rpoSeconds, measured.rpoSeconds),
    rows: measured.rpoRows,
  };
}

function compare(
  objective: number | undefined,
  computed: number | undefined,
  measured: number | undefined,
): Comparison {
  const met = objective === undefined || measured === undefined ? undefined : measured <= objective;
  return { objective, computed, measured, met };
}
