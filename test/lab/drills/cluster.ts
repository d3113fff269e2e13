import { NativeMachine } from "./machine.js";

/** A passphrase for a throw-away repository. */
export const PASSPHRASE = "not-a-secret-only-for-this-test-repository";

/** A running server with an encrypted repository beside it, as a small cluster of one has them. */
export class NativeCluster {
  private constructor(
    readonly machine: NativeMachine,
    readonly major: 17 | 18,
  ) {}

  get bin(): string {
    return `/usr/lib/postgresql/${this.major}/bin`;
  }

  get data(): string {
    return `/var/lib/postgresql/${this.major}/main`;
  }

  static async start(major: 17 | 18, archiveTimeout: number): Promise<NativeCluster> {
    const machine = await NativeMachine.boot(`native-${major}`, major);
    const cluster = new NativeCluster(machine, major);
    try {
      const directories =
        "/etc/pgbackrest /var/lib/pgbackrest /var/log/pgbackrest /var/spool/pgbackrest /run/postgresql";
      await machine.run(["sh", "-ec", `install -d -o postgres -g postgres -m 0750 ${directories}`]);
      await cluster.configure(PASSPHRASE);
      await machine.postgres(
        `${cluster.bin}/initdb -k --locale=C.UTF-8 -A peer -D ${cluster.data} >/dev/null`,
      );
      const settings = [
        "listen_addresses = ''",
        "unix_socket_directories = '/run/postgresql'",
        "archive_mode = on",
        "archive_command = 'pgbackrest --stanza=orders archive-push %p'",
        `archive_timeout = ${archiveTimeout}`,
        "shared_buffers = '32MB'",
        "max_connections = 120",
        "wal_level = replica",
        "shared_preload_libraries = 'pgaudit'",
        "pgaudit.log = 'ddl'",
        "log_destination = 'stderr'",
      ];
      await machine.run(["sh", "-ec", `cat >> ${cluster.data}/postgresql.conf`], {
        input: `${settings.join("\n")}\n`,
      });
      await machine.postgres(
        `${cluster.bin}/pg_ctl -s -w -D ${cluster.data} -l /var/log/pgbackrest/server.log start`,
      );
      await cluster.sql(
        "create role shop_app login; create role shop_ro login; create role metrics login; create database shop",
      );
      await cluster.sql(
        "create table account (id int primary key, balance bigint not null, note text); insert into account select i, 100, repeat('x', 100) from generate_series(1, 20000) i; create index on account (balance); create extension pgaudit; create extension amcheck;",
        "shop",
      );
    } catch (error) {
      await machine.destroy();
      throw error;
    }
    return cluster;
  }

  /** Writes pgBackRest's configuration with the given passphrase. */
  async configure(passphrase: string): Promise<void> {
    const path = "/etc/pgbackrest/pgbackrest.conf";
    await this.machine.write(path, this.repositoryConfig(passphrase), "0640");
    await this.machine.run(["chown", "postgres:postgres", path]);
  }

  private repositoryConfig(passphrase: string): string {
    return [
      "[global]",
      "repo1-path=/var/lib/pgbackrest",
      "repo1-cipher-type=aes-256-cbc",
      `repo1-cipher-pass=${passphrase}`,
      "repo1-retention-full=2",
      "repo1-bundle=y",
      "repo1-block=y",
      "compress-type=zst",
      "start-fast=y",
      "process-max=2",
      "log-level-console=warn",
      "log-level-file=off",
      "[orders]",
      `pg1-path=${this.data}`,
      "",
    ].join("\n");
  }

  async sql(text: string, database = "postgres"): Promise<string> {
    const argv = [
      "runuser",
      "-u",
      "postgres",
      "--",
      "psql",
      "-XqAt",
      "-v",
      "ON_ERROR_STOP=1",
      "-d",
      database,
    ];
    return (await this.machine.run(argv, { input: text })).stdout.trim();
  }
}
