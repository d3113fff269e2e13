import { seed, subject } from "../fixtures.js";
import type { RuleTable } from "./table.js";

export const serverTable: RuleTable = [
  {
    rule: "logins-proven",
    violating: [
      [seed("hostssl shop app 10.0.0.0/24 trust\n"), /method trust/],
      [seed("  - local all all trust\n"), /method trust/],
      [seed("hostssl all all 10.0.0.0/24 md5"), /method md5/],
      [seed("host shop app 10.0.0.0 255.255.255.0 scram-sha-256"), /without TLS/],
      [
        subject("remote", {
          stdin: JSON.stringify({
            hba: "local all postgres peer\nhostssl all postgres 10.0.0.5/32 scram-sha-256\n",
          }),
        }),
        /superuser/,
      ],
      [seed("hostssl all all 10.0.0.0/8 scram-sha-256\n"), /superuser may connect.*as user all/],
      [seed("hostssl shop app,all 10.0.0.0/8 cert\n"), /superuser/],
      [seed('hostssl all "postgres" 10.0.0.5/32 scram-sha-256\n'), /superuser/],
      [seed('pg_hba:\n- "hostssl all \\"postgres\\" 10.0.0.5/32 scram-sha-256"\n'), /superuser/],
      [seed("hostssl all app, postgres 10.0.0.5/32 scram-sha-256\n"), /superuser/],
      [seed("hostssl all /^p 10.0.0.5/32 scram-sha-256\n"), /superuser/],
      [seed("hostssl all \\\n  postgres 10.0.0.5/32 scram-sha-256\n"), /superuser/],
      [
        seed("hostnogssenc shop app 10.0.0.0/24 scram-sha-256\n"),
        /hostnogssenc accepts connections without TLS/,
      ],
      [seed(`pg_hba: ["local all all peer", "hostssl shop app 10.0.0.0/24 trust"]\n`), /method trust/],
      [subject("remote", { create: "echo 'host shop app 10.0.0.0/24 md5' >> pg_hba.conf" }), /method md5/],
      [seed("password_encryption = md5\n"), /stored as md5/],
      [seed('parameters:\n  password_encryption: "MD5"\n'), /stored as md5/],
    ],
    compliant: [
      seed(
        "host all all 0.0.0.0/0 reject\nhostnogssenc all all all reject\nhostssl all postgres all reject\n",
      ),
      seed('hostssl "all" "all" 10.0.0.0/24 scram-sha-256\nhostssl all +readers,/^app_ 10.0.0.0/24 cert\n'),
      seed("# hostssl all all 10.0.0.0/8 trust\nlocal all postgres peer\n"),
      seed("password_encryption = 'scram-sha-256' # not md5\n"),
    ],
  },
  {
    rule: "tls-everywhere",
    violating: [
      [seed("ssl = off\n"), /ssl is off/],
      [seed("ssl_min_protocol_version = 'TLSv1.1'\n"), /before 1\.2/],
      [subject("remote", { environment: { URL: "postgres://db/shop?sslmode=prefer" } }), /sslmode prefer/],
      [seed("ssl off\n"), /ssl is off/],
      [seed("postgresql:\n  parameters:\n    ssl: off\n"), /ssl is off/],
      [seed("parameters: { ssl: 'off', port: 5432 }\n"), /ssl is off/],
      [subject("remote", { stdin: JSON.stringify({ parameters: { ssl: "off" } }) }), /ssl is off/],
      [subject("remote", { create: "postgres -D /data -c ssl=off -c port=5432" }), /ssl is off/],
      [subject("remote", { create: 'psql -c "ALTER SYSTEM SET ssl TO off"' }), /ssl is off/],
      [subject("remote", { create: "postgres --ssl-min-protocol-version=TLSv1" }), /before 1\.2/],
      [seed('{ "ssl_min_protocol_version": "tlsv1.1" }\n'), /before 1\.2/],
    ],
    compliant: [
      seed("ssl = on\nssl_min_protocol_version = 'TLSv1.2'\n# ssl = off\n"),
      seed("verify-ssl: no\nno_ssl: false\nssl:\n  on: yes\nssl_passphrase_command_supports_reload = off\n"),
    ],
  },
  {
    rule: "connections-logged",
    violating: [
      [seed("log_connections = off\n"), /log_connections is off/],
      [seed("log_connections = ''\n"), /log_connections is off/],
      [seed("parameters:\n  log_connections: false\n"), /log_connections is off/],
      [subject("remote", { create: "postgres -c log_connections=0" }), /log_connections is off/],
    ],
    compliant: [
      seed("log_connections = on\nlog_disconnections = off\n"),
      seed("log_connections = 'authentication,authorization'\n"),
    ],
  },
];
