import { z } from "zod";
import { archiveSchema } from "./archive.js";
import type { Member } from "./cluster.js";
import { cnpgSchema, handoverSchema, image } from "./cnpg.js";
import { falcoSchema, scanSchema } from "./detection.js";
import type { Environment, KubernetesEnvironment } from "./environment.js";
import { clientsSchema, resolverSchema } from "./pod-access.js";
import { address, cidr, duration, matching, name, size } from "./units.js";
import { veleroSchema } from "./velero.js";

/** A name of an object, as the API takes it for namespaces. */
const label = matching(
  /^[a-z]([a-z0-9-]{0,51}[a-z0-9])?$/,
  "at most 53 lower-case letters, digits and hyphens, beginning with a letter",
);

const className = matching(
  /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
  "the name of an object of the cluster, such as fast-retained",
);

/** A Kubernetes cluster that can be lost as a whole, and where the databases of one site live in it. */
const site = z.strictObject({
  site: name,
  /** Context in the site's kubeconfig. @default the kubeconfig's current one */
  context: matching(
    /^[A-Za-z0-9][A-Za-z0-9_.@:/-]{0,252}$/,
    "the name of a context as kubectl shows it",
  ).optional(),
  /** Made for this cluster's databases alone. */
  namespace: label,
  /** Storage class of the data volumes: it exists, takes snapshots and has reclaim policy Retain. */
  storageClass: className,
  /** Network of the pods: streaming inside the site comes from there. */
  podNetwork: cidr,
  /** Network of the Services: members ask the resolver there. Needed with falco. @default none */
  serviceNetwork: cidr.optional(),
  /** Suffix of the names that the site's resolver knows. @default cluster.local */
  domain: matching(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "such as cluster.local").default("cluster.local"),
  /** How members of other sites reach this one. Needed where there are several sites. */
  exchange: z
    .strictObject({
      /** Address of the load balancer in front of the member that other sites stream from. */
      address,
      /**
       * Name of that address, which the other sites' resolvers know. Engine cnpg needs it: its members check the name in a certificate.
       * @default none
       */
      host: matching(
        /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/,
        "a full name in lower case, such as orders-a.db.example.org",
      ).optional(),
      /** Networks from which members of this site arrive at others, after translation. */
      sources: z.array(cidr).min(1),
      /** Annotations by which the load balancer gets the address; they differ by provider. @default none */
      annotations: z.record(z.string(), z.string()).default({}),
    })
    .optional(),
});

/** Everything that only Kubernetes needs. */
export const kubernetesSchema = z.strictObject({
  /**
   * statefulset: the official image in a StatefulSet of ours, promoted by people; cnpg: CloudNativePG, which promotes within a site by
   * itself and must be installed. @default statefulset
   */
  engine: z.enum(["statefulset", "cnpg"]).default("statefulset"),
  /** One cluster a site with databases. */
  sites: z.array(site).min(1),
  /**
   * Image of the server by version and digest. With engine statefulset it is built from the official one and called postgres; it has
   * pgAudit and pgBackRest (2.55 or newer) in it, and jobs of backup run from it: both sides must be of one version.
   */
  image,
  /** Where base backups and WAL go. Needed with engine statefulset where `backup.base` is declared. */
  archive: archiveSchema.optional(),
  /**
   * The member that is primary, other than the first one of the primary site: a promotion, written down and reviewed. Never in the first
   * update of an environment: there the other sites copy, and would wait for each other with it.
   * @default none: the first member of the primary site
   */
  primary: z
    .strictObject({
      member: name,
      /** Why, for whoever reads it later. */
      reason: matching(/^[\x20-\x7e]{10,300}$/, "why it is promoted, 10 to 300 plain characters on one line"),
      /** How the cluster of another site takes over; engine cnpg alone, which promotes within a site by itself. */
      handover: handoverSchema.optional(),
      /**
       * Sites whose clusters are gone: the promotion does not wait for them, what they have is left as it is, and what is no longer declared there
       * is forgotten. They must not come back as they were, since their members would write too. Engine statefulset alone. @default none
       */
      lost: z.array(name).default([]),
    })
    .optional(),
  /** A statement: people on call have decided and changed the declaration within this time. Drills measure it. @default 30 min */
  reaction: duration({ min: "1 min", max: "1 d" }).prefault("30 min"),
  /** User and group id of the server; 999 and 70 are those of the official images, for volumes that they have written. @default 10999 */
  user: z.int().min(70).max(2_000_000_000).default(10999),
  /** Priority class of the database pods; it exists. @default none */
  priorityClass: className.optional(),
  /** Memory for parallel queries, part of what a member has. @default 256 MiB */
  sharedMemory: size({ min: "64 MiB", max: "64 GiB" }).prefault("256 MiB"),
  /** Needed with engine cnpg, and with no other. */
  cnpg: cnpgSchema.optional(),
  /** Version of the Pod Security Standards that namespaces enforce. @default v1.34 */
  podSecurity: matching(/^v1\.\d{2}$/, "a version of Kubernetes such as v1.34").default("v1.34"),
  /** Calico is the network plugin: its policies (projectcalico.org/v3) stand beside the native ones. @default false */
  calico: z.boolean().default(false),
  /** Groups of access that are pods. @default none: networks alone */
  clients: clientsSchema,
  dns: resolverSchema.prefault({}),
  /** @default none: who makes the backups of backup.vmSnapshot is declared elsewhere; the policy pack asks for it */
  velero: veleroSchema.optional(),
  /** @default none; the policy pack asks for one */
  scan: scanSchema.optional(),
  /** @default none; the policy pack asks for it */
  falco: falcoSchema.optional(),
});

export type Kubernetes = z.infer<typeof kubernetesSchema>;
export type KubernetesSite = Kubernetes["sites"][number];

/** Name of the StatefulSet or operated cluster of a site; its pods are called after it. */
export function siteCluster(cluster: string, place: string): string {
  return `${cluster}-${place}`;
}

/** Number of the first pod: a StatefulSet counts from 0, CloudNativePG from 1. */
export const FIRST_POD = { statefulset: 0, cnpg: 1 } as const;

/**
 * The member that is primary: the one that was promoted, or else the first one of the primary site.
 */
export function primaryMember({ cluster, sites, kubernetes }: KubernetesEnvironment): Member {
  const home = sites.find(({ role }) => role === "primary")?.name;
  const member =
    cluster.members.find((each) => each.name === kubernetes.primary?.member) ??
    cluster.members.find((each) => each.site === home) ??
    cluster.members[0];
  if (member === undefined) throw new TypeError("the environment was not checked by parseEnvironment");
  return member;
}

/**
 * The environment, for what works on Kubernetes alone.
 *
 * @throws RangeError when it is of another platform
 */
export function kubernetesOf(environment: Environment): KubernetesEnvironment {
  if (environment.platform === "kubernetes") return environment;
  throw new RangeError(
    `environment ${environment.name} is of platform ${environment.platform}; this works on kubernetes alone`,
  );
}
