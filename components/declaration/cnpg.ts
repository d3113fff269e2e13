import { z } from "zod";
import { PINNED_IMAGE } from "./image.js";
import { duration, matching, refuse, text } from "./units.js";

/** Name of an object in a site's namespace. */
export const objectName = matching(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "1 to 63 lower-case letters, digits and hyphens",
);

/** An image by version and by content: a tag can be moved, a digest alone tells nobody what runs. */
export const image = matching(
  PINNED_IMAGE,
  "version and digest, such as registry.example.org/postgres:18.6-trixie@sha256:<64 hexadecimal digits>",
);

/** What a demotion token says; CloudNativePG refuses one that lacks any of them (pkg/utils/parser.go of 1.30.0). */
const TOKEN_PARTS = [
  "latestCheckpointTimelineID",
  "redoWalFile",
  "databaseSystemIdentifier",
  "latestCheckpointREDOLocation",
  "timeOfLatestCheckpoint",
  "operatorVersion",
] as const;

const tokenRemedy =
  "status.demotionToken of the demoted Cluster, whole: kubectl get cluster <name> -o jsonpath='{.status.demotionToken}'";

/** The demotion token of one Cluster, which is the promotion token of another. Nothing in it is secret. */
const promotionToken = text(tokenRemedy).superRefine((token, context) => {
  const missing = missingParts(token);
  if (missing === undefined) refuse(context, "is no token of CloudNativePG", tokenRemedy);
  else if (missing.length > 0) refuse(context, `is a token without ${missing.join(" and ")}`, tokenRemedy);
});

/** Parts that a token lacks; nothing for a text that is no token. */
function missingParts(token: string): readonly string[] | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(token)) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
    const content = z.record(z.string(), z.string()).safeParse(parsed);
    return content.success ? TOKEN_PARTS.filter((part) => !content.data[part]) : undefined;
  } catch {
    return undefined;
  }
}

/** How CloudNativePG hands the primary's role to the cluster of another site. */
export const handoverSchema = z.discriminatedUnion("step", [
  z.strictObject({
    /**
     * demote: first step of a planned one; the primary's cluster ends writing and tells its demotion token, and nobody accepts writes until
     * the second. promote: the other cluster waits until it has everything that the token speaks of, and is promoted; nothing is lost or
     * made anew. failover: the primary's cluster is lost, the other one is promoted with what it has; the lost one must never start again.
     */
    step: z.literal("demote"),
  }),
  z.strictObject({
    step: z.literal("promote"),
    /** status.demotionToken of the Cluster that was demoted; no secret. */
    token: promotionToken,
  }),
  z.strictObject({ step: z.literal("failover") }),
]);

/** An object store with the API of S3, by the plugin Barman Cloud. */
const store = z.strictObject({
  /** Bucket and folder, for this environment alone; each site's cluster has a folder of its own below. */
  path: matching(
    /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[A-Za-z0-9._-]+)+$/,
    "bucket and folder without a slash at the end, such as s3://backups/orders",
  ),
  /** Address of a store that is not the provider's own. @default the provider's */
  endpoint: matching(
    /^https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/,
    "an https address without a path, such as https://objects.example.org:9000",
  ).optional(),
  /** Secret with the keys ACCESS_KEY_ID and ACCESS_SECRET_KEY, in each site's namespace. */
  credentials: objectName,
  /** Secret with the certificates (ca.crt) by which the store's is checked. @default the image's own authorities */
  authority: objectName.optional(),
  /** By what the store encrypts; the plugin does not encrypt by itself. @default AES256 */
  encryption: z.enum(["AES256", "aws:kms"]).default("AES256"),
});

/** Everything that engine cnpg needs besides; CloudNativePG 1.30 and its plugin Barman Cloud are installed. */
export const cnpgSchema = z.strictObject({
  /** Secrets in each site's namespace, by name: what is in them never comes here. They are the same at every site. */
  secrets: z.strictObject({
    /**
     * Authority of this environment alone, ca.crt and ca.key: the operator signs by it what servers and members have, so that members
     * of different sites trust one another.
     */
    authority: objectName,
    /** Beginning of the names of the roles' passwords (type basic-auth): `<it>-<role>`, hyphens for underscores. @default the cluster's name */
    passwords: objectName.optional(),
  }),
  /** Where WAL and base backups go, of all sites; better at none of them that may be primary. */
  store,
  /** PgBouncer before the primary, at each site. @default none */
  pooler: z
    .strictObject({
      /** Image of PgBouncer by version and digest. */
      image,
      /** How many of them at each site, one a node. @default 2 */
      instances: z.int().min(2).max(20).default(2),
      /** session: a connection of the server for each client's; transaction: for each transaction. @default session */
      mode: z.enum(["session", "transaction"]).default("session"),
      /** Connections of clients, of each instance. @default 1000 */
      clients: z.int().min(10).max(100_000).default(1000),
      /** Connections to the server for each database and role, of each instance. @default 20 */
      size: z.int().min(1).max(1000).default(20),
    })
    .optional(),
  /** How long an unplanned failover within a site waits for the primary to come back. @default 0 s */
  failoverDelay: duration({ max: "10 min" }).prefault("0 s"),
});

export type Cnpg = z.infer<typeof cnpgSchema>;
export type Handover = z.infer<typeof handoverSchema>;

/**
 * Settings that CloudNativePG keeps to itself: fixed to a value of its own, or blocked from any but PostgreSQL's. Its webhook refuses a
 * Cluster that names one of them. Source: FixedConfigurationParameters in pkg/postgres/configuration.go of 1.30.0; a test compares.
 */
export const CNPG_RESERVED = {
  allow_system_table_mods: "blocked",
  archive_cleanup_command: "blocked",
  archive_command: "fixed",
  archive_mode: "fixed",
  bonjour: "blocked",
  bonjour_name: "blocked",
  cluster_name: "fixed",
  config_file: "blocked",
  data_directory: "blocked",
  data_sync_retry: "blocked",
  event_source: "blocked",
  external_pid_file: "blocked",
  hba_file: "blocked",
  hot_standby: "blocked",
  ident_file: "blocked",
  jit_provider: "blocked",
  listen_addresses: "blocked",
  log_destination: "blocked",
  log_directory: "blocked",
  log_file_mode: "blocked",
  log_filename: "blocked",
  log_rotation_age: "blocked",
  log_rotation_size: "blocked",
  log_truncate_on_rotation: "blocked",
  logging_collector: "blocked",
  "pg_failover_slots.primary_dsn": "fixed",
  "pg_failover_slots.standby_slot_names": "fixed",
  port: "fixed",
  primary_conninfo: "fixed",
  primary_slot_name: "fixed",
  promote_trigger_file: "blocked",
  recovery_end_command: "blocked",
  recovery_min_apply_delay: "blocked",
  recovery_target: "fixed",
  recovery_target_action: "fixed",
  recovery_target_inclusive: "fixed",
  recovery_target_lsn: "fixed",
  recovery_target_name: "fixed",
  recovery_target_time: "fixed",
  recovery_target_timeline: "fixed",
  recovery_target_xid: "fixed",
  restart_after_crash: "blocked",
  restore_command: "fixed",
  shared_preload_libraries: "fixed",
  ssl: "fixed",
  ssl_ca_file: "fixed",
  ssl_cert_file: "fixed",
  ssl_crl_file: "fixed",
  ssl_dh_params_file: "fixed",
  ssl_ecdh_curve: "fixed",
  ssl_key_file: "fixed",
  ssl_passphrase_command: "fixed",
  ssl_passphrase_command_supports_reload: "fixed",
  ssl_prefer_server_ciphers: "fixed",
  stats_temp_directory: "blocked",
  synchronized_standby_slots: "fixed",
  synchronous_standby_names: "fixed",
  syslog_facility: "blocked",
  syslog_ident: "blocked",
  syslog_sequence_numbers: "blocked",
  syslog_split_messages: "blocked",
  temp_tablespaces: "fixed",
  unix_socket_directories: "blocked",
  unix_socket_group: "blocked",
  unix_socket_permissions: "blocked",
} as const satisfies Readonly<Record<string, "fixed" | "blocked">>;

/** What CloudNativePG does with a setting, if it keeps it to itself. `allow_alter_system` it sets by a field of its own. */
export function cnpgReserves(name: string): "fixed" | "blocked" | undefined {
  if (name === "allow_alter_system") return "fixed";
  return Object.hasOwn(CNPG_RESERVED, name) ? CNPG_RESERVED[name as keyof typeof CNPG_RESERVED] : undefined;
}
