import { WalArchive } from "../wal-archive.js";
import { partName, type Placement } from "./placement.js";

/** WAL archive and base backups of a site; nothing where they are not declared. */
export function placeArchive(placement: Placement): readonly WalArchive[] {
  const { environment, place, secrets, opts } = placement;
  if (environment.kubernetes.archive === undefined) return [];
  return [new WalArchive(partName(placement, "archive"), { environment, site: place.site, secrets }, opts)];
}
