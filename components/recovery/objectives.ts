import { formatDuration, longestInterval, type Environment } from "../declaration/index.js";
import { sum, type Sum, type Term } from "./arithmetic.js";
import { ASSUMPTIONS } from "./assumptions.js";
import { failoverLoss, failoverTime, leaseRunsOut, primaryStartTimeout, redirection } from "./failover.js";
import {
  boot,
  crashRecovery,
  fromArchive,
  fromReplica,
  fromSnapshot,
  oldestSnapshot,
  type Way,
} from "./restore.js";
import { survivors, type Loss, type Survivors } from "./survivors.js";

/** What can fail. `host` and `site` include the disks there; `vm` leaves them intact. */
export const FAILURES = ["process", "vm", "host", "site", "operatorError", "corruption"] as const;
export type Failure = (typeof FAILURES)[number];

/** What brings the service back. */
export type Means = "restart" | "failover" | Way["by"] | "nothing";

/** What the declaration achieves at worst when something fails, with the arithmetic shown. */
export interface Achieved {
  readonly failure: Failure;
  readonly by: Means;
  /** True when nobody has to be awake. */
  readonly automatic: boolean;
  /** Greatest loss of acknowledged transactions, in seconds; undefined when nothing recovers them. */
  readonly rpo?: number | undefined;
  /** Longest time without writes, in seconds; undefined when nothing recovers the service. */
  readonly rto?: number | undefined;
  /** How rpo was computed, such as "archive_timeout 60 s + push 10 s". */
  readonly rpoReason: string;
  readonly rtoReason: string;
}

/**
 * Computes what the declared schedules and settings achieve at worst, for one failure at a time and the primary where it
 * normally is. An operator's error counts from the moment that is chosen as target: what was written after it is given up on
 * purpose.
 */
export function achieved(environment: Environment): readonly Achieved[] {
  return [
    processCrash(environment),
    machineLoss(environment, "vm"),
    machineLoss(environment, "host"),
    machineLoss(environment, "site"),
    operatorError(environment),
    corruption(environment),
  ];
}

const NO_LOSS: Sum = { seconds: 0, text: "0 s: every acknowledged commit is in the WAL on disk" };

function result(failure: Failure, by: Means, automatic: boolean, rpo: Sum, rto: Sum): Achieved {
  return {
    failure,
    by,
    automatic,
    rpo: rpo.seconds,
    rto: rto.seconds,
    rpoReason: rpo.text,
    rtoReason: rto.text,
  };
}

function nothing(failure: Failure, why: string): Achieved {
  return { failure, by: "nothing", automatic: false, rpoReason: why, rtoReason: why };
}

const OPERATOR: Term = { what: "operator", seconds: ASSUMPTIONS.operator.value };

/**
 * The server process dies. Patroni starts it again in its place, unless recovery outlasts its patience and a standby takes
 * over; when Patroni is paused, a person starts it.
 */
function processCrash(environment: Environment): Achieved {
  const { failover } = environment;
  const recovery = crashRecovery(environment);
  const loop: Term = { what: "loop_wait", seconds: failover.loopWait };
  const patience = primaryStartTimeout(environment);
  const left = survivors(environment, "vm");
  const automatic = failover.mode === "automatic";
  if (automatic && recovery.seconds > patience && left.standbys > 0) {
    const decision = [loop, { what: "primary_start_timeout", seconds: patience }, loop];
    const rto = failoverTime(environment, decision, "alive");
    return result("process", "failover", true, failoverLoss(environment, left), {
      ...rto,
      text: `${recovery.what} would take ${formatDuration(recovery.seconds)}: ${rto.text}`,
    });
  }
  const reconnect: Term = { what: "reconnect", seconds: ASSUMPTIONS.reconnect.value };
  return result(
    "process",
    "restart",
    automatic,
    NO_LOSS,
    sum(automatic ? loop : OPERATOR, recovery, reconnect),
  );
}

function machineLoss(environment: Environment, loss: Loss): Achieved {
  const left = survivors(environment, loss);
  if (left.standbys > 0) {
    const obstacle = needsPerson(environment, loss, left);
    const decision = obstacle === undefined ? leaseRunsOut(environment) : [OPERATOR];
    const rto = failoverTime(environment, decision, loss === "vm" ? "alive" : "silent");
    const text = obstacle === undefined || obstacle === "" ? rto.text : `${obstacle}: ${rto.text}`;
    return result(loss, "failover", obstacle === undefined, failoverLoss(environment, left), {
      ...rto,
      text,
    });
  }
  if (loss === "vm") {
    const rto = sum(
      OPERATOR,
      boot(environment),
      crashRecovery(environment),
      ...redirection(environment.failover),
    );
    return result("vm", "restart", false, NO_LOSS, rto);
  }
  const ways = [
    left.repository ? fromArchive(environment) : undefined,
    left.replica ? fromReplica(environment) : undefined,
  ];
  return best(loss, ways) ?? nothing(loss, `no standby, replica or backup outlives the ${loss}`);
}

/** Why nobody may promote without a person; undefined when Patroni may. */
function needsPerson({ failover }: Environment, loss: Loss, { quorum }: Survivors): string | undefined {
  if (failover.mode === "manual") return "";
  if (!quorum) return "no majority of etcd is left, so a person decides";
  // The fence script then finds neither a hypervisor that powers the old primary off nor a watchdog that has.
  if (loss !== "vm" && failover.fencing && failover.watchdog === "off")
    return "no watchdog vouches for a silent hypervisor, so a person does";
  return undefined;
}

/** Somebody drops what was needed: every standby does the same at once, so the moment before comes back from copies. */
function operatorError(environment: Environment): Achieved {
  return (
    best("operatorError", [fromArchive(environment), fromSnapshot(environment)]) ??
    nothing("operatorError", "neither base backup with WAL archive nor VM snapshot is declared")
  );
}

/**
 * Data rots in silence and is found by the verification of the backups, at worst a whole interval later: what comes back must
 * be older than that. WAL replayed over a clean backup loses nothing of the time between; a snapshot loses all of it.
 */
function corruption(environment: Environment): Achieved {
  const { base, vmSnapshot, verification } = environment.backup;
  if (base === undefined)
    return nothing(
      "corruption",
      vmSnapshot === undefined
        ? "neither base backup with WAL archive nor VM snapshot is declared"
        : "nothing looks for it on a schedule without base backups, so it may be in every snapshot that is kept",
    );
  const found: Term = { what: "found by verification", seconds: longestInterval(verification.schedule) };
  // Corruption may already be in the newest increment, so the full before it is what must do.
  const archive =
    found.seconds <= base.retention.age ? fromArchive(environment, { olderFull: true }) : undefined;
  const snapshot =
    found.seconds <= oldestSnapshot(environment) ? fromSnapshot(environment, found) : undefined;
  return (
    best("corruption", [archive, snapshot]) ??
    nothing(
      "corruption",
      `verification runs every ${formatDuration(found.seconds)}, backups are kept ${formatDuration(base.retention.age)}: the last good one may be gone`,
    )
  );
}

/** The way that loses least. */
function best(failure: Failure, ways: readonly (Way | undefined)[]): Achieved | undefined {
  const way = ways
    .filter((candidate) => candidate !== undefined)
    .toSorted((a, b) => a.rpo.seconds - b.rpo.seconds || a.rto.seconds - b.rto.seconds)[0];
  return way && result(failure, way.by, false, way.rpo, way.rto);
}
