import { binDirectory, GUEST_PATHS } from "../../../components/postgres/layout.js";
import type { Major } from "../../../components/declaration/index.js";
import { OperationError } from "../../errors.js";
import type { GuestAgent } from "../../ports/index.js";

/** A restored copy, in a directory of its own, without any network. */
export interface Copy {
  /** Everything of the copy lies here. */
  readonly directory: string;
  readonly data: string;
  readonly log: string;
  readonly major: Major;
  /** What lies around the directory and belongs to the same account: the server of the copy may only read it. */
  readonly repository?: string | undefined;
}

const UNIT = "pgkeep-drill-restore";

/** Name of the scratch directory beside the repository: same volume, never inside what pgBackRest manages. */
export function copyAt(repositoryPath: string, major: Major): Copy {
  const directory = `${repositoryPath}/pgkeep-drill`;
  const own = { directory, data: `${directory}/data`, log: `${directory}/server.log` };
  return { ...own, major, repository: repositoryPath };
}

/** Removes what an earlier run left, and makes the empty directory. */
export async function prepare(agent: GuestAgent, copy: Copy): Promise<void> {
  await destroy(agent, copy);
  await agent.run([
    "install",
    "-d",
    "-o",
    "postgres",
    "-g",
    "postgres",
    "-m",
    "0700",
    copy.directory,
    copy.data,
  ]);
}

/** Bytes free where the copy goes. */
export async function freeSpace(agent: GuestAgent, copy: Copy): Promise<number> {
  const { stdout } = await agent.run(["df", "--output=avail", "-B1", copy.directory]);
  return Number(stdout.trim().split("\n").at(-1));
}

/**
 * pgBackRest's configuration for the copy: the repository's own settings without any host, so that nothing but the local
 * repository can be reached. Made inside the guest: the passphrase never leaves it.
 */
export async function writeRestoreConfig(agent: GuestAgent, copy: Copy, stanza: string): Promise<void> {
  const script = `set -eu; umask 077
    { echo '[global]'
      awk '/^\\[/ { global = ($0 == "[global]") } global && /^repo1-(path|type|cipher-type|cipher-pass)[ \\t]*=/' "$1"
      printf '%s\\n' log-level-console=warn log-level-file=off "lock-path=$2" "spool-path=$2/spool" process-max=2 "[$3]" "pg1-path=$4"
    } > "$2/pgbackrest.conf"
    chown postgres:postgres "$2/pgbackrest.conf"`;
  await agent.run(["sh", "-c", script, "sh", GUEST_PATHS.pgbackrest, copy.directory, stanza, copy.data]);
}

/** Restores into the empty directory. */
export async function restore(
  agent: GuestAgent,
  copy: Copy,
  options: {
    readonly stanza: string;
    readonly label: string;
    readonly target: Date | "latest";
    readonly timeout: number;
  },
): Promise<void> {
  const { stanza, label, target, timeout } = options;
  const kind =
    target === "latest"
      ? ["--type=default"]
      : ["--type=time", `--target=${pgTime(target)}`, "--target-action=promote", "--target-timeline=latest"];
  await agent.run(
    [
      ...["runuser", "-u", "postgres", "--", "pgbackrest", `--config=${copy.directory}/pgbackrest.conf`],
      ...[`--stanza=${stanza}`, `--set=${label}`, "--archive-mode=off"],
      ...[...kind, "restore"],
    ],
    { timeout },
  );
}

/** As PostgreSQL reads it, to the microsecond, with its zone. */
export function pgTime(moment: Date): string {
  return moment.toISOString().replace("T", " ").replace("Z", "+00");
}

/** Settings that a standby or a recovering server needs at least as large as the primary had them. */
const INHERITED = {
  "max_connections setting": "max_connections",
  "max_worker_processes setting": "max_worker_processes",
  "max_wal_senders setting": "max_wal_senders",
  "max_prepared_xacts setting": "max_prepared_transactions",
  "max_locks_per_xact setting": "max_locks_per_transaction",
} as const;

/** Writes the copy's own configuration: no archive, no upstream, no network, no library of the primary. */
export async function writeServerConfig(agent: GuestAgent, copy: Copy): Promise<void> {
  const { stdout } = await agent.run([`${binDirectory(copy.major)}/pg_controldata`, copy.data]);
  const inherited = Object.entries(INHERITED).map(([label, name]) => {
    const value = new RegExp(`^${label}:\\s+(\\d+)$`, "m").exec(stdout)?.[1];
    if (value === undefined) throw new OperationError(`pg_controldata of the copy tells no ${label}`);
    return `${name} = ${value}`;
  });
  const settings = [
    "listen_addresses = ''",
    `unix_socket_directories = '${copy.directory}'`,
    "unix_socket_permissions = 0700",
    `hba_file = '${copy.directory}/pg_hba.conf'`,
    `ident_file = '${copy.directory}/pg_ident.conf'`,
    "shared_buffers = '64MB'",
    "max_wal_size = '1GB'",
    "hot_standby = on",
    "archive_mode = off",
    "event_triggers = off",
    "jit = off",
    "autovacuum = off",
    "logging_collector = off",
    "log_destination = 'stderr'",
    "log_line_prefix = '%m [%p] '",
    ...inherited,
  ];
  const files: [string, string][] = [
    ["postgresql.conf", `${settings.join("\n")}\n`],
    ["pg_hba.conf", "local all postgres peer\n"],
    ["pg_ident.conf", ""],
  ];
  for (const [name, content] of files) {
    await agent.write(`${copy.directory}/${name}`, content, "0600");
    await agent.run(["chown", "postgres:postgres", `${copy.directory}/${name}`]);
  }
}

/** Settings of the primary that would run its programs or load its libraries, and those that lead to other servers. */
const CLEARED = [
  ...["primary_conninfo", "primary_slot_name", "synchronous_standby_names", "listen_addresses"],
  ...["archive_command", "archive_library", "archive_cleanup_command", "recovery_end_command"],
  ...[
    "ssl_passphrase_command",
    "shared_preload_libraries",
    "session_preload_libraries",
    "local_preload_libraries",
  ],
];

/**
 * Starts the server in a network space of its own, in which not even loopback is up; only its socket file leads in. In its
 * mount space the repository is read-only: what the primary's superuser left in the data must not reach the backups.
 * Settings on the command line win over postgresql.auto.conf, which comes from the primary.
 */
export async function start(agent: GuestAgent, copy: Copy): Promise<void> {
  const server = [
    `${binDirectory(copy.major)}/postgres`,
    ...["-D", copy.data, `--config-file=${copy.directory}/postgresql.conf`, "-c", "archive_mode=off"],
    ...CLEARED.flatMap((name) => ["-c", `${name}=`]),
  ];
  const script = `set -eu; unit=$1; directory=$2; log=$3; repository=$4; shift 4
    if [ -d /run/systemd/system ]; then
      set -- -- "$@"
      [ -z "$repository" ] || set -- -p ReadOnlyPaths="$repository" -p ReadWritePaths="$directory" "$@"
      exec systemd-run -q --unit="$unit" --collect -p Type=exec -p User=postgres -p Group=postgres -p PrivateNetwork=yes \\
        -p NoNewPrivileges=yes -p Restart=no -p KillSignal=SIGINT -p TimeoutStopSec=120 -p UMask=0077 \\
        -p WorkingDirectory="$directory" -p StandardOutput=append:"$log" -p StandardError=append:"$log" "$@"
    fi
    umask 077
    enter='set -e; if [ -n "$1" ]; then mount --bind "$1" "$1"; mount --bind "$2" "$2"; mount -o remount,bind,ro "$1"; fi
      cd "$2"; shift 2; exec runuser -u postgres -- "$@"'
    setsid unshare -nm -- sh -c "$enter" sh "$repository" "$directory" "$@" >>"$log" 2>&1 </dev/null &`;
  const { directory, log, repository = "" } = copy;
  await agent.run(["sh", "-c", script, "sh", UNIT, directory, log, repository, ...server]);
}

/** True when the copy's server process lives. */
export async function running(agent: GuestAgent, copy: Copy): Promise<boolean> {
  const script =
    'pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null';
  return (await agent.run(["sh", "-c", script, "sh", copy.data], { accept: [0, 1] })).code === 0;
}

/** Stops the server cleanly. */
export async function stop(agent: GuestAgent, copy: Copy): Promise<void> {
  await agent.run(
    [
      "runuser",
      "-u",
      "postgres",
      "--",
      `${binDirectory(copy.major)}/pg_ctl`,
      "-D",
      copy.data,
      "-m",
      "fast",
      "-s",
      "-w",
      "-t",
      "300",
      "stop",
    ],
    { timeout: 330 },
  );
}

/** Stops whatever still runs and removes the copy; proves both. @throws OperationError when something is left */
export async function destroy(agent: GuestAgent, copy: Copy): Promise<void> {
  if (await running(agent, copy)) {
    const argv = ["runuser", "-u", "postgres", "--", `${binDirectory(copy.major)}/pg_ctl`, "-D", copy.data];
    await agent.run([...argv, "-m", "immediate", "-s", "-w", "-t", "60", "stop"], {
      timeout: 90,
      accept: [0, 1],
    });
  }
  // The restore of a drill that was killed goes on in the guest; its configuration in the copy's directory tells it apart.
  const script = `if [ -d /run/systemd/system ]; then systemctl stop "$1.service" 2>/dev/null || true; systemctl reset-failed "$1.service" 2>/dev/null || true; fi
    restoring() { pgrep -u postgres -f -- "--config=$2/pgbackrest.conf" >/dev/null; }
    end() { pkill "-$1" -u postgres -f -- "--config=$2/pgbackrest.conf"; for _ in $(seq 30); do restoring "$@" || break; sleep 1; done; }
    if restoring "$@"; then end TERM "$2"; fi
    if restoring "$@"; then end KILL "$2"; fi
    rm -rf -- "$2"; [ ! -e "$2" ] && ! restoring "$@" && ! pgrep -u postgres -f -- "-D $2/data" >/dev/null`;
  const { code } = await agent.run(["sh", "-c", script, "sh", UNIT, copy.directory], {
    accept: [0, 1],
    timeout: 600,
  });
  if (code !== 0)
    throw new OperationError(`the copy in ${copy.directory} of ${agent.domain} could not be removed`);
}

/** The last lines of the copy's log that tell of trouble, or of the end of recovery. */
export async function logOf(agent: GuestAgent, copy: Copy): Promise<string> {
  return (await agent.run(["sh", "-c", 'tail -c 200000 "$1" 2>/dev/null || true', "sh", copy.log])).stdout;
}
