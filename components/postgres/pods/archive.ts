import {
  archiveClient,
  kubernetesOf,
  storePlace,
  type Archive,
  type KubernetesEnvironment,
  type Secrets,
} from "../../declaration/index.js";
import type { RecoveryPlan } from "../../recovery/plan.js";
import { renderIni } from "../ini.js";
import {
  archiving,
  keeping,
  PATIENCE,
  remoteSide,
  serverAt,
  taking,
  tlsServer,
  type Values,
} from "../pgbackrest/parts.js";
import { POD_PATHS, podDataDirectory } from "./layout.js";
import { membersAt, serviceHost, serviceNames } from "./members.js";

/** Where pgBackRest's files lie in pods: where it looks for them by itself, so that `archive_command` is the same everywhere. */
export const ARCHIVE_PATHS = {
  config: "/etc/pgbackrest",
  /** Of a job. */
  backup: "/etc/pgbackrest/backup.sh",
  verify: "/etc/pgbackrest/verify.sh",
  /** By which the store's certificate is checked, where the declaration names authorities. */
  authorities: "/etc/pgbackrest/store.pem",
  /** By which a job proves itself to members. */
  authority: "/etc/pgbackrest/tls/authority.pem",
  certificate: "/etc/pgbackrest/tls/client.pem",
  key: "/etc/pgbackrest/tls/client.key",
  spool: "/var/spool/pgbackrest",
} as const;

/** Files below {@link ARCHIVE_PATHS}.config, which pgBackRest reads all. */
export const ARCHIVE_FILES = { config: "pgbackrest.conf", secrets: "conf.d/store.conf" } as const;

/** The object store of an environment. @throws TypeError when none is declared */
export function archiveOf({ kubernetes: { archive } }: KubernetesEnvironment): Archive {
  if (archive === undefined)
    throw new TypeError("no object store is declared, so there is no archive; declare kubernetes.archive");
  return archive;
}

/**
 * Where locks lie in a pod. Jobs hold theirs beside the member as well, so that one backup runs at a time; archiving has another, since
 * what pushes WAL holds its own nearly all the time, and a stanza could not be made.
 */
const LOCKS = { archiving: "/tmp/pgbackrest", jobs: "/tmp/pgbackrest-jobs" } as const;

/** Settings of both sides. Containers log to their standard error. */
function common(level: "info" | "warn", locks: string): Values {
  return {
    "log-level-console": level,
    "log-level-file": "off",
    "lock-path": locks,
    "compress-type": "zst",
    ...PATIENCE,
  };
}

/** The store, without its secrets. What goes there is encrypted by whoever sends it. */
function store(plan: RecoveryPlan): Values {
  const environment = kubernetesOf(plan.environment);
  const archive = archiveOf(environment);
  const { host, port } = storePlace(archive);
  return {
    "repo1-type": "s3",
    "repo1-path": `/${archive.path ?? environment.cluster.name}`,
    "repo1-s3-endpoint": host,
    "repo1-storage-port": port,
    "repo1-s3-bucket": archive.bucket,
    "repo1-s3-region": archive.region,
    "repo1-s3-uri-style": archive.style,
    "repo1-storage-verify-tls": true,
    "repo1-storage-ca-file": archive.authorities === undefined ? undefined : ARCHIVE_PATHS.authorities,
    "repo1-cipher-type": environment.backup.repository.encryption,
  };
}

function server(plan: RecoveryPlan, prefix: string): Values {
  return serverAt(prefix, podDataDirectory(plan.environment.cluster.version.major), POD_PATHS.socket);
}

/** pgbackrest.conf of the server's container: it pushes WAL to the store and gets it from there. */
export function renderMemberArchiveConf(plan: RecoveryPlan): string {
  return renderIni([
    {
      name: "global",
      values: {
        ...common("warn", LOCKS.archiving),
        ...store(plan),
        ...keeping(plan),
        ...archiving(plan, ARCHIVE_PATHS.spool),
      },
    },
    { name: plan.stanza, values: server(plan, "pg1") },
  ]);
}

/**
 * pgbackrest.conf of the container beside it: `pgbackrest server`, which hands data files to jobs that prove themselves, and knows
 * neither the store nor its secrets. It listens on the pod's address, which its environment tells.
 */
export function renderServerArchiveConf(plan: RecoveryPlan): string {
  const { authority, certificate, key } = POD_PATHS;
  const authorized = [`${archiveClient(plan.environment)}=${plan.stanza}`];
  return renderIni([
    {
      name: "global",
      values: { ...common("warn", LOCKS.jobs), ...tlsServer({ authority, certificate, key }, authorized) },
    },
    { name: plan.stanza, values: server(plan, "pg1") },
  ]);
}

/** pgbackrest.conf of the jobs of a site, which reach its members by name. Nothing expires but by the job that has verified. */
export function renderJobArchiveConf(plan: RecoveryPlan, site: string): string {
  const environment = kubernetesOf(plan.environment);
  const { headless } = serviceNames(environment, site);
  const members = membersAt(environment, site);
  const { authority, certificate, key } = ARCHIVE_PATHS;
  return renderIni([
    {
      name: "global",
      values: {
        ...common("info", LOCKS.jobs),
        ...store(plan),
        ...keeping(plan),
        ...taking(plan, members.length),
        "expire-auto": false,
      },
    },
    {
      name: plan.stanza,
      values: Object.assign(
        {},
        ...members.map(({ name }, index) => ({
          ...remoteSide(`pg${index + 1}`, `${name}.${serviceHost(environment, site, headless)}`, {
            authority,
            certificate,
            key,
          }),
          ...server(plan, `pg${index + 1}`),
        })),
      ) as Values,
    },
  ]);
}

/** What is secret of the store, as a file that pgBackRest reads beside its configuration. */
export function renderArchiveSecrets({ repositoryPassphrase, objectStore }: Secrets): string {
  if (objectStore === undefined) throw new TypeError("the secrets were not checked by parseSecrets");
  return renderIni([
    {
      name: "global",
      values: {
        "repo1-cipher-pass": repositoryPassphrase,
        "repo1-s3-key": objectStore.accessKey,
        "repo1-s3-key-secret": objectStore.secretKey,
      },
    },
  ]);
}
