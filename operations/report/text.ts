import type { EvidenceRecord } from "../evidence/index.js";
import { humanSeconds, humanTime } from "./format.js";
import { summarise, type Comparison } from "./summary.js";

const COLUMNS = ["drill", "", "objective", "computed", "measured", "result"] as const;

/** The table for the terminal: objective, computed and measured of the newest drill of each kind. */
export function renderTable(records: readonly EvidenceRecord[]): string {
  const rows: string[][] = [[...COLUMNS]];
  for (const { title, record, rto, rpo, rows: lost } of summarise(records)) {
    const failed = record.verdict === "failed";
    rows.push([title, "RTO", ...cells(rto), result(rto, failed)]);
    const measured = humanSeconds(rpo.measured) + (lost === undefined ? "" : ` (${lost} rows)`);
    rows.push(["", "RPO", ...cells(rpo).slice(0, 2), measured, result(rpo, failed)]);
  }
  if (rows.length === 1) return "no drill has been recorded yet\n";
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  const [head = [], ...body] = rows;
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  const newest = records.at(-1);
  const foot = newest === undefined ? "" : `newest record: ${humanTime(newest.finished)}, ${newest.hash}`;
  return `${[line(head), rule, ...body.map(line), "", foot].join("\n")}\n`;
}

function cells({ objective, computed, measured }: Comparison): string[] {
  return [humanSeconds(objective), humanSeconds(computed), humanSeconds(measured)];
}

function result({ met }: Comparison, failed: boolean): string {
  if (met === false) return "MISSED";
  if (failed) return "FAILED";
  return met === undefined ? "not measured" : "met";
}
