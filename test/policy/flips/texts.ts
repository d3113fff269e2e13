import { inText, type FlipTable } from "./flip.js";

/** Wherever guests, pods and hosts get their files from. */
const TEXTS = /^command:|^kubernetes:core\/v1:ConfigMap$/;
const COMMAND = /^command:/;

const setting = (name: string, to: string, from = "on"): ReturnType<typeof inText> =>
  inText(
    TEXTS,
    name,
    to,
    // In YAML, in postgresql.conf and in JSON that holds either.
    new RegExp(`(?<![\\w.])${name.replaceAll(".", "\\.")}( ?[:=] ?)((?:\\\\*["'])?)${from}\\b`),
    `${name}$1$2${to}`,
  );

/** Settings inside the files that guests, pods and hosts get. */
export const textFlips: FlipTable = {
  flips: [
    setting("ssl", "off"),
    setting("ssl_min_protocol_version", "TLSv1", "TLSv1\\.3"),
    inText(
      TEXTS,
      "ssl_ciphers",
      "3DES",
      /(ssl_ciphers ?[:=] ?'?)ECDHE-ECDSA-AES256-GCM-SHA384/,
      "$1DES-CBC3-SHA",
    ),
    setting("password_encryption", "md5", "scram-sha-256"),
    setting("log_connections", "off", "(?:on|all|authentication|receipt)[\\w,-]*"),
    setting("log_disconnections", "off"),
    inText(TEXTS, "log_line_prefix", "without the user", /(log_line_prefix[^\n]*?)user=%u,/, "$1"),
    setting("log_file_mode", "0644", "0600"),
    inText(
      TEXTS,
      "shared_preload_libraries",
      "without pgaudit",
      /(shared_preload_libraries ?[:=] ?'?)pgaudit, ?/,
      "$1",
    ),
    inText(TEXTS, "pgaudit.log", "none", /(pgaudit\.log ?[:=] ?'?)ddl, ?role, ?write/, "$1none"),
    ...["debug_print_parse", "debug_print_rewritten", "debug_print_plan"].map((name) =>
      setting(name, "on", "off"),
    ),
    ...["fsync", "full_page_writes", "synchronous_commit"].map((name) => setting(name, "off")),
    ...["zero_damaged_pages", "ignore_checksum_failure", "allow_system_table_mods"].map((name) =>
      setting(name, "on", "off"),
    ),
    setting("archive_mode", "off"),
    setting("wal_level", "minimal", "replica"),
    inText(
      TEXTS,
      "archive_command",
      "/bin/true",
      /(archive_command ?[:=] ?'?)\/usr\/bin\/pgbackrest --stanza=\w+ archive-push %p/,
      "$1/bin/true",
    ),
    inText(TEXTS, "pg_hba.conf: type", "host", /\bhostssl( +(?:"|replication|\w+ ))/, "host   $1"),
    inText(TEXTS, "pg_hba.conf: method", "trust", /(\bhostssl [^\n#]*?)scram-sha-256/, "$1trust"),
    inText(
      TEXTS,
      "pg_hba.conf: address",
      "0.0.0.0/0",
      /(\bhostssl +\S+ +\S+ +)\d+\.\d+\.\d+\.\d+\/\d+/,
      "$10.0.0.0/0",
    ),
    inText(TEXTS, "pg_hba.conf: local method", "trust", /(\blocal +all +postgres +)peer/, "$1trust"),
    inText(TEXTS, "roles.sql", "SUPERUSER", /(ALTER ROLE \S+ WITH LOGIN )NOSUPERUSER/, "$1SUPERUSER"),
    inText(
      TEXTS,
      "roles.sql: grant",
      "pg_execute_server_program",
      /GRANT pg_checkpoint TO/,
      "GRANT pg_execute_server_program TO",
    ),
    inText(COMMAND, "sslmode", "require", /sslmode: verify-full/, "sslmode: require"),
    inText(
      COMMAND,
      "Patroni restapi.verify_client",
      "none",
      /verify_client: required/,
      "verify_client: none",
    ),
    inText(COMMAND, "Patroni ctl.insecure", "true", /insecure: false/, "insecure: true"),
    inText(COMMAND, "Patroni etcd3.protocol", "http", /protocol: https/, "protocol: http"),
    inText(COMMAND, "Patroni watchdog.mode", "automatic", /mode: required/, "mode: automatic"),
    inText(
      COMMAND,
      "etcd client certificates",
      "not asked",
      /CLIENT_CERT_AUTH=true/,
      "CLIENT_CERT_AUTH=false",
    ),
    inText(COMMAND, "etcd listen addresses", "http", /(ETCD_LISTEN_\w+_URLS=)https/, "$1http"),
    inText(TEXTS, "pgbackrest.conf: cipher-type", "none", /cipher-type=aes-256-cbc/, "cipher-type=none"),
    inText(TEXTS, "pgbackrest.conf: retention-full", "1", /retention-full=\d+/, "retention-full=1"),
    inText(TEXTS, "pgbackrest.conf: storage-verify-tls", "n", /storage-verify-tls=y/, "storage-verify-tls=n"),
    inText(
      COMMAND,
      "nftables: source",
      "0.0.0.0/0",
      /(ip saddr \{ )[\d./]+( \} tcp dport 5432 accept)/,
      "$10.0.0.0/0$2",
    ),
    inText(
      COMMAND,
      "filter: source",
      "left out",
      /srcipaddr='[\d.]+' srcipmask='\d+' (dstportstart='5432')/,
      "$1",
    ),
    inText(
      COMMAND,
      "filter: final drop",
      "accept",
      /<rule action='drop' direction='inout'/,
      "<rule action='accept' direction='inout'",
    ),
    inText(
      COMMAND,
      "filter: spoofing",
      "not refused",
      /<filterref filter='no-(?:mac|arp|ip)-spoofing'\/>/,
      "",
    ),
    inText(
      COMMAND,
      "mode of a file with a private key",
      "0644",
      /("mode\\*":\\*")06[04]0(\\*"(?:,\\*"owner\\*":\\*"[\w:]+\\*")?,\\*"content\\*":\\*"-----BEGIN [A-Z ]*PRIVATE KEY)/,
      "$10644$2",
    ),
    inText(COMMAND, "sysctl: ip_forward", "1", /ip_forward = 0/, "ip_forward = 1"),
    inText(COMMAND, "sysctl: accept_redirects", "1", /accept_redirects = 0/, "accept_redirects = 1"),
    inText(COMMAND, "sysctl: rp_filter", "0", /rp_filter = 1/, "rp_filter = 0"),
    inText(COMMAND, "sysctl: suid_dumpable", "2", /suid_dumpable = 0/, "suid_dumpable = 2"),
    inText(COMMAND, "sysctl: kptr_restrict", "0", /kptr_restrict = 2/, "kptr_restrict = 0"),
  ],
  neutral: [],
};
