import type { RecoveryPlan } from "../recovery/plan.js";

/** The file /etc/hosts: guests know one another by name on the replication network. */
export function renderHosts(plan: RecoveryPlan): string {
  const lines = plan.guests.map(({ name, addresses }) => `${addresses.replication} ${name}`);
  return `# Generated from the declaration; changes here are lost.\n127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n${lines.join("\n")}\n`;
}
