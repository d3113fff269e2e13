import { stringify } from "yaml";
import type { RuntimePlan } from "./args.js";
import { macrosOf, MACRO_NAMES } from "./macros.js";
import { rulesOf } from "./rules.js";

/** Falco 0.42: the oldest without the direction of events. */
const ENGINE = "0.57.0";
/** Since Falco 0.41 fields of containers and pods come from this plugin. */
const CONTAINER_PLUGIN = "0.4.0";

/** Programs of the server itself, which open its files. */
const SERVER_PROGRAMS = [
  "postgres",
  "initdb",
  "pg_ctl",
  "pg_controldata",
  "pg_checksums",
  "pg_resetwal",
  "pg_rewind",
  "pg_basebackup",
  "pg_verifybackup",
  "pg_waldump",
  "pg_upgrade",
].map((name) => name.slice(0, 15));

/** Programs that log in with a password file. */
const CLIENT_PROGRAMS = ["psql", "pg_isready", "pg_receivewal", "pgbouncer"];

/** Lists of the rules, each with a name under which a later file can append to it. */
export function listsOf(plan: RuntimePlan): Readonly<Record<string, readonly string[]>> {
  return {
    pgkeep_images: plan.images.flatMap(namesOf),
    pgkeep_clients: plan.clients.map(quoted),
    // Loopback is excepted anyway; a list must not be empty.
    pgkeep_destinations: ["127.0.0.0/8", ...plan.destinations].map(quoted),
    pgkeep_data_paths: plan.dataPaths,
    pgkeep_secret_paths: plan.secretPaths,
    pgkeep_server_programs: SERVER_PROGRAMS,
    pgkeep_backup_programs: plan.backupPrograms,
    // CloudNativePG's instance manager starts the server, writes its configuration and archives.
    pgkeep_managers: ["manager"],
    pgkeep_client_programs: CLIENT_PROGRAMS,
    pgkeep_dump_programs: ["pg_dump", "pg_dumpall"],
    pgkeep_shells: ["sh", "bash", "dash", "ash", "ksh", "zsh", "csh", "tcsh", "busybox"],
    pgkeep_password_files: [".pgpass", "pgpass", "server.key", "tls.key"],
    pgkeep_configuration_files: [
      "pg_hba.conf",
      "pg_ident.conf",
      "postgresql.conf",
      "postgresql.auto.conf",
      "custom.conf",
      "override.conf",
    ],
  };
}

/** The text of a file for /etc/falco/rules.d. */
export function rulesFile(plan: RuntimePlan): string {
  const macros = { ...macrosOf(plan), ...plan.macros };
  const items = [
    { required_engine_version: ENGINE },
    { required_plugin_versions: [{ name: "container", version: CONTAINER_PLUGIN }] },
    ...Object.entries(listsOf(plan)).map(([list, entries]) => ({ list, items: entries })),
    ...MACRO_NAMES.map((macro) => ({ macro, condition: macros[macro] })),
    ...rulesOf(plan.port).map((rule) => ({ ...rule, source: "syscall" })),
  ];
  return `# pgkeep: rules of Falco for databases. Do not edit: change the component, or override lists and macros in a later file.\n${stringify(items, { lineWidth: 0 })}`;
}

/** Networks are quoted once more: their signs mean something in a condition. */
function quoted(network: string): string {
  return `"${network}"`;
}

/** Runtimes call an image of Docker Hub by its short or by its full name. */
function namesOf(repository: string): string[] {
  const [first = ""] = repository.split("/");
  const hosted = repository.includes("/") && /[.:]|^localhost$/.test(first);
  if (hosted) return [repository];
  const path = repository.includes("/") ? repository : `library/${repository}`;
  return [...new Set([repository, path, `docker.io/${path}`])];
}
