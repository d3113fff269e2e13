import { formatSize, type Environment } from "../declaration/index.js";
import { sum, transfer, type Sum, type Term } from "./arithmetic.js";
import { ASSUMPTIONS } from "./assumptions.js";
import type { Survivors } from "./survivors.js";

/** Greatest loss when a surviving standby is promoted. */
export function failoverLoss(environment: Environment, { lostConfirming }: Survivors): Sum {
  const { mode, synchronous, strict } = environment.replication;
  if (mode !== "async" && synchronous > lostConfirming) {
    const degraded = strict
      ? "strict: writes wait when no standby confirms"
      : "not strict: holds unless the standbys were lost before, which is a second failure";
    return { seconds: 0, text: `0 s: ${mode}, ${synchronous} confirm each commit (${degraded})` };
  }
  const why =
    mode === "async"
      ? "async"
      : `${mode}, but the ${synchronous} that confirm may be the ${lostConfirming} lost with the primary`;
  const { seconds, text } = asyncLag(environment);
  return { seconds, text: `${why}: ${text}` };
}

/**
 * A standby is promoted while it is less than `maximumLag` behind what the primary told last, which may have been a lease ago:
 * Patroni's own bound. The lag as time follows from the rate of WAL.
 */
function asyncLag({ failover, replication: { maximumLag } }: Environment): Sum {
  const rate = ASSUMPTIONS.walRate.value;
  const lag = transfer(`${formatSize(maximumLag)} of lag at ${formatSize(rate)}/s`, maximumLag, rate);
  return sum({ what: "ttl", seconds: failover.ttl }, lag);
}

/**
 * How long Patroni lets a crashed server recover before the standby takes over, in seconds: a quarter of the RTO, at most a
 * minute. Goes into Patroni's distributed configuration as `primary_start_timeout`.
 */
export function primaryStartTimeout({ failover, objectives }: Environment): number {
  return Math.max(failover.loopWait, Math.min(60, Math.floor(objectives.rto / 4)));
}

/** Longest time until clients write to a promoted standby. */
export function failoverTime(
  environment: Environment,
  decision: readonly Term[],
  fence: "alive" | "silent",
): Sum {
  const { failover, replication } = environment;
  const fencing: Term =
    fence === "alive"
      ? { what: "fencing", seconds: ASSUMPTIONS.fence.value }
      : { what: "fencing of a silent hypervisor", seconds: ASSUMPTIONS.fenceTimeout.value };
  return sum(
    ...decision,
    ...(failover.fencing ? [fencing] : []),
    transfer(
      `replay of ${formatSize(replication.maximumLag)}`,
      replication.maximumLag,
      ASSUMPTIONS.replay.value,
    ),
    { what: "promotion", seconds: ASSUMPTIONS.promotion.value },
    ...redirection(failover),
  );
}

/** Time until the decision to promote when the primary's machine is gone: the lease runs out, or a person acts. */
export function leaseRunsOut({ failover }: Environment): Term[] {
  return [
    { what: "ttl", seconds: failover.ttl },
    { what: "loop_wait", seconds: failover.loopWait },
  ];
}

/** How long clients take to find the new primary. */
export function redirection({ redirect }: Environment["failover"]): Term[] {
  return [...follow(redirect), { what: "reconnect", seconds: ASSUMPTIONS.reconnect.value }];
}

function follow(redirect: Environment["failover"]["redirect"]): Term[] {
  switch (redirect.kind) {
    case "dns":
      return [
        { what: "DNS update", seconds: ASSUMPTIONS.dnsUpdate.value },
        { what: "ttl of the record", seconds: redirect.ttl },
      ];
    case "vip":
      return [{ what: "address takeover", seconds: ASSUMPTIONS.vipTakeover.value }];
    case "service":
      return [{ what: "Service", seconds: ASSUMPTIONS.serviceUpdate.value }];
  }
}
