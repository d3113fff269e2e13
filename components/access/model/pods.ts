import type { z } from "zod";
import type { groupSchema, ModelInput, ruleSchema } from "./schema.js";

type GroupInput = z.input<typeof groupSchema>;
type RuleInput = z.input<typeof ruleSchema>;

/** Endpoints by what a cluster of Kubernetes knows them by. */
export type PodEndpoints = Pick<GroupInput, "networks" | "pods" | "serviceAccounts">;

/** A rule of the declared set: it is about the databases, or about the poolers before them. */
export interface DeclaredPodRule extends Omit<RuleInput, "to" | "services" | "logins"> {
  readonly to: "database" | "pooler";
}

/** Called endpoints with their ports (TCP). */
export interface Called {
  readonly networks: readonly string[];
  readonly ports: readonly number[];
}

/** Who may reach one database in Kubernetes, and what its pods need to live. */
export interface PodAccess {
  readonly namespace: string;
  /** Labels of the database's pods. */
  readonly labels: Readonly<Record<string, string>>;
  /** Labels of the poolers' pods, in the same namespace; absent where there are none. */
  readonly poolers?: Readonly<Record<string, string>>;
  /** Port of PostgreSQL. */
  readonly port: number;
  readonly groups: readonly (PodEndpoints & { readonly name: string })[];
  readonly rules: readonly DeclaredPodRule[];
  /** Networks of the members elsewhere, which stream from here or to here. */
  readonly replication: readonly string[];
  readonly dns: PodEndpoints & { readonly ports: readonly number[] };
  /** The object store. */
  readonly backup?: Called;
  /** Jobs that read the databases' files for base backups, and the ports on which they ask. */
  readonly archiver?: PodEndpoints & { readonly ports: readonly number[] };
  readonly monitoring?: PodEndpoints & { readonly ports: readonly number[] };
  /** Pods that manage the database from within the cluster, and the ports on which they call it. */
  readonly operator?: PodEndpoints & { readonly ports: readonly number[] };
  /** The API server, for pods that call it. */
  readonly apiServer?: Called;
}

/**
 * The model of one database in Kubernetes: the paths that it needs to live, which nothing declared can cut off, and after them the
 * declared rules in their order.
 */
export function podsInput(access: PodAccess): ModelInput {
  const { namespace, labels, poolers, groups } = access;
  return {
    groups: [
      ...groups,
      { name: DATABASE, pods: [{ namespace, labels: { ...labels } }], enforced: true },
      ...(poolers === undefined
        ? []
        : [{ name: POOLER, pods: [{ namespace, labels: { ...poolers } }], enforced: true }]),
      ...outside(access),
    ],
    services: services(access),
    rules: [
      ...ownPodRules(access),
      ...access.rules.map((rule) => ({
        ...rule,
        to: [rule.to === "database" ? DATABASE : POOLER],
        services: ["postgresql"],
      })),
    ],
  };
}

const DATABASE = "kubernetes.database";
const POOLER = "kubernetes.pooler";

function outside(access: PodAccess): GroupInput[] {
  const { replication, dns, backup, archiver, monitoring, operator, apiServer } = access;
  const called = (name: string, to?: Called): GroupInput[] =>
    to === undefined ? [] : [{ name, networks: [...to.networks] }];
  const endpoints = (name: string, from?: PodEndpoints): GroupInput[] =>
    from === undefined
      ? []
      : [{ name, networks: from.networks, pods: from.pods, serviceAccounts: from.serviceAccounts }];
  return [
    ...(replication.length === 0 ? [] : [{ name: "cluster.elsewhere", networks: [...replication] }]),
    ...endpoints("service.dns", dns),
    ...called("service.backup", backup),
    ...endpoints("service.archiver", archiver),
    ...endpoints("service.monitoring", monitoring),
    ...endpoints("service.operator", operator),
    ...called("service.api", apiServer),
  ];
}

function services(access: PodAccess): ModelInput["services"] {
  const { port, dns, backup, archiver, monitoring, operator, apiServer } = access;
  const tcp = (name: string, ports?: readonly number[]) =>
    ports === undefined ? [] : [{ name, protocol: "tcp" as const, ports: [...ports] }];
  return [
    ...tcp("postgresql", [port]),
    { name: "dns-udp", protocol: "udp", ports: [...dns.ports] },
    ...tcp("dns-tcp", dns.ports),
    ...tcp("backup", backup?.ports),
    ...tcp("archive", archiver?.ports),
    ...tcp("metrics", monitoring?.ports),
    ...tcp("management", operator?.ports),
    ...tcp("api", apiServer?.ports),
  ];
}

/** The paths that a database needs to live, in order. */
export function ownPodRules({
  poolers,
  replication,
  backup,
  archiver,
  monitoring,
  operator,
  apiServer,
}: PodAccess): RuleInput[] {
  const all = poolers === undefined ? [DATABASE] : [DATABASE, POOLER];
  const path = (
    name: string,
    [from, to]: readonly [readonly string[], readonly string[]],
    called: readonly string[],
    description: string,
  ): RuleInput => ({
    ...{ name, from: [...from], to: [...to], services: [...called], description },
    action: "allow",
  });
  const one = (rule: RuleInput, needed: unknown): RuleInput[] => (needed === undefined ? [] : [rule]);
  return [
    path(
      "cluster.streaming",
      [[DATABASE], [DATABASE]],
      ["postgresql"],
      "standbys stream and rewind from the primary, whichever pod it is",
    ),
    ...(replication.length === 0
      ? []
      : [
          path(
            "cluster.arriving",
            [["cluster.elsewhere"], [DATABASE]],
            ["postgresql"],
            "members elsewhere stream from here",
          ),
          path(
            "cluster.leaving",
            [[DATABASE], ["cluster.elsewhere"]],
            ["postgresql"],
            "members here stream from elsewhere",
          ),
        ]),
    ...one(
      path("pooler.sessions", [[POOLER], [DATABASE]], ["postgresql"], "poolers open the servers' sessions"),
      poolers,
    ),
    path("service.dns", [all, ["service.dns"]], ["dns-udp", "dns-tcp"], "names of services and of the store"),
    ...one(
      path("service.backup", [[DATABASE], ["service.backup"]], ["backup"], "WAL and backups go to the store"),
      backup,
    ),
    ...one(
      path("service.archiver", [["service.archiver"], [DATABASE]], ["archive"], "jobs take base backups"),
      archiver,
    ),
    ...one(
      path("service.monitoring", [["service.monitoring"], all], ["metrics"], "exporters are scraped"),
      monitoring,
    ),
    ...one(
      path("service.operator", [["service.operator"], all], ["management"], "the operator manages its pods"),
      operator,
    ),
    ...one(
      path("service.api", [all, ["service.api"]], ["api"], "managers in the pods call the API server"),
      apiServer,
    ),
  ];
}
