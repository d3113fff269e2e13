import type * as pulumi from "@pulumi/pulumi";
import {
  primaryMember,
  siteCluster,
  type KubernetesEnvironment,
  type KubernetesSite,
  type Secrets,
} from "../../declaration/index.js";
import { serverLabels } from "../labels.js";

/** Where and by what the parts of a cluster are placed at a site. */
export interface Placement {
  readonly environment: KubernetesEnvironment;
  readonly place: KubernetesSite;
  readonly secrets: pulumi.Input<Secrets>;
  readonly protect: boolean;
  /** Parent, provider of the site's cluster, and what must stand before. */
  readonly opts: pulumi.ComponentResourceOptions;
}

/** Name of a part of the cluster at a site. */
export function partName({ environment, place }: Placement, part: string): string {
  return `${siteCluster(environment.cluster.name, place.site)}-${part}`;
}

/** Labels of the servers' pods at a site. */
export function serversOf({ environment, place }: Placement): Readonly<Record<string, string>> {
  return serverLabels(siteCluster(environment.cluster.name, place.site));
}

/** True where the primary is. */
export function holdsPrimary({ environment, place }: Placement): boolean {
  return primaryMember(environment).site === place.site;
}

/** Networks from which members of other sites arrive. */
export function arriving({ environment, place }: Placement): readonly string[] {
  return others(environment, place).flatMap(({ exchange }) => exchange?.sources ?? []);
}

/** Where members of other sites are reached. */
export function leaving({ environment, place }: Placement): readonly string[] {
  return others(environment, place).flatMap(({ exchange }) =>
    exchange === undefined ? [] : [`${exchange.address}/${exchange.address.includes(":") ? 128 : 32}`],
  );
}

function others({ kubernetes }: KubernetesEnvironment, { site }: KubernetesSite): readonly KubernetesSite[] {
  return kubernetes.sites.filter((each) => each.site !== site);
}
