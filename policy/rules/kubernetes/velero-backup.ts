import type { Node } from "../../node.js";
import type { Kind, KubernetesObject } from "./object.js";

export const SCHEDULE: Kind = "velero.io/Schedule";
export const BACKUP: Kind = "velero.io/Backup";

/** What a Schedule or a Backup copies. */
export function backupOf({ kind, spec }: KubernetesObject): Node {
  return kind === SCHEDULE ? spec.at("template") : spec;
}
