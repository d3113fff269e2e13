import { HOST_PATHS } from "../../components/recovery/index.js";
import type { Context } from "../context.js";
import { EXIT, type ExitCode } from "../errors.js";
import type { EvidenceRecord } from "../evidence/index.js";
import { humanSeconds } from "../report/index.js";

/** Where every recovery command keeps its evidence. */
export interface EvidenceOption {
  readonly evidence: string;
}

export const EVIDENCE_OPTION = [
  "--evidence <file>",
  "file of the evidence records",
  HOST_PATHS.evidence,
] as const;

/** Prints what a recovery job left; a failed verdict is exit code 1, or 3 when a step was refused for safety. */
export function conclude(
  context: Pick<Context, "output" | "dryRun">,
  record: EvidenceRecord | undefined,
): ExitCode {
  if (record === undefined) {
    context.output.result({ ok: true, dryRun: context.dryRun }, "");
    return EXIT.ok;
  }
  const { verdict, id, measured, findings, backup, steps } = record;
  const facts = [
    measured.rtoSeconds === undefined ? "" : `RTO ${humanSeconds(measured.rtoSeconds)}`,
    measured.rpoSeconds === undefined
      ? ""
      : `RPO ${humanSeconds(measured.rpoSeconds)}${measured.rpoRows === undefined ? "" : ` (${measured.rpoRows} rows)`}`,
    backup === undefined ? "" : `backup ${backup.label}`,
  ].filter((fact) => fact !== "");
  const lines = [
    `${id}: ${verdict.toUpperCase()}${facts.length === 0 ? "" : `, ${facts.join(", ")}`}`,
    ...findings.map((text) => `  ${text}`),
  ];
  context.output.result({ ok: verdict === "passed", record }, lines.join("\n"));
  if (verdict === "passed") return EXIT.ok;
  return steps.some(({ outcome }) => outcome === "refused") ? EXIT.refused : EXIT.failed;
}
