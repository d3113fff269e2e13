import { primaryMember, type KubernetesEnvironment } from "../declaration/index.js";
import { sum, type Sum, type Term } from "./arithmetic.js";
import { ASSUMPTIONS } from "./assumptions.js";
import { redirection } from "./failover.js";
import { best, NO_LOSS, nothing, result, type Achieved } from "./outcome.js";
import { boot, crashRecovery, fromArchive, fromSnapshot, operator } from "./restore.js";
import type { Loss } from "./survivors.js";

/** The server process dies: the kubelet starts the container again in its pod, on either engine. */
export function podProcessCrash(environment: KubernetesEnvironment): Achieved {
  const rto = sum(
    { what: "restart of the container", seconds: ASSUMPTIONS.containerRestart.value },
    crashRecovery(environment),
    { what: "reconnect", seconds: ASSUMPTIONS.reconnect.value },
  );
  return result("process", "restart", true, NO_LOSS, rto);
}

/**
 * The primary's pod, its node or its cluster is lost. A lost pod is made anew on its volume, unless an operator promotes sooner. A
 * node takes the volume along, which is the careful side: network storage would outlive it.
 */
export function podLoss(environment: KubernetesEnvironment, loss: Loss): Achieved {
  const { engine } = environment.kubernetes;
  const primary = primaryMember(environment);
  const left = environment.cluster.members.filter(({ name, site }) =>
    loss === "site" ? site !== primary.site : name !== primary.name,
  );
  // CloudNativePG promotes within a site alone.
  const beside = left.filter(({ site }) => site === primary.site);
  if (engine === "cnpg" && loss !== "site" && beside.length > 0)
    return orArchive(environment, loss, true, standbyLoss(environment, left.length), operated(environment));
  if (loss === "vm") {
    const rto = sum(boot(environment), crashRecovery(environment), ...redirection(environment.failover));
    return result("vm", "restart", true, NO_LOSS, rto);
  }
  if (left.length > 0)
    return orArchive(environment, loss, false, standbyLoss(environment, left.length), promotion(environment));
  const { repository } = environment.backup;
  const ways =
    loss === "host" || repository.site !== primary.site
      ? [fromArchive(environment), fromSnapshot(environment)]
      : [];
  return (
    best(loss, ways) ?? nothing(loss, `no standby or backup outlives the ${loss === "host" ? "node" : loss}`)
  );
}

function orArchive(
  environment: KubernetesEnvironment,
  loss: Loss,
  automatic: boolean,
  rpo: Sum | undefined,
  rto: Sum,
): Achieved {
  if (rpo !== undefined) return result(loss, "failover", automatic, rpo, rto);
  return nothing(
    loss,
    `nothing bounds how far an asynchronous standby is behind: replication.mode ${environment.replication.mode} and no backup.wal`,
  );
}

/**
 * Greatest loss when a standby is promoted. One that streams asynchronously may be any distance behind, but it reads the archive as
 * well, and that is never further behind than this.
 */
function standbyLoss({ replication, backup, cluster }: KubernetesEnvironment, left: number): Sum | undefined {
  const lost = cluster.members.length - 1 - left;
  const { mode, synchronous } = replication;
  if (mode !== "async" && synchronous > lost)
    return {
      seconds: 0,
      text: `0 s: ${mode}, ${synchronous} confirm each commit, ${lost} lost with the primary`,
    };
  if (backup.wal === undefined) return undefined;
  const { seconds, text } = sum(
    { what: "archive_timeout", seconds: backup.wal.archiveTimeout },
    { what: "push", seconds: ASSUMPTIONS.archivePush.value },
  );
  return { seconds, text: `${mode}, standbys read the archive too: ${text}` };
}

/** Seconds that a server may take to start before it is given up: three times what crash recovery takes at worst, 15 min at least. */
export function recoveryBudget(environment: KubernetesEnvironment): number {
  return Math.max(900, 3 * crashRecovery(environment).seconds);
}

const PROMOTION: Term = { what: "promotion", seconds: ASSUMPTIONS.promotion.value };

/** People change the declaration; the pods of the standby's site start with it, and the chosen one promotes itself. */
function promotion(environment: KubernetesEnvironment): Sum {
  return sum(
    operator(environment),
    { what: "pulumi up", seconds: ASSUMPTIONS.applyChange.value },
    boot(environment),
    crashRecovery(environment),
    PROMOTION,
    ...redirection(environment.failover),
  );
}

function operated(environment: KubernetesEnvironment): Sum {
  return sum(
    { what: "CloudNativePG", seconds: ASSUMPTIONS.operatedFailover.value },
    crashRecovery(environment),
    PROMOTION,
    ...redirection(environment.failover),
  );
}
