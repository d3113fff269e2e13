import {
  kubernetesOf,
  parseEnvironment,
  type KubernetesEnvironment,
} from "../../components/declaration/index.js";
import { PostgresCnpg } from "../../components/kubernetes/index.js";
import { changed } from "../declaration/change.js";
import { cnpgEnvironment, demotionToken } from "../fixtures/environment.js";
import { only, record, type Recorded } from "../libvirt/recorder.js";

export const TOKEN = demotionToken();

const handedTo = (handover: object): string =>
  `kubernetes.primary = ${JSON.stringify({ member: "orders-b-1", reason: "site A is given up", handover })}`;

/** Changes of the declaration, in the order in which an environment goes through them. */
export const STEPS = {
  settled: [],
  demotion: [handedTo({ step: "demote" })],
  promotion: [handedTo({ step: "promote", token: TOKEN })],
  failover: [handedTo({ step: "failover" })],
  // The new primary's site is the primary one from here on.
  swapped: ['sites[0].role = "standby"', 'sites[1].role = "primary"', 'backup.repository.site = "a"'],
} as const satisfies Record<string, readonly string[]>;

export function declaredCnpg(...changes: readonly string[]): KubernetesEnvironment {
  return kubernetesOf(parseEnvironment(changed(changes, cnpgEnvironment)));
}

/** A site's members, as the declaration says after these changes. */
export function cnpgOf(site: string, ...changes: readonly string[]): PostgresCnpg {
  return new PostgresCnpg(`orders-${site}`, { environment: declaredCnpg(...changes), site });
}

/** What is left where there is one site alone. */
export const ALONE = [
  "kubernetes.sites[1] removed",
  "kubernetes.sites[0].exchange removed",
  "cluster.members[5] removed",
  "cluster.members[4] removed",
  "cluster.members[3] removed",
  'sites[1].role = "witness"',
] as const;

export const CNPG = {
  cluster: "kubernetes:postgresql.cnpg.io/v1:Cluster",
  scheduled: "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup",
  pooler: "kubernetes:postgresql.cnpg.io/v1:Pooler",
  store: "kubernetes:barmancloud.cnpg.io/v1:ObjectStore",
} as const;

export type Spec = Readonly<Record<string, unknown>>;

export function madeAt(site: string, ...changes: readonly string[]): Promise<Recorded[]> {
  return record(() => cnpgOf(site, ...changes));
}

export function specIn(resources: readonly Recorded[], type: string): Spec {
  return only(resources, type).inputs["spec"] as Spec;
}

/** spec of the one object of a type. */
export async function specOf(type: string, site: string, ...changes: readonly string[]): Promise<Spec> {
  return specIn(await madeAt(site, ...changes), type);
}
