import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";

const GIB = 1024 ** 3;

/**
 * Below this much memory strict overcommit would refuse forks of agents and interpreters that PostgreSQL has to share the
 * guest with; the kernel's heuristic stays there.
 */
const STRICT_FROM = 4 * GIB;

/** Kernel settings of a guest. */
export function renderSysctl(plan: RecoveryPlan, guest: PlanGuest): string {
  const { memory } = plan.environment.cluster.sizing;
  const moving = guest.kind === "member" && plan.environment.failover.redirect.kind === "vip";
  const strict = guest.kind === "member" && memory >= STRICT_FROM;
  const values: Record<string, string | number> = {
    "vm.swappiness": 1,
    "vm.dirty_background_bytes": 64 * 1024 ** 2,
    "vm.dirty_bytes": 512 * 1024 ** 2,
    ...(strict ? { "vm.overcommit_memory": 2, "vm.overcommit_ratio": 85 } : {}),
    // A redirected address must be usable before the old holder's entry has aged out.
    "net.ipv4.conf.all.arp_notify": 1,
    // PostgreSQL binds its addresses at its start only, so a standby binds the address that it may carry one day.
    ...(moving ? { "net.ipv4.ip_nonlocal_bind": 1 } : {}),
    "net.ipv4.ip_forward": 0,
    "net.ipv4.conf.all.rp_filter": 1,
    "net.ipv4.conf.all.accept_redirects": 0,
    "net.ipv4.conf.all.send_redirects": 0,
    "net.ipv4.conf.all.accept_source_route": 0,
    // An interface answers for its own addresses only: the networks stay apart.
    "net.ipv4.conf.all.arp_ignore": 1,
    "net.ipv4.conf.all.arp_announce": 2,
    "kernel.kptr_restrict": 2,
    "kernel.dmesg_restrict": 1,
    "fs.suid_dumpable": 0,
  };
  const lines = Object.entries(values).map(([name, value]) => `${name} = ${value}`);
  return `# Generated from the declaration; changes here are lost.\n${lines.join("\n")}\n`;
}
