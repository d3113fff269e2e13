import { forEach } from "../../rule.js";
import { parseImage } from "../../../components/declaration/index.js";
import { inTurn, some, type Kind, type KubernetesObject } from "./object.js";
import { podOf, servingContainersOf, variablesOf, wordsOf, type Container, type Pod } from "./pod.js";

/*
 * Which workloads are PostgreSQL servers is told by what they run, never by labels or names that the author chose.
 */

/** Resources from which an operator makes PostgreSQL servers. */
export const OPERATED: readonly Kind[] = [
  "postgresql.cnpg.io/Cluster",
  "postgres-operator.crunchydata.com/PostgresCluster",
  "acid.zalan.do/postgresql",
  "pgv2.percona.com/PerconaPGCluster",
  "stackgres.io/SGCluster",
];

/** A PostgreSQL server of a stack: a pod, or what an operator makes pods from. */
export interface Database {
  readonly object: KubernetesObject;
  /** Absent when an operator makes the pods. */
  readonly pod?: Pod;
}

/** Images whose entry point is a PostgreSQL server, by the last part of their name. */
const SERVER_IMAGE =
  /^(?:postgres|postgresql|postgresql-repmgr|postgis|pgvector|timescaledb|timescaledb-ha|citus|spilo(?:-\d+)?|patroni|crunchy-postgres(?:-ha|-gis)?|percona-(?:distribution-)?postgresql(?:-operator)?|edb-postgres(?:-advanced)?|pgrouting|paradedb|supabase-postgres)$/;
const SERVER_PROGRAM = /^(?:postgres|postmaster|patroni|pg_ctl|pg_ctlcluster|launch\.sh)$/;
/** A server started by a shell: at the start of a command, behind exec or a change of user, under any path. */
const STARTS_SERVER =
  /(?:^|[;&|\n(]|\bexec|\bgosu\s+\S+|\bsu-exec\s+\S+|\bsetpriv\s[^;&|\n]*?--)\s*(?:\S*\/)?(?:postgres|postmaster|patroni|pg_ctl\s[^;&|\n]*\bstart|docker-entrypoint\.sh\s+postgres)(?=$|[\s;&|)])/;
const SHELL = /^(?:ba|da|a|z)?sh$/;
/** What reads or writes a server over its protocol, or does something else altogether. */
const CLIENT_PROGRAM =
  /^(?:psql|pg_dump|pg_dumpall|pg_restore|pg_basebackup|pg_receivewal|pg_verifybackup|pg_combinebackup|pg_isready|pg_amcheck|pgbench|vacuumdb|reindexdb|createdb|pgbackrest|barman\S*|wal-g|sleep|tail|cp|mv|tar|cat|echo|true)$/;
const DATA_DIRECTORY =
  /^\/(?:var\/lib\/(?:postgresql|pgsql)|bitnami\/postgresql|home\/postgres\/pgdata|pgdata)(?:\/|$)/;
const SERVER_VARIABLE =
  /^(?:PGDATA|POSTGRES_(?:PASSWORD|PASSWORD_FILE|INITDB_ARGS|HOST_AUTH_METHOD)|POSTGRESQL_(?:PASSWORD|POSTGRES_PASSWORD)(?:_FILE)?|PATRONI_\w+|SPILO_\w+)$/;
const PORT = 5432;

/** True when a container is a PostgreSQL server. @throws NotKnownYet */
export function runsServer(container: Container): boolean {
  const told = programOf(container);
  if (told === "server") return true;
  if (told === "client") return false;
  // A script in a job does its work with the programs of the image; elsewhere it ends in the server that the image is for.
  if (told === "script" && isRunOnce(container)) return false;
  return some([hasServerImage, holdsData], (evidence) => evidence(container));
}

type Told = "server" | "client" | "script" | "nothing";

/** What the command and the arguments of a container say that it runs. */
function programOf(container: Container): Told {
  const words = wordsOf(container);
  const commanded = container.at.list("command").length > 0;
  const [first = "", second = ""] = words.map((word) => word.slice(word.lastIndexOf("/") + 1));
  const program = first === "docker-entrypoint.sh" ? second : first;
  if (SERVER_PROGRAM.test(program)) return "server";
  if (CLIENT_PROGRAM.test(program)) return "client";
  if (SHELL.test(program)) return STARTS_SERVER.test(words.slice(1).join("\n")) ? "server" : "script";
  return commanded && program !== "" ? "script" : "nothing";
}

function isRunOnce({ pod }: Container): boolean {
  return pod.object.kind === "batch/Job" || pod.object.kind === "batch/CronJob";
}

function hasServerImage({ at }: Container): boolean {
  return isServerImage(at.text("image") ?? "");
}

/** True for an image of a PostgreSQL server. */
export function isServerImage(image: string): boolean {
  return SERVER_IMAGE.test(parseImage(image).name);
}

/** A renamed image gives itself away: it serves PostgreSQL's port, or is set up as its server, on a data directory. */
function holdsData(container: Container): boolean {
  const mounted = some(container.at.list("volumeMounts"), (mount) =>
    DATA_DIRECTORY.test(mount.text("mountPath") ?? ""),
  );
  return (
    mounted &&
    (some(container.at.list("ports"), (port) => port.at("containerPort").value === PORT) ||
      some(variablesOf(container), ({ name }) => SERVER_VARIABLE.test(name)))
  );
}

/** The server among the containers of a pod. @throws NotKnownYet */
export function serverOf(pod: Pod): Container | undefined {
  let server: Container | undefined;
  some(servingContainersOf(pod), (container) => {
    if (!runsServer(container)) return false;
    server = container;
    return true;
  });
  return server;
}

/** The database that an object is, if it is one. @throws NotKnownYet */
export function databaseOf(object: KubernetesObject): Database | undefined {
  if (OPERATED.includes(object.kind)) return { object };
  const pod = podOf(object);
  return pod !== undefined && serverOf(pod) !== undefined ? { object, pod } : undefined;
}

/** True when a pod exists for a while only, such as a drill's: it keeps no data. */
export function isTransient({ object }: Database): boolean {
  return object.kind === "batch/Job" || object.kind === "batch/CronJob";
}

/** Runs a step for each database that is there to stay. @throws NotKnownYet */
export function forEachDatabase(
  objects: readonly KubernetesObject[],
  step: (database: Database) => void,
): void {
  forEach(objects, (object) => {
    const database = databaseOf(object);
    if (database !== undefined && !isTransient(database) && !object.partial) step(database);
  });
}

/** Runs a step for each namespace that holds databases, with these. @throws NotKnownYet */
export function forEachDatabaseNamespace(
  objects: readonly KubernetesObject[],
  step: (namespace: string, databases: readonly Database[]) => void,
): void {
  const found = new Map<string, Database[]>();
  inTurn(
    () =>
      forEachDatabase(objects, (database) => {
        const { namespace } = database.object;
        found.set(namespace, [...(found.get(namespace) ?? []), database]);
      }),
    () => forEach([...found], ([namespace, databases]) => step(namespace, databases)),
  );
}
