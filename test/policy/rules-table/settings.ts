import { seed, subject } from "../fixtures.js";
import { guestinfo } from "../fixtures-vsphere.js";
import type { Subject } from "../../../policy/index.js";
import type { RuleTable } from "./table.js";

const command = (create: string): Subject => subject("remote", { create });
/** A ConfigMap, as the engine sees one of `@pulumi/kubernetes`. */
const configMap = (text: string): Subject => ({
  ...subject("network", { mode: undefined, data: { "postgresql.conf": text } }),
  type: "kubernetes:core/v1:ConfigMap",
});

export const settingsTable: RuleTable = [
  {
    rule: "commits-durable",
    violating: [
      [seed("fsync = off\n"), /fsync is off/],
      [configMap("full_page_writes = off\n"), /\.data\.postgresql\.conf: full_page_writes is off/],
      [seed("postgresql:\n  parameters:\n    synchronous_commit: 'off'\n"), /synchronous_commit is off/],
      [
        subject("vm", {
          extraConfig: { "guestinfo.userdata": guestinfo("write_files:\n- content: |\n    fsync = off\n") },
        }),
        /guestinfo\.userdata: fsync is off/,
      ],
    ],
    compliant: [
      seed("# fsync = off\nfsync = on\nsynchronous_commit = 'remote_apply'\n"),
      command(`psql -c "SET synchronous_commit = 'local'"`),
    ],
  },
  {
    rule: "wal-archived",
    violating: [
      [seed("archive_mode = off\n"), /archive_mode is off/],
      [configMap("wal_level = minimal\n"), /wal_level minimal/],
      [seed("archive_command = ''\n"), /archive_command is empty/],
      [seed("archive_command = '/bin/true'\n"), /stores nothing/],
      [seed("postgresql:\n  parameters:\n    archive_command: 'cd .'\n"), /stores nothing/],
      [seed("archive_command = 'test -f /backup/%f'\n"), /stores nothing/],
    ],
    compliant: [
      seed("archive_mode = on\narchive_command = 'pgbackrest --stanza=main archive-push %p'\n"),
      seed("archive_mode: on\narchive_command:\n  pgbackrest archive-push %p\n"),
      seed("archive_command = 'test ! -f /backup/%f && cp %p /backup/%f'\n"),
      seed("archive_library = 'basic_archive'\narchive_command = ''\n"),
      command("pgbackrest --stanza=main --archive-mode=off restore"),
    ],
  },
  {
    rule: "corruption-shown",
    violating: [
      [seed("zero_damaged_pages = on\n"), /zero_damaged_pages is on/],
      [command("postgres -D /data -c ignore_checksum_failure=on"), /ignore_checksum_failure is on/],
      [command("initdb -D /data --no-data-checksums"), /data checksums out/],
    ],
    compliant: [seed("zero_damaged_pages = off\n"), command("initdb -D /data --data-checksums")],
  },
  {
    rule: "audit-extension-loaded",
    violating: [
      [seed("shared_preload_libraries = 'pg_stat_statements'\n"), /"pg_stat_statements", without pgaudit/],
      [configMap("shared_preload_libraries = ''\n"), /"", without pgaudit/],
      [seed("pgaudit.log = 'none'\n"), /pgaudit\.log is "none"/],
      [configMap("pgaudit.log = 'all, -write'\n"), /pgaudit\.log is "all, -write"/],
    ],
    compliant: [
      seed("shared_preload_libraries = 'pgaudit,pg_stat_statements'\n"),
      seed("shared_preload_libraries: ${libraries}\n"),
    ],
  },
  {
    rule: "log-lines-tell-who",
    violating: [
      [seed("log_disconnections = off\n"), /log_disconnections is off/],
      [seed("log_line_prefix = '%m [%p] '\n"), /does not tell who, which database, from where/],
      [configMap("log_line_prefix = '%u@%d %h '\n"), /does not tell when/],
    ],
    compliant: [
      seed("log_line_prefix = '%m [%p]: db=%d,user=%u,app=%a,client=%h '\nlog_disconnections = on\n"),
    ],
  },
  {
    rule: "log-files-private",
    violating: [
      [seed("log_file_mode = 0644\n"), /log_file_mode 0644 lets others in/],
      [configMap("log_file_mode = '0604'\n"), /0604/],
    ],
    compliant: [seed("log_file_mode = 0640\n"), seed('log_file_mode: "0600"\n')],
  },
  {
    rule: "no-debug-output",
    violating: [[seed("debug_print_plan = on\n"), /debug_print_plan is on/]],
    compliant: [seed("debug_print_plan = off\ndebug_pretty_print = on\n")],
  },
  {
    rule: "ciphers-strong",
    violating: [
      [seed("ssl_ciphers = 'HIGH:MEDIUM:+3DES:!aNULL'\n"), /takes MEDIUM, \+3DES/],
      [configMap("ssl_ciphers = 'ALL'\n"), /takes ALL/],
    ],
    compliant: [
      seed("ssl_ciphers = 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305:!aNULL:!MD5:-3DES'\n"),
      seed("ssl_ciphers = 'HIGH:!aNULL:!3DES'\n"),
    ],
  },
  {
    rule: "roles-of-least-privilege",
    violating: [
      [command('psql -c "CREATE ROLE shop_app LOGIN SUPERUSER"'), /shop_app gets SUPERUSER/],
      [seed('ALTER USER "etl" WITH BYPASSRLS;\n'), /etl gets BYPASSRLS/],
      [
        seed("GRANT pg_monitor, pg_execute_server_program TO monitor;\n"),
        /pg_execute_server_program is granted/,
      ],
    ],
    compliant: [
      seed("CREATE ROLE shop_app LOGIN NOSUPERUSER NOBYPASSRLS;\nGRANT pg_monitor TO monitor;\n"),
      seed("ALTER ROLE postgres WITH SUPERUSER;\nREVOKE pg_read_server_files FROM app;\n"),
    ],
  },
];
