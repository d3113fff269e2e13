import {
  primaryMember,
  siteCluster,
  type KubernetesEnvironment,
  type KubernetesSite,
  type Member,
} from "../../declaration/index.js";
import { PORTS } from "../layout.js";
import { POD_PATHS } from "./layout.js";

/** Another member, or the load balancer in front of those of another site. */
export interface PodPeer {
  /** Name of the member; of another site, that of its StatefulSet. */
  readonly name: string;
  /** Name that its certificate is checked for. */
  readonly host: string;
  /** Address, where no resolver of this site knows the name. */
  readonly address?: string | undefined;
}

/** @throws TypeError when the declaration was not checked */
export function kubernetesSite({ kubernetes }: KubernetesEnvironment, site: string): KubernetesSite {
  const place = kubernetes.sites.find((each) => each.site === site);
  if (place === undefined) throw new TypeError("the environment was not checked by parseEnvironment");
  return place;
}

/** Members of a site, in the order of their pods. */
export function membersAt({ cluster }: KubernetesEnvironment, site: string): readonly Member[] {
  return cluster.members.filter((member) => member.site === site);
}

/** The member that other sites reach: the primary, or else the first one there. */
export function leadAt(environment: KubernetesEnvironment, site: string): Member {
  const primary = primaryMember(environment);
  const lead = primary.site === site ? primary : membersAt(environment, site)[0];
  if (lead === undefined) throw new TypeError("the environment was not checked by parseEnvironment");
  return lead;
}

/** Names of the Services of a site; the headless one has the StatefulSet's name. */
export function serviceNames(
  environment: KubernetesEnvironment,
  site: string,
): Readonly<Record<"headless" | "primary" | "read" | "exchange", string>> {
  const name = siteCluster(environment.cluster.name, site);
  return {
    headless: name,
    primary: environment.cluster.name,
    read: `${environment.cluster.name}-read`,
    exchange: `${name}-exchange`,
  };
}

/** Full name of a Service of a site. */
export function serviceHost(environment: KubernetesEnvironment, site: string, service: string): string {
  const { namespace, domain } = kubernetesSite(environment, site);
  return `${service}.${namespace}.svc.${domain}`;
}

/** Whom a member of a site asks for the primary: the others there by name, and each other site by its load balancer. */
export function podPeers(environment: KubernetesEnvironment, site: string): readonly PodPeer[] {
  const { headless } = serviceNames(environment, site);
  const here = membersAt(environment, site).map(({ name }) => ({
    name,
    host: `${name}.${serviceHost(environment, site, headless)}`,
  }));
  const elsewhere = environment.kubernetes.sites.flatMap(({ site: other, exchange }) => {
    if (other === site || exchange === undefined) return [];
    const name = siteCluster(environment.cluster.name, other);
    return [{ name, host: name, address: exchange.address }];
  });
  return [...here, ...elsewhere];
}

/** How members connect to one another: whom they trust, and by what they prove themselves. */
export function mutualTls(): string {
  return [
    `port=${PORTS.postgres} passfile=${POD_PATHS.pgpass} connect_timeout=5`,
    `sslmode=verify-full sslrootcert=${POD_PATHS.authority} sslcert=${POD_PATHS.certificate} sslkey=${POD_PATHS.key}`,
  ].join(" ");
}

/** Names and addresses that the certificate of a member stands for. */
export function podSubject(
  environment: KubernetesEnvironment,
  member: string,
): { readonly dnsNames: readonly string[]; readonly addresses: readonly string[] } {
  const site = environment.cluster.members.find(({ name }) => name === member)?.site ?? "";
  const { namespace, exchange } = kubernetesSite(environment, site);
  const { headless, primary, read } = serviceNames(environment, site);
  const service = (name: string): string[] => [
    name,
    `${name}.${namespace}`,
    `${name}.${namespace}.svc`,
    serviceHost(environment, site, name),
  ];
  return {
    dnsNames: [
      member,
      `${member}.${serviceHost(environment, site, headless)}`,
      ...[headless, primary, read].flatMap(service),
      "localhost",
    ],
    addresses: [...(exchange === undefined ? [] : [exchange.address]), "127.0.0.1", "::1"],
  };
}
