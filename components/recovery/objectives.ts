import {
  formatDuration,
  longestInterval,
  type Environment,
  type MachineEnvironment,
} from "../declaration/index.js";
import { sum, type Term } from "./arithmetic.js";
import { ASSUMPTIONS } from "./assumptions.js";
import { failoverLoss, failoverTime, leaseRunsOut, primaryStartTimeout, redirection } from "./failover.js";
import {
  boot,
  crashRecovery,
  fromArchive,
  fromReplica,
  fromSnapshot,
  oldestSnapshot,
  operator,
} from "./restore.js";
import { podLoss, podProcessCrash } from "./kubernetes.js";
import { best, NO_LOSS, nothing, result, type Achieved } from "./outcome.js";
import { survivors, type Loss, type Survivors } from "./survivors.js";

const LOSSES = ["vm", "host", "site"] as const;

/**
 * Computes what the declared schedules and settings achieve at worst, for one failure at a time and the primary where it
 * normally is. An operator's error counts from the moment that is chosen as target: what was written after it is given up on
 * purpose.
 */
export function achieved(environment: Environment): readonly Achieved[] {
  const crashes =
    environment.platform === "kubernetes"
      ? [podProcessCrash(environment), ...LOSSES.map((loss) => podLoss(environment, loss))]
      : [processCrash(environment), ...LOSSES.map((loss) => machineLoss(environment, loss))];
  return [...crashes, operatorError(environment), corruption(environment)];
}

/**
 * The server process dies. Patroni starts it again in its place, unless recovery outlasts its patience and a standby takes
 * over; when Patroni is paused, a person starts it.
 */
function processCrash(environment: MachineEnvironment): Achieved {
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
    sum(automatic ? loop : operator(environment), recovery, reconnect),
  );
}

function machineLoss(environment: MachineEnvironment, loss: Loss): Achieved {
  const left = survivors(environment, loss);
  if (left.standbys > 0) {
    const obstacle = needsPerson(environment, loss, left);
    const decision = obstacle === undefined ? leaseRunsOut(environment) : [operator(environment)];
    const rto = failoverTime(environment, decision, loss === "vm" ? "alive" : "silent");
    const text = obstacle === undefined || obstacle === "" ? rto.text : `${obstacle}: ${rto.text}`;
    return result(loss, "failover", obstacle === undefined, failoverLoss(environment, left), {
      ...rto,
      text,
    });
  }
  if (loss === "vm") {
    const rto = sum(
      operator(environment),
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
    nothing(
      "operatorError",
      `neither base backup with WAL archive nor ${snapshotOf(environment)} is declared`,
    )
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
        ? `neither base backup with WAL archive nor ${snapshotOf(environment)} is declared`
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

/** How the first level of backup is called. */
function snapshotOf({ platform }: Environment): string {
  return platform === "kubernetes" ? "backup by Velero" : "VM snapshot";
}
