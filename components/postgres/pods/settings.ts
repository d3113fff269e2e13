import { kubernetesOf, type KubernetesEnvironment } from "../../declaration/index.js";
import type { RecoveryPlan } from "../../recovery/plan.js";
import { declaredRules, localRules, peerRules, renderHbaRules, REST, type HbaRule } from "../hba.js";
import { PORTS } from "../layout.js";
import { renderPostgresqlConf } from "../postgresql-conf.js";
import { completed, type Settings } from "../settings.js";
import { POD_PATHS } from "./layout.js";
import { kubernetesSite } from "./members.js";

/** Settings that say where Patroni's servers write their log; a pod's goes to its standard error. */
const LOG_FILES = [
  "log_directory",
  "log_filename",
  "log_file_mode",
  "log_rotation_age",
  "log_rotation_size",
  "log_truncate_on_rotation",
];

/**
 * All settings of a member in a pod: those of every other member of ours, with the places of the pod, and with what Patroni would
 * decide elsewhere: which standbys confirm.
 *
 * @param more settings of what is attached, such as another archive; they win
 */
export function podSettings(
  plan: RecoveryPlan,
  more: Readonly<Record<string, string | number | boolean>> = {},
): Settings {
  const environment = kubernetesOf(plan.environment);
  const all = completed(plan, [
    ["port", PORTS.postgres],
    ["unix_socket_directories", POD_PATHS.socket],
    ["unix_socket_permissions", "0770"],
    ["hba_file", POD_PATHS.hba],
    ["ident_file", POD_PATHS.ident],
  ]);
  for (const name of LOG_FILES) all.delete(name);
  const here = {
    ssl_cert_file: POD_PATHS.certificate,
    ssl_key_file: POD_PATHS.key,
    ssl_ca_file: POD_PATHS.authority,
    logging_collector: false,
    ...confirming(environment),
    ...more,
  };
  for (const [name, value] of Object.entries(here)) all.set(name, value);
  return all;
}

/** Every member is in the list: the one that is primary is no standby of its own. */
function confirming({ replication, cluster }: KubernetesEnvironment): Record<string, string> {
  if (replication.mode === "async") return {};
  const names = cluster.members.map(({ name }) => `"${name}"`).join(", ");
  const method = replication.mode === "quorum" ? "ANY" : "FIRST";
  return { synchronous_standby_names: `${method} ${replication.synchronous} (${names})` };
}

/** The file postgresql.conf of the members of a site; each has a file of its own beside it, with its name. */
export function renderPodConf(
  plan: RecoveryPlan,
  more: Readonly<Record<string, string | number | boolean>> = {},
): string {
  return `${renderPostgresqlConf(podSettings(plan, more))}include = '${POD_PATHS.memberConf}'\n`;
}

/** Records of pg_hba.conf of the members of a site: members there are known by the pods' network, others by where they come from. */
export function podHbaRules(plan: RecoveryPlan, site: string): readonly HbaRule[] {
  const environment = kubernetesOf(plan.environment);
  const others = environment.kubernetes.sites.filter((each) => each.site !== site);
  return [
    ...localRules(),
    ...peerRules(kubernetesSite(environment, site).podNetwork, `members at ${site}`),
    ...others.flatMap(({ site: name, exchange }) =>
      (exchange?.sources ?? []).flatMap((network) => peerRules(network, `members at ${name}`)),
    ),
    ...declaredRules(plan),
    ...REST,
  ];
}

/** The file pg_hba.conf of the members of a site. */
export function renderPodHba(plan: RecoveryPlan, site: string): string {
  return renderHbaRules(podHbaRules(plan, site));
}

/** The file passwd of a pod: without it the server does not know its own user, and nobody gets in over the socket. */
export function renderPasswd({ kubernetes: { user } }: KubernetesEnvironment): string {
  return `root:x:0:0:root:/nonexistent:/usr/sbin/nologin\npostgres:x:${user}:${user}:PostgreSQL:/var/lib/postgresql:/bin/sh\n`;
}

/** The password file of members: who streams and who rewinds. */
export function renderPgpass(passwords: Readonly<Record<string, string>>): string {
  return ["replicator", "rewind"]
    .map((role) => `*:${PORTS.postgres}:*:${role}:${(passwords[role] ?? "").replace(/[\\:]/g, "\\$&")}\n`)
    .join("");
}
