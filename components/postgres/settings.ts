import type { Version } from "../declaration/index.js";
import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";
import { listenAddresses } from "./guests.js";
import { GUEST_PATHS, PORTS } from "./layout.js";
import { archiveCommand, restoreCommand } from "./pgbackrest/commands.js";
import { sizingSettings, type Settings } from "./sizing.js";

export type { Settings } from "./sizing.js";

/** Cipher suites of TLS 1.2, for settings that a lower floor would need: authenticated encryption, forward secrecy. */
const TLS12_CIPHERS = [
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
].join(":");

/** True when the server knows what came with these minors (a setting may arrive in a minor release). */
export function since(version: Version, minors: Readonly<Record<Version["major"], number>>): boolean {
  return version.minor >= minors[version.major];
}

/** `output_plugin_libraries` arrived with 17.11 and 18.6; older minors refuse to start when the file names it. */
export const OUTPUT_PLUGIN_LIBRARIES_SINCE = { 17: 11, 18: 6 } as const;

/**
 * All server settings of a member, in printing order: connection, TLS and authentication, audit log, safety, replication
 * and archive, sizing, and last the overrides of the declaration. Every name is known to the declared version, major
 * and minor.
 */
export function settings(plan: RecoveryPlan, guest: PlanGuest): Settings {
  return completed(plan, connection(plan, guest));
}

/** The settings that are alike wherever a member runs, after those of how it is reached. */
export function completed(plan: RecoveryPlan, connection: Group): Map<string, string | number | boolean> {
  const { cluster, objectives } = plan.environment;
  const all = new Map<string, string | number | boolean>([
    ...connection,
    ...KEEPALIVE,
    ...transport(cluster.version),
    ...audit(cluster.version),
    ...safety(cluster.version),
    ...replication(plan),
    ...sizingSettings(cluster, objectives),
  ]);
  for (const [name, value] of Object.entries(cluster.parameters)) all.set(name, value);
  return all;
}

export type Group = readonly (readonly [string, string | number | boolean])[];

function connection(plan: RecoveryPlan, guest: PlanGuest): Group {
  return [
    ["cluster_name", plan.environment.cluster.name],
    ["listen_addresses", listenAddresses(plan, guest).join(",")],
    ["port", PORTS.postgres],
    ["unix_socket_directories", GUEST_PATHS.socket],
    ["unix_socket_permissions", "0770"],
  ];
}

/** A peer that vanished with its site is noticed in about a minute, not in two hours. */
const KEEPALIVE: Group = [
  ["tcp_keepalives_idle", "30s"],
  ["tcp_keepalives_interval", "10s"],
  ["tcp_keepalives_count", 3],
  ["tcp_user_timeout", "60s"],
  ["client_connection_check_interval", "10s"],
];

function transport({ major }: Version): Group {
  return [
    ["ssl", true],
    ["ssl_cert_file", GUEST_PATHS.certificate],
    ["ssl_key_file", GUEST_PATHS.key],
    ["ssl_ca_file", GUEST_PATHS.authority],
    ["ssl_min_protocol_version", "TLSv1.3"],
    ["ssl_ciphers", TLS12_CIPHERS],
    major === 17 ? ["ssl_ecdh_curve", "prime256v1"] : ["ssl_groups", "X25519:prime256v1"],
    ["password_encryption", "scram-sha-256"],
    ["scram_iterations", 4096],
    ["authentication_timeout", "30s"],
    ["auth_delay.milliseconds", 500],
    ...(major === 18
      ? ([
          ["md5_password_warnings", true],
          ["oauth_validator_libraries", ""],
        ] as const)
      : []),
  ];
}

function audit({ major }: Version): Group {
  return [
    ["shared_preload_libraries", "pgaudit,pg_stat_statements,auth_delay"],
    ["pgaudit.log", "ddl,role,write"],
    ["pgaudit.log_parameter", false],
    ["logging_collector", true],
    ["log_destination", "stderr"],
    ["log_directory", GUEST_PATHS.logs],
    ["log_filename", "postgresql-%a.log"],
    ["log_file_mode", "0600"],
    ["log_rotation_age", "1d"],
    ["log_rotation_size", 0],
    ["log_truncate_on_rotation", true],
    ["log_connections", major === 17 ? true : "authentication,authorization"],
    ["log_disconnections", true],
    ["log_replication_commands", true],
    ["log_statement", "ddl"],
    ["log_line_prefix", "%m [%p]: db=%d,user=%u,app=%a,client=%h "],
    ["log_error_verbosity", "verbose"],
    ["log_hostname", false],
    ["log_timezone", "UTC"],
    ["log_min_messages", "warning"],
    ["log_min_error_statement", "error"],
    ["log_checkpoints", true],
    ["log_lock_waits", true],
    ...(major === 18 ? ([["log_lock_failures", true]] as const) : []),
    ["log_autovacuum_min_duration", "10s"],
    ["debug_print_parse", false],
    ["debug_print_rewritten", false],
    ["debug_print_plan", false],
    ["track_io_timing", true],
    ["timezone", "UTC"],
  ];
}

function safety(version: Version): Group {
  return [
    ["fsync", true],
    ["full_page_writes", true],
    ["row_security", true],
    ["allow_alter_system", false],
    ["zero_damaged_pages", false],
    ["ignore_checksum_failure", false],
    ["allow_system_table_mods", false],
    ["ignore_system_indexes", false],
    ["jit_debugging_support", false],
    ["jit_profiling_support", false],
    ["post_auth_delay", 0],
    ["idle_in_transaction_session_timeout", "10min"],
    // Nothing decodes WAL logically here; the list is what a subscription would need and no more.
    ...(since(version, OUTPUT_PLUGIN_LIBRARIES_SINCE)
      ? ([["output_plugin_libraries", "pgoutput"]] as const)
      : []),
  ];
}

function replication(plan: RecoveryPlan): Group {
  const { version, members } = plan.environment.cluster;
  const senders = Math.max(10, 2 * members.length + 4);
  const { wal } = plan.environment.backup;
  return [
    ["wal_level", "replica"],
    ["wal_compression", "lz4"],
    ["wal_log_hints", true],
    ["hot_standby", true],
    ["synchronous_commit", "on"],
    ["max_wal_senders", senders],
    ["max_replication_slots", senders],
    ["wal_sender_timeout", "30s"],
    ["wal_receiver_timeout", "30s"],
    ...(version.major === 18 ? ([["idle_replication_slot_timeout", "1d"]] as const) : []),
    ["archive_mode", wal !== undefined],
    ...(wal === undefined
      ? []
      : ([
          ["archive_command", archiveCommand(plan)],
          ["archive_timeout", `${wal.archiveTimeout}s`],
          ["restore_command", restoreCommand(plan)],
        ] as const)),
  ];
}
