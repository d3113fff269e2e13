import type { Cluster } from "./cluster.js";
import type { Backup } from "./recovery.js";
import { longestInterval } from "./schedule.js";

const GIB = 1024 ** 3;

/** What a repository must hold, as parts of the data volume. */
const SHARES = {
  /** Assumed: a data volume is enlarged before it is fuller than two thirds. */
  data: 2 / 3,
  /** A full backup of that data, compressed: measured 18 MB of 172 MiB. Little enough to be a lower bound. */
  full: 1 / 10,
} as const;

type Sections = { readonly cluster: Pick<Cluster, "sizing">; readonly backup: Backup };

/** Full backups that lie in the repository at a time: those of the retention, and the next before the oldest goes. */
function fulls({ full, retention }: NonNullable<Backup["base"]>): number {
  const interval = longestInterval(full.schedule) / 86400;
  return Math.max(retention.count, Math.ceil(retention.age / 86400 / interval)) + 1;
}

/** Bytes below which a repository cannot hold its full backups and the copy that a restore drill makes beside them. */
export function leastRepository({ cluster, backup }: Sections): number {
  if (backup.base === undefined) return 0;
  const parts = SHARES.data * (1 + fulls(backup.base) * SHARES.full);
  // Whole gibibytes; fractions such as 2/3 are not exact.
  return Math.ceil((parts * cluster.sizing.disks.data) / GIB - 1e-6) * GIB;
}

/** Size of the repository's volume in bytes: declared, or as large as the data volume and at least what it must hold. */
export function repositorySize(sections: Sections): number {
  return (
    sections.backup.repository.size ?? Math.max(sections.cluster.sizing.disks.data, leastRepository(sections))
  );
}
