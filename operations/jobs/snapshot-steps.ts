/** The steps of `pgkeep snapshot`, in order. After each of them a test may let the process die. */
export const SNAPSHOT_STEPS = [
  "heal",
  "check",
  "checkpoint",
  "freeze",
  "copy",
  "seal",
  "verify",
  "publish",
  "merge",
  "prove",
  "prune",
] as const;
export type SnapshotStep = (typeof SNAPSHOT_STEPS)[number];
