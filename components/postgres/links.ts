import type { PlanGuest } from "../recovery/plan.js";
import { INTERFACES } from "./layout.js";

/** A systemd.link file: path and text. */
export interface LinkFile {
  readonly path: string;
  readonly content: string;
}

/**
 * Names of the interfaces by MAC address, for every boot. cloud-init itself renames only while it runs (measured: its
 * networkd renderer leaves no .link file), and it does not run after the first boot.
 */
export function linkFiles({ macs }: PlanGuest): readonly LinkFile[] {
  return (["management", "client", "replication"] as const).map((purpose) => ({
    path: `/etc/systemd/network/10-pgkeep-${INTERFACES[purpose]}.link`,
    content: `[Match]\nMACAddress=${macs[purpose]}\n\n[Link]\nName=${INTERFACES[purpose]}\n`,
  }));
}
