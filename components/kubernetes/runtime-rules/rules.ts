/** A rule of Falco. */
export interface RuntimeRule {
  readonly rule: string;
  readonly desc: string;
  readonly condition: string;
  readonly output: string;
  readonly priority: "CRITICAL" | "ERROR" | "WARNING" | "NOTICE";
  readonly tags: readonly string[];
}

const WHERE =
  "container_id=%container.id image=%container.image.repository:%container.image.tag namespace=%k8s.ns.name pod=%k8s.pod.name";
const WHO = "user_uid=%user.uid process=%proc.name exepath=%proc.exepath parent=%proc.pname";
const TAGS = ["pgkeep", "database", "postgresql", "container"] as const;

/** What is watched, each rule by what must not happen. */
export function rulesOf(port: number): readonly RuntimeRule[] {
  return [
    {
      rule: "Database Unauthorized Access",
      desc: "PostgreSQL has accepted a connection from an address outside the networks of its clients: a network policy is missing or was got round.",
      condition: `evt.type in (accept, accept4) and evt.rawres >= 0 and fd.typechar in (4, 6) and fd.sport = ${port} and pgkeep_database and not pgkeep_client and not pgkeep_loopback`,
      output: `A stranger connected to a database | client=%fd.cip connection=%fd.name ${WHO} ${WHERE}`,
      priority: "CRITICAL",
      tags: [...TAGS, "network", "mitre_initial_access", "T1190"],
    },
    {
      rule: "Database Shell Started",
      desc: "A shell was started in the container of a database, and neither by its entry point nor to archive WAL: somebody is in it, or made the server run a command.",
      condition:
        "pgkeep_spawned and pgkeep_database and proc.name in (pgkeep_shells) and not pgkeep_entrypoint and not pgkeep_initialization and not pgkeep_archiver and not pgkeep_known_shell",
      output: `A shell was started in a database's container | command=%proc.cmdline terminal=%proc.tty ${WHO} ${WHERE}`,
      priority: "CRITICAL",
      tags: [...TAGS, "process", "mitre_execution", "T1059"],
    },
    {
      rule: "Database Child Process",
      desc: "PostgreSQL has started a program that is neither its own nor one that archives: the way of COPY FROM PROGRAM and of extensions that run commands.",
      condition:
        "pgkeep_spawned and pgkeep_database and proc.pname = postgres and not proc.name in (pgkeep_shells) and not pgkeep_server and not proc.name in (pgkeep_backup_programs, pgkeep_managers)",
      output: `PostgreSQL started a program | command=%proc.cmdline ${WHO} ${WHERE}`,
      priority: "CRITICAL",
      tags: [...TAGS, "process", "mitre_execution", "T1203"],
    },
    {
      rule: "Database Files Read",
      desc: "A file of a data directory was opened by a program that is neither PostgreSQL nor one that backs it up: it gets round every role and the audit log.",
      condition:
        "pgkeep_read and fd.name pmatch (pgkeep_data_paths) and not pgkeep_server and not pgkeep_entrypoint and not proc.name in (pgkeep_backup_programs, pgkeep_managers)",
      output: `A foreign program read a database's files | file=%fd.name ${WHO} ${WHERE}`,
      priority: "CRITICAL",
      tags: [...TAGS, "filesystem", "mitre_collection", "T1005"],
    },
    {
      rule: "Database Configuration Written",
      desc: "A file that says who may connect, or what the server runs, was opened for writing by another program than PostgreSQL.",
      condition:
        "pgkeep_written and fd.filename in (pgkeep_configuration_files) and pgkeep_database and not pgkeep_server and not pgkeep_entrypoint and not proc.name in (pgkeep_managers)",
      output: `A database's configuration was written | file=%fd.name ${WHO} ${WHERE}`,
      priority: "WARNING",
      tags: [...TAGS, "filesystem", "mitre_persistence", "T1556"],
    },
    {
      rule: "Database Password File Read",
      desc: "A file with passwords or keys of a database was opened by a program that has no use for it.",
      condition:
        "pgkeep_read and pgkeep_database and (fd.name pmatch (pgkeep_secret_paths) or fd.filename in (pgkeep_password_files)) and not pgkeep_server and not pgkeep_entrypoint and not proc.name in (pgkeep_backup_programs, pgkeep_managers, pgkeep_client_programs)",
      output: `A database's password file was read | file=%fd.name ${WHO} ${WHERE}`,
      priority: "CRITICAL",
      tags: [...TAGS, "filesystem", "mitre_credential_access", "T1552"],
    },
    {
      rule: "Database Outbound Connection",
      desc: "Something in a database's container has connected to an address that is none of its members, its repository or its resolver: the way by which data leaves.",
      condition:
        "evt.type = connect and (evt.rawres >= 0 or evt.res = EINPROGRESS) and fd.typechar in (4, 6) and pgkeep_database and not pgkeep_destination and not pgkeep_loopback",
      output: `A database's container connected to a stranger | server=%fd.sip connection=%fd.name ${WHO} ${WHERE}`,
      priority: "ERROR",
      tags: [...TAGS, "network", "mitre_exfiltration", "T1041"],
    },
    {
      rule: "Database Dumped",
      desc: "pg_dump was started in the container of a database: the whole content leaves in one go. Backups here are physical.",
      condition:
        "pgkeep_spawned and pgkeep_database and proc.name in (pgkeep_dump_programs) and not pgkeep_initialization",
      output: `A database was dumped in its container | ${WHO} ${WHERE}`,
      priority: "WARNING",
      tags: [...TAGS, "process", "mitre_exfiltration", "T1048"],
    },
  ];
}
