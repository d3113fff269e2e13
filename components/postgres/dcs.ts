import { primaryStartTimeout } from "../recovery/failover.js";
import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";
import { membersOf } from "./guests.js";
import { settings } from "./settings.js";

/**
 * Server settings that must be equal on all members: Patroni takes them from its distributed configuration only and
 * passes them on the command line.
 */
export const DCS_PARAMETERS = [
  "max_connections",
  "max_locks_per_transaction",
  "max_prepared_transactions",
  "max_replication_slots",
  "max_wal_senders",
  "max_worker_processes",
  "track_commit_timestamp",
  "wal_level",
  "wal_log_hints",
] as const;

/** Settings that Patroni derives itself and would ignore. */
export const PATRONI_PARAMETERS = ["cluster_name", "hot_standby", "listen_addresses", "port"] as const;

/** What the distributed configuration holds. */
export interface DcsConfig {
  readonly [key: string]: unknown;
  readonly postgresql: {
    readonly use_pg_rewind: boolean;
    readonly use_slots: boolean;
    readonly parameters: Readonly<Record<string, string | number | boolean>>;
  };
}

/**
 * Seconds that a primary may take to stop. A fast shutdown takes no writes any more, but one that is cut off would wait for the
 * timeouts of its archive: 5 minutes, measured. Patroni kills it then, in synchronous mode only, where nothing can be lost.
 */
const PRIMARY_STOP_TIMEOUT = 60;

/** Patroni's distributed configuration. Whether it is paused is not part of it: see pauseWanted. */
export function dcsConfig(plan: RecoveryPlan): DcsConfig {
  const { failover, replication } = plan.environment;
  const first = membersOf(plan)[0];
  const wanted = first === undefined ? new Map<string, string | number | boolean>() : settings(plan, first);
  const shared = DCS_PARAMETERS.flatMap((name) => {
    const value = wanted.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const synchronous = replication.mode !== "async";
  return {
    ttl: failover.ttl,
    loop_wait: failover.loopWait,
    retry_timeout: failover.retryTimeout,
    maximum_lag_on_failover: replication.maximumLag,
    primary_start_timeout: primaryStartTimeout(plan.environment),
    primary_stop_timeout: PRIMARY_STOP_TIMEOUT,
    synchronous_mode: replication.mode === "quorum" ? "quorum" : synchronous,
    synchronous_mode_strict: synchronous && replication.strict,
    synchronous_node_count: synchronous ? replication.synchronous : 1,
    postgresql: {
      use_pg_rewind: true,
      use_slots: true,
      parameters: Object.fromEntries(shared),
    },
  };
}

/** Manual failover: Patroni is paused once the cluster is complete (it makes no standby while paused). */
export function pauseWanted(plan: RecoveryPlan): boolean {
  return plan.environment.failover.mode === "manual";
}

/**
 * Tags of a member. With synchronous replication only one member a site may confirm, so that what is acknowledged has
 * left the site; and a member of another site is promoted before a neighbour in the same one.
 */
export function memberTags(plan: RecoveryPlan, guest: PlanGuest): Record<string, boolean | number> {
  const members = membersOf(plan);
  const { replication, sites } = plan.environment;
  const first = members.find(({ site }) => site === guest.site)?.name === guest.name;
  const siteCount = new Set(members.map(({ site }) => site)).size;
  const enough = siteCount - 1 >= replication.synchronous;
  const home = sites.find(({ name }) => name === guest.site)?.role === "primary";
  return {
    nosync: replication.mode !== "async" && enough && !first,
    failover_priority: first ? (home ? 100 : 50) : 10,
  };
}
