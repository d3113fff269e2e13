import { ownerOf, primaryMember } from "../../declaration/index.js";
import {
  cnpgDatabaseSql,
  cnpgHba,
  cnpgIdent,
  cnpgName,
  cnpgPooler,
  cnpgRoles,
  cnpgServerSql,
  cnpgSettings,
  cnpgTopology,
  kubernetesSite,
  membersAt,
  POOLER_SELECTOR,
  PORTS,
  serviceHost,
  serviceNames,
} from "../../postgres/index.js";
import { recoveryBudget, type RecoveryPlan } from "../../recovery/index.js";
import { mebibytes, owning, processors } from "../quantity.js";
import type { CnpgPlan } from "./args.js";
import { PLUGIN, poolerLabels, storeName } from "./objects.js";

const GIB = 1024 ** 3;

/** spec of the Cluster of a site. @param labels of everything that the operator makes for it, beside its own */
export function clusterSpec(given: CnpgPlan, plan: RecoveryPlan, labels: Record<string, string>): object {
  const { environment, cnpg, site } = given;
  const { cluster, kubernetes } = environment;
  const { cpus, memory, disks } = cluster.sizing;
  return {
    description: `${cluster.name} at ${site}`,
    inheritedMetadata: { labels },
    imageName: kubernetes.image,
    imagePullPolicy: "Always",
    instances: membersAt(environment, site).length,
    ...topologyOf(given),
    enableSuperuserAccess: false,
    enablePDB: true,
    postgresql: postgresqlOf(given, plan),
    ...(cnpg.pooler === undefined
      ? {}
      : {
          podSelectorRefs: [
            { name: POOLER_SELECTOR, selector: { matchLabels: poolerLabels(environment, site) } },
          ],
        }),
    bootstrap: bootstrapOf(given, plan),
    managed: { roles: cnpgRoles(plan), services: servicesOf(given) },
    certificates: {
      // One authority of all sites, by which the operator signs: members of each trust those of the others.
      serverCASecret: cnpg.secrets.authority,
      clientCASecret: cnpg.secrets.authority,
      serverAltDNSNames: namesOf(given),
    },
    plugins: [
      {
        name: PLUGIN,
        isWALArchiver: true,
        parameters: { barmanObjectName: storeName(given), serverName: cnpgName(environment, site) },
      },
    ],
    // WAL lies beside the data: a snapshot of one volume has both, of the same instant.
    storage: {
      storageClass: kubernetesSite(environment, site).storageClass,
      size: mebibytes(disks.data + disks.wal),
      resizeInUseVolumes: true,
      pvcTemplate: { accessModes: ["ReadWriteOncePod"], volumeMode: "Filesystem" },
    },
    resources: owning(processors(cpus), mebibytes(memory), mebibytes(2 * GIB)),
    ephemeralVolumesSizeLimit: { shm: mebibytes(kubernetes.sharedMemory), temporaryData: "1Gi" },
    seccompProfile: { type: "RuntimeDefault" },
    ...(kubernetes.priorityClass === undefined ? {} : { priorityClassName: kubernetes.priorityClass }),
    affinity: {
      enablePodAntiAffinity: true,
      podAntiAffinityType: "required",
      topologyKey: "kubernetes.io/hostname",
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        // A site with one zone, or none named, is a site all the same.
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: {
          matchLabels: { "cnpg.io/cluster": cnpgName(environment, site), "cnpg.io/podRole": "instance" },
        },
      },
    ],
    replicationSlots: { highAvailability: { enabled: true }, updateInterval: 30 },
    // Recovery may take its time; a server that recovers must not be killed.
    startDelay: recoveryBudget(environment),
    failoverDelay: cnpg.failoverDelay,
    primaryUpdateStrategy: "unsupervised",
    // With switchover the webhook refuses a new image and new settings at once, as a minor release may bring both.
    primaryUpdateMethod: "restart",
  };
}

/** Which Cluster is primary, and how the others are reached; nothing where there is one site. */
function topologyOf(given: CnpgPlan): object {
  const { environment, site } = given;
  const topology = cnpgTopology(environment, site);
  if (topology === undefined) return {};
  const { self, primary, source, token } = topology;
  return {
    replica: { self, primary, source, ...(token === undefined ? {} : { promotionToken: token }) },
    externalClusters: environment.kubernetes.sites.map(({ site: place, exchange }) => ({
      name: cnpgName(environment, place),
      ...(place === site || exchange?.host === undefined ? {} : streamingFrom(given, exchange.host)),
      plugin: {
        name: PLUGIN,
        parameters: { barmanObjectName: storeName(given), serverName: cnpgName(environment, place) },
      },
    })),
  };
}

/** By the certificate that the operator of this site has signed. */
function streamingFrom({ environment, cnpg, site }: CnpgPlan, host: string): object {
  const own = `${cnpgName(environment, site)}-replication`;
  return {
    connectionParameters: {
      host,
      port: String(PORTS.postgres),
      user: "streaming_replica",
      dbname: "postgres",
      sslmode: "verify-full",
    },
    sslCert: { name: own, key: "tls.crt" },
    sslKey: { name: own, key: "tls.key" },
    sslRootCert: { name: cnpg.secrets.authority, key: "ca.crt" },
  };
}

function postgresqlOf({ environment }: CnpgPlan, plan: RecoveryPlan): object {
  const { parameters, libraries } = cnpgSettings(plan);
  const { mode, synchronous, strict } = environment.replication;
  return {
    parameters,
    shared_preload_libraries: libraries,
    enableAlterSystem: false,
    pg_hba: cnpgHba(plan),
    pg_ident: cnpgIdent(),
    ...(mode === "async"
      ? {}
      : {
          synchronous: {
            method: mode === "quorum" ? "any" : "first",
            number: synchronous,
            // preferred: with fewer standbys than that the primary waits for those that are there.
            dataDurability: strict ? "required" : "preferred",
            // Nobody is promoted who may lack an acknowledged commit.
            failoverQuorum: strict,
          },
        }),
  };
}

/**
 * How the data comes to be. One Cluster alone begins empty: that of the primary's site while it is primary. Every other copies, and fails
 * where nobody is there to copy: a lost primary must never begin anew beside its own standby.
 */
function bootstrapOf({ environment, site }: CnpgPlan, plan: RecoveryPlan): object {
  const topology = cnpgTopology(environment, site);
  const home = environment.sites.find(({ role }) => role === "primary")?.name;
  if (topology !== undefined && !(site === home && primaryMember(environment).site === home))
    return { pg_basebackup: { source: topology.source } };
  const [database] = environment.cluster.databases;
  return {
    initdb: {
      ...(database === undefined ? {} : { database: database.name, owner: ownerOf(database) }),
      dataChecksums: true,
      encoding: "UTF8",
      locale: "C.UTF-8",
      localeProvider: "builtin",
      builtinLocale: "C.UTF-8",
      postInitSQL: [cnpgServerSql(plan)],
      postInitApplicationSQL: [cnpgDatabaseSql(plan)],
    },
  };
}

/** Names by which the Cluster is known beside those of its Services: that of its load balancer, and those of the pooler, which shows the same certificate. */
function namesOf({ environment, cnpg, site }: CnpgPlan): readonly string[] {
  const { exchange, namespace } = kubernetesSite(environment, site);
  const pooler = cnpgPooler(environment, site);
  return [
    ...(exchange?.host === undefined ? [] : [exchange.host]),
    ...(cnpg.pooler === undefined
      ? []
      : [
          pooler,
          `${pooler}.${namespace}`,
          `${pooler}.${namespace}.svc`,
          serviceHost(environment, site, pooler),
        ]),
  ];
}

/** The Services that clients know, under the same names as with the other engine. */
function servicesOf({ environment, site }: CnpgPlan): object {
  const called = serviceNames(environment, site);
  const { exchange } = kubernetesSite(environment, site);
  const service = (selectorType: string, name: string, spec: object, annotations = {}): object => ({
    selectorType,
    updateStrategy: "patch",
    serviceTemplate: { metadata: { name, annotations }, spec },
  });
  const inside = { type: "ClusterIP" };
  const others = environment.kubernetes.sites.flatMap((other) =>
    other.site === site ? [] : (other.exchange?.sources ?? []),
  );
  return {
    disabledDefaultServices: ["ro", "r"],
    additional: [
      ...(primaryMember(environment).site === site ? [service("rw", called.primary, inside)] : []),
      service("r", called.read, inside),
      ...(exchange === undefined
        ? []
        : [
            service(
              "rw",
              called.exchange,
              {
                type: "LoadBalancer",
                // pg_hba.conf must see who comes.
                externalTrafficPolicy: "Local",
                allocateLoadBalancerNodePorts: false,
                loadBalancerSourceRanges: others,
              },
              exchange.annotations,
            ),
          ]),
    ],
  };
}
