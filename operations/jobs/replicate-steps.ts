/** The steps of `pgkeep replicate`, in order. After each of them a test may let the process die. */
export const REPLICATE_STEPS = [
  "heal",
  "check",
  "choose",
  "begin",
  "write",
  "seal",
  "stage",
  "transfer",
  "publish",
  "record",
  "trim",
  "define",
  "merge",
] as const;
export type ReplicateStep = (typeof REPLICATE_STEPS)[number];

/** Points within the last step, in order: merging the oldest increment. */
export const MERGE_POINTS = ["merge-marked", "merge-committed", "merge-renamed", "merge-sealed"] as const;
