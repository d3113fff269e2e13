import assert from "node:assert/strict";
import { KNOWN_PARAMETERS } from "../../components/declaration/known-parameters.js";
import { OWNED_PARAMETERS, ownerOfParameter } from "../../components/declaration/parameters.js";
import { sizingSettings } from "../../components/postgres/sizing.js";
import { DCS_PARAMETERS, dcsConfig, renderPatroniYml, settings } from "../../components/postgres/index.js";
import { parse } from "yaml";
import { markedSecrets } from "../fixtures/secrets.js";
import { memberOf, withVip } from "./build.js";

const of = (version: string): Map<string, string | number | boolean> => {
  const [plan, guest] = memberOf((input) => (input.cluster.version = version));
  return new Map(settings(plan, guest));
};

describe("settings", () => {
  it("hold every row of the security baseline", () => {
    const expected: Readonly<Record<string, string | number | boolean>> = {
      listen_addresses: "10.77.1.101,10.77.2.101",
      ssl: true,
      ssl_min_protocol_version: "TLSv1.3",
      password_encryption: "scram-sha-256",
      scram_iterations: 4096,
      authentication_timeout: "30s",
      log_disconnections: true,
      log_replication_commands: true,
      log_statement: "ddl",
      log_line_prefix: "%m [%p]: db=%d,user=%u,app=%a,client=%h ",
      log_error_verbosity: "verbose",
      log_hostname: false,
      log_timezone: "UTC",
      log_min_messages: "warning",
      log_min_error_statement: "error",
      logging_collector: true,
      log_file_mode: "0600",
      log_truncate_on_rotation: true,
      debug_print_parse: false,
      debug_print_rewritten: false,
      debug_print_plan: false,
      "pgaudit.log": "ddl,role,write",
      "pgaudit.log_parameter": false,
      unix_socket_permissions: "0770",
      allow_alter_system: false,
      ignore_system_indexes: false,
      jit_debugging_support: false,
      jit_profiling_support: false,
      post_auth_delay: 0,
      fsync: true,
      full_page_writes: true,
      row_security: true,
      zero_damaged_pages: false,
      ignore_checksum_failure: false,
      allow_system_table_mods: false,
      wal_level: "replica",
      archive_mode: true,
      archive_command: "/usr/bin/pgbackrest --stanza=orders archive-push %p",
      archive_timeout: "60s",
      idle_in_transaction_session_timeout: "10min",
    };
    for (const version of ["17.11", "18.6"]) {
      const found = of(version);
      for (const [name, value] of Object.entries(expected))
        assert.equal(found.get(name), value, `${version} ${name}`);
      assert.match(String(found.get("shared_preload_libraries")), /^pgaudit,/);
      assert.ok(
        !String(found.get("ssl_ciphers")).includes("CBC") &&
          !String(found.get("ssl_ciphers")).includes("HIGH"),
      );
    }
  });

  it("listen on the address that follows the primary, too, after the member's own", () => {
    const [plan, guest] = memberOf(withVip);
    assert.equal(settings(plan, guest).get("listen_addresses"), "10.77.1.101,10.77.2.101,10.77.1.100");
  });

  it("use a name only from the major that knows it", () => {
    const only18 = ["ssl_groups", "md5_password_warnings", "oauth_validator_libraries", "log_lock_failures"];
    for (const name of [...only18, "idle_replication_slot_timeout"]) {
      assert.ok(!of("17.11").has(name), `17 with ${name}`);
      assert.ok(of("18.6").has(name), `18 without ${name}`);
    }
    assert.equal(of("17.11").get("ssl_ecdh_curve"), "prime256v1");
    assert.ok(!of("18.6").has("ssl_ecdh_curve"));
    assert.equal(of("17.11").get("log_connections"), true);
    assert.equal(of("18.6").get("log_connections"), "authentication,authorization");
  });

  it("use a name only from the minor that knows it", () => {
    for (const [version, known] of [
      ["17.10", false],
      ["17.11", true],
      ["17.12", true],
      ["18.4", false],
      ["18.6", true],
      ["18.0", false],
    ] as const)
      assert.equal(of(version).has("output_plugin_libraries"), known, version);
  });

  it("let the declaration override what it does not own, and nothing else is declared twice", () => {
    const [plan, guest] = memberOf((input) => (input.cluster.parameters = { work_mem: "77MB", jit: false }));
    const found = settings(plan, guest);
    assert.equal(found.get("work_mem"), "77MB");
    assert.equal(found.get("jit"), false);
  });

  it("are the declaration's own, all but sizing and what is named here", () => {
    const free = [
      ...["tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout"],
      ...["client_connection_check_interval", "timezone", "track_io_timing", "wal_compression"],
      ...["log_checkpoints", "log_lock_waits", "log_lock_failures", "log_autovacuum_min_duration"],
      ...["wal_sender_timeout", "wal_receiver_timeout", "idle_replication_slot_timeout"],
    ];
    for (const version of ["17.11", "18.6"]) {
      const [plan] = memberOf((input) => (input.cluster.version = version));
      const { cluster, objectives } = plan.environment;
      const sized = sizingSettings(cluster, objectives);
      for (const name of of(version).keys())
        assert.equal(
          ownerOfParameter(name) === undefined,
          (sized.has(name) && !name.endsWith("reserved_connections")) || free.includes(name),
          `${version} ${name}`,
        );
    }
  });

  it("have names that the declared major knows, and so have those that it owns", () => {
    for (const version of ["17.11", "18.6"] as const) {
      const major = version === "17.11" ? 17 : 18;
      for (const name of of(version).keys()) assert.ok(KNOWN_PARAMETERS[major].has(name), name);
    }
    for (const name of OWNED_PARAMETERS)
      assert.ok(KNOWN_PARAMETERS[17].has(name) || KNOWN_PARAMETERS[18].has(name), name);
  });

  it("do not archive where no archive is declared", () => {
    const [plan, guest] = memberOf((input) => {
      delete input.backup.base;
      delete input.backup.wal;
      delete input.drills?.restore;
    });
    const found = settings(plan, guest);
    assert.equal(found.get("archive_mode"), false);
    assert.ok(!found.has("archive_command") && !found.has("restore_command"));
  });

  it("reach Patroni completely: what must be equal on all members in the DCS, the rest in the file", () => {
    const [plan, guest] = memberOf();
    const yml = parse(renderPatroniYml(plan, markedSecrets(plan.environment), guest)) as {
      postgresql: { parameters: Record<string, unknown>; recovery_conf: Record<string, unknown> };
    };
    const shared = dcsConfig(plan).postgresql.parameters;
    const elsewhere = ["cluster_name", "hot_standby", "listen_addresses", "port", "restore_command"];
    for (const [name, value] of settings(plan, guest)) {
      if (elsewhere.includes(name)) continue;
      const words = typeof value === "boolean" ? (value ? "on" : "off") : value;
      if ((DCS_PARAMETERS as readonly string[]).includes(name)) assert.equal(shared[name], value, name);
      else assert.equal(yml.postgresql.parameters[name], words, name);
    }
    assert.equal(
      yml.postgresql.recovery_conf["restore_command"],
      '/usr/bin/pgbackrest --stanza=orders archive-get %f "%p"',
    );
  });
});
