import { longestInterval, type Backup } from "../../declaration/index.js";

const DAY = 86400;

/**
 * Days that a full backup must have reached before an older one goes (`repo1-retention-full-type=time`). That keeps at
 * least one full of that age, so every moment of the last `age` can be restored. `count` fulls are kept as well, by
 * stretching the time to the span that so many fulls need at their schedule.
 */
export function retentionDays({ full, retention }: NonNullable<Backup["base"]>): number {
  const span = (retention.count - 1) * longestInterval(full.schedule);
  return Math.max(1, Math.ceil(Math.max(retention.age, span) / DAY));
}
