import { primaryMember, siteCluster, type KubernetesEnvironment } from "../../declaration/index.js";

/** Which Cluster of several is primary, as one of them is told; the others' names are those of `externalClusters`. */
export interface CnpgTopology {
  /** Its own name. */
  readonly self: string;
  /** The one that accepts writes. */
  readonly primary: string;
  /** From which it streams, or would once it is none any more. */
  readonly source: string;
  /** By which it is promoted without a loss. */
  readonly token?: string | undefined;
}

/** Name of the Cluster of a site. */
export function cnpgName(environment: KubernetesEnvironment, site: string): string {
  return siteCluster(environment.cluster.name, site);
}

/** Name of the pooler of a site. */
export function cnpgPooler(environment: KubernetesEnvironment, site: string): string {
  return `${cnpgName(environment, site)}-pooler`;
}

/**
 * What the Cluster of a site is told; nothing where there is one site. In the first step of a planned handover the primary's Cluster alone
 * hears of the new primary: that ends its writing and makes the token, and nobody else is promoted before it has come.
 */
export function cnpgTopology(environment: KubernetesEnvironment, site: string): CnpgTopology | undefined {
  const { kubernetes, sites } = environment;
  const places = kubernetes.sites.map((each) => each.site);
  if (places.length < 2) return undefined;
  const home = sites.find(({ role }) => role === "primary")?.name ?? site;
  const target = primaryMember(environment).site;
  const handover = target === home ? undefined : kubernetes.primary?.handover;
  const primary = handover?.step === "demote" && site !== home ? home : target;
  const source = site === primary ? (site === home ? places.find((each) => each !== site) : home) : primary;
  const called = (place: string): string => cnpgName(environment, place);
  return {
    self: called(site),
    primary: called(primary),
    source: called(source ?? primary),
    ...(handover?.step === "promote" && site === target ? { token: handover.token } : {}),
  };
}
