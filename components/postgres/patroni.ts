import { stringify } from "yaml";
import type { Secrets } from "../declaration/index.js";
import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";
import { DCS_PARAMETERS, dcsConfig, memberTags, PATRONI_PARAMETERS } from "./dcs.js";
import { listenAddresses, membersOf, secretOf } from "./guests.js";
import { hbaRules, renderHbaRule } from "./hba.js";
import { identRules } from "./ident.js";
import { binDirectory, dataDirectory, endpoint, GUEST_PATHS, PORTS, walDirectory } from "./layout.js";
import { pgbackrest } from "./pgbackrest/commands.js";
import { settings } from "./settings.js";

/** Name of the account on Patroni's REST interface. */
const REST_USER = "pgkeep";

/** Where Patroni keeps clusters in etcd. */
export const DCS_NAMESPACE = "/pgkeep/";

/** Patroni's view of the certificate files: the same certificate serves and connects. */
const CLIENT_TLS = { cacert: GUEST_PATHS.authority, cert: GUEST_PATHS.certificate, key: GUEST_PATHS.key };

/** The file config.yml of Patroni 4 on a member. Holds passwords: mode 0600. */
export function renderPatroniYml(plan: RecoveryPlan, secrets: Secrets, guest: PlanGuest): string {
  const { failover, cluster } = plan.environment;
  const rest = endpoint(guest.addresses.replication, PORTS.patroni);
  const config = {
    scope: cluster.name,
    namespace: DCS_NAMESPACE,
    name: guest.name,
    log: { level: "INFO" },
    restapi: {
      listen: rest,
      connect_address: rest,
      certfile: GUEST_PATHS.certificate,
      keyfile: GUEST_PATHS.key,
      cafile: GUEST_PATHS.authority,
      // Nobody without a certificate of the environment's authority; changes need the password as well.
      verify_client: "required",
      authentication: { username: REST_USER, password: secrets.patroniPassword },
    },
    ctl: {
      insecure: false,
      cacert: GUEST_PATHS.authority,
      certfile: GUEST_PATHS.certificate,
      keyfile: GUEST_PATHS.key,
    },
    etcd3: {
      hosts: plan.guests.map(({ addresses }) => endpoint(addresses.replication, PORTS.etcdClient)),
      protocol: "https",
      ...CLIENT_TLS,
    },
    // Patroni initialises a cluster only where this section stands: at the primary site, never by a race.
    ...(bootstraps(plan, guest)
      ? {
          bootstrap: {
            dcs: dcsConfig(plan),
            initdb: initdbOptions(plan),
            post_bootstrap: GUEST_PATHS.roles,
          },
        }
      : {}),
    postgresql: postgresql(plan, secrets, guest),
    watchdog: { mode: failover.watchdog, device: "/dev/watchdog", safety_margin: 5 },
    tags: memberTags(plan, guest),
  };
  return `# Generated from the declaration; changes here are lost.\n${stringify(config, { lineWidth: 0 })}`;
}

/** True for the one member that may make the cluster: the first at the primary site. */
export function bootstraps(plan: RecoveryPlan, guest: PlanGuest): boolean {
  const home = plan.environment.sites.find(({ role }) => role === "primary")?.name;
  const members = membersOf(plan);
  return (members.find(({ site }) => site === home) ?? members[0])?.name === guest.name;
}

/**
 * Options of initdb. The collation is PostgreSQL's own (builtin), so an index never depends on the C library of the host
 * that a standby, a replica or a restored copy runs on.
 */
function initdbOptions(plan: RecoveryPlan): (string | Record<string, string>)[] {
  return [
    "data-checksums",
    { encoding: "UTF8" },
    { locale: "C.UTF-8" },
    { "locale-provider": "builtin" },
    { "builtin-locale": "C.UTF-8" },
    { "auth-local": "peer" },
    { "auth-host": "scram-sha-256" },
    { waldir: walDirectory(plan.environment.cluster.version.major) },
  ];
}

function postgresql(plan: RecoveryPlan, secrets: Secrets, guest: PlanGuest): Record<string, unknown> {
  const { cluster, backup, failover } = plan.environment;
  const { major } = cluster.version;
  const all = settings(plan, guest);
  const elsewhere: readonly string[] = [...DCS_PARAMETERS, ...PATRONI_PARAMETERS, "restore_command"];
  const restore = all.get("restore_command");
  const mutual = {
    sslmode: "verify-full",
    sslrootcert: GUEST_PATHS.authority,
    sslcert: GUEST_PATHS.certificate,
    sslkey: GUEST_PATHS.key,
    // channel_binding=require would also hold for the local socket, where Patroni cannot have it; libpq binds the channel
    // on its own whenever TLS and SCRAM meet, and verify-full leaves nobody in between.
  };
  const account = (username: string): Record<string, string> => ({
    username,
    password: secretOf(secrets.passwords, username),
    ...mutual,
  });
  return {
    listen: `${listenAddresses(plan, guest).map(bracketed).join(",")}:${PORTS.postgres}`,
    connect_address: endpoint(guest.addresses.replication, PORTS.postgres),
    data_dir: dataDirectory(major),
    bin_dir: binDirectory(major),
    pgpass: "/run/patroni/pgpass",
    use_unix_socket: true,
    use_unix_socket_repl: true,
    use_pg_rewind: true,
    // A diverged copy may hold transactions that nobody else has: removing it is a person's decision.
    remove_data_directory_on_rewind_failure: false,
    remove_data_directory_on_diverged_timelines: false,
    authentication: {
      superuser: { username: "postgres" },
      replication: account("replicator"),
      rewind: account("rewind"),
    },
    parameters: Object.fromEntries([...all].filter(([name]) => !elsewhere.includes(name)).map(plain)),
    ...(restore === undefined ? {} : { recovery_conf: { restore_command: restore } }),
    pg_hba: hbaRules(plan, guest).map(renderHbaRule),
    pg_ident: identRules(),
    ...(failover.fencing ? { pre_promote: GUEST_PATHS.fence } : {}),
    callbacks: { on_start: GUEST_PATHS.roleChanged, on_role_change: GUEST_PATHS.roleChanged },
    create_replica_methods: backup.base === undefined ? ["basebackup"] : ["pgbackrest", "basebackup"],
    ...(backup.base === undefined
      ? {}
      : {
          pgbackrest: {
            command: `${pgbackrest(plan)} --delta --type=standby --link-map=pg_wal=${walDirectory(major)} restore`,
            keep_data: true,
            no_params: true,
          },
        }),
    basebackup: { checkpoint: "fast", waldir: walDirectory(major) },
  };
}

/** Patroni writes values between quotes and takes words for booleans. */
function plain([name, value]: readonly [string, string | number | boolean]): [string, string | number] {
  return [name, typeof value === "boolean" ? (value ? "on" : "off") : value];
}

/** Patroni splits at the last colon, so an IPv6 address stands in brackets. */
function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
