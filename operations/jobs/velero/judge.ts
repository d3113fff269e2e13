import type { Count, VeleroBackup, VeleroRun } from "../../ports/index.js";

/** Phases that nothing comes after but the removal. */
const ENDS = ["Completed", "PartiallyFailed", "Failed", "FailedValidation", "Deleting"];

/** True when a run has come to its end, whichever. */
export function hasEnded({ phase }: Pick<VeleroRun, "phase">): boolean {
  return ENDS.includes(phase);
}

const MEANINGS: Readonly<Record<string, string>> = {
  PartiallyFailed: "PartiallyFailed, which is a failure: something is missing from it",
  FailedValidation: "FailedValidation: Velero has refused it and done nothing",
  Deleting: "Deleting: it is being removed",
};

function counted(what: string, { attempted, completed, failed }: Count): string[] {
  if (attempted === completed && failed === 0) return [];
  return [`${completed} of ${attempted} ${what} were completed${failed === 0 ? "" : `, ${failed} failed`}`];
}

/** Why a run that has ended is not good; nothing when it is. Its phase alone is not believed. */
export function faultsOf(run: VeleroRun): readonly string[] {
  const { phase, errors, problems, moves, hooksFailed } = run;
  return [
    ...(phase === "Completed"
      ? []
      : [`its phase is ${MEANINGS[phase] ?? (phase === "" ? "not known" : phase)}`]),
    ...problems,
    ...(errors === 0 ? [] : [`${errors} errors`]),
    ...counted("volumes", moves),
    ...(hooksFailed === 0 ? [] : [`${hooksFailed} hooks failed`]),
  ];
}

/** The same of a backup, whose volumes must all have been snapshot. */
export function backupFaults(backup: VeleroBackup): readonly string[] {
  return [...faultsOf(backup), ...counted("snapshots", backup.snapshots)];
}

/** One line about a run that was good. */
export function describeRun({ phase, items, moves, errors, warnings }: VeleroRun): string {
  return `${phase}, ${items.done} of ${items.total} objects, ${moves.completed} volumes moved, ${errors} errors, ${warnings} warnings`;
}
