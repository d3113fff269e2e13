import { RefusedError } from "../../errors.js";
import type { VeleroCluster, VeleroRestore } from "../../ports/index.js";
import { follow, until } from "./follow.js";
import { hasEnded } from "./judge.js";
import type { VeleroJob } from "./job.js";

/** Namespaces of the cluster and of its tools. */
const SHARED = /^(?:default|kube-.*|velero|falco|calico-.*|tigera-.*|cnpg-system)$/;

/** Seconds until a namespace, or a restore, that is being deleted is gone. */
const GONE_PATIENCE = 900;

/** Restores of ours into a namespace, from whichever call. */
export async function restoresInto(cluster: VeleroCluster, into: string): Promise<readonly VeleroRestore[]> {
  return (await cluster.restores()).filter((each) => each.ours && each.into === into);
}

/** @throws RefusedError when nothing may be restored there for a drill; nothing was done */
export async function requireFree(job: VeleroJob, cluster: VeleroCluster, into: string): Promise<void> {
  const declared = job.plan.environment.kubernetes.sites.map(({ namespace }) => namespace);
  if (declared.includes(into))
    throw new RefusedError(
      `${into} is the namespace of the database itself`,
      "another name, such as that with -drill behind it; to recover a lost cluster: --everything",
    );
  if (SHARED.test(into))
    throw new RefusedError(`${into} is the cluster's own`, "a name that nobody uses, such as orders-drill");
  const found = await cluster.namespace(into);
  if (found !== undefined && !found.ours)
    throw new RefusedError(
      `namespace ${into} is there at site ${cluster.site}, and pgkeep has not made it`,
      "a name that nobody uses",
    );
  if (found?.kept === true)
    throw new RefusedError(
      `namespace ${into} was kept by an earlier restore`,
      `remove it when nobody needs it any more: kubectl delete namespace ${into}; or give another name`,
    );
}

/** Clears away what an earlier call has left, and makes the place anew. @returns what was done, in one line */
export async function prepare(job: VeleroJob, cluster: VeleroCluster, into: string): Promise<string> {
  const { anything } = await clear(job, cluster, into);
  await cluster.makeClosedNamespace(into);
  return anything ? `what an earlier call had left was removed; ${into} is closed` : `${into} is closed`;
}

/** What was cleared away. */
export interface Cleared {
  /** There was something. */
  readonly anything: boolean;
  /** Volumes that their class retains, with a copy of the data: only their owner can remove both. */
  readonly retained: readonly string[];
}

/** Removes a namespace of ours with everything in it, and its restores; proves that it is gone. */
export async function clear(job: VeleroJob, cluster: VeleroCluster, into: string): Promise<Cleared> {
  const restores = await restoresInto(cluster, into);
  for (const { name } of restores.filter((each) => !hasEnded(each))) {
    job.output.info(`${name}, an earlier call's, must end first`);
    await follow(job, name, () => cluster.restore(name));
  }
  const found = await cluster.namespace(into);
  if (found !== undefined && !found.ours)
    throw new RefusedError(
      `namespace ${into} is not of pgkeep's making any more`,
      "look who has changed its labels",
    );
  if (found !== undefined) {
    if (!found.ending) await cluster.removeNamespace(into);
    await until(job, `the end of namespace ${into}`, GONE_PATIENCE, async () =>
      (await cluster.namespace(into)) === undefined ? true : undefined,
    );
  }
  const volumes = await cluster.volumes(into);
  // As an object alone: a restore would find it taken by a claim that is gone, and what it stands for is not the drill's.
  const objects = volumes.filter(({ restored, retained }) => restored && retained);
  for (const { name } of objects) await cluster.removeVolume(name);
  for (const { name } of restores) await cluster.removeRestore(name);
  for (const { name } of restores)
    // Velero removes what it has written of it into the location first, and holds it until then.
    await until(job, `the end of restore ${name}`, GONE_PATIENCE, async () =>
      (await cluster.restore(name)) === undefined ? true : undefined,
    );
  return {
    anything: found !== undefined || restores.length > 0,
    retained: volumes.filter(({ restored, retained }) => !restored && retained).map(({ name }) => name),
  };
}
