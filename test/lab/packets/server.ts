import { binDirectory } from "../../../components/postgres/index.js";
import type { Secrets } from "../../../components/declaration/index.js";
import { Sandbox, within } from "../postgres/sandbox.js";

const DATA = "/tmp/data";
const SOCKET = "/tmp";

/** Names of the server's certificates in the environment's secrets: its own, and one that a client shows. */
export const CERTIFIED = { server: "pg-a1", client: "pg-b1" } as const;

/** A real server that takes one pg_hba.conf after the other. Every role may do everything, so that the file alone decides. */
export class HbaServer {
  private constructor(
    readonly box: Sandbox,
    private readonly bin: string,
  ) {}

  static async open(major: 17 | 18, secrets: Secrets): Promise<HbaServer> {
    const server = new HbaServer(await Sandbox.open(major), binDirectory(major));
    try {
      await server.start(secrets);
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  private async start({ authority, certificates }: Secrets): Promise<void> {
    const { box, bin } = this;
    await box.must([`${bin}/initdb`, "--no-sync", "-A", "peer", "-D", DATA], { account: "postgres" });
    const own = certificates[CERTIFIED.server];
    if (own === undefined) throw new Error(`the secrets have no certificate of ${CERTIFIED.server}`);
    const files = {
      authority,
      ...own,
      "postgresql.auto.conf": [
        ...["listen_addresses = '*'", `unix_socket_directories = '${SOCKET}'`, "fsync = off", "ssl = on"],
        ...["ssl_ca_file = 'authority'", "ssl_cert_file = 'certificate'", "ssl_key_file = 'key'"],
      ].join("\n"),
    };
    for (const [name, content] of Object.entries(files))
      await box.write(`${DATA}/${name}`, content, "0600", "postgres:postgres");
    box.start([`${bin}/postgres`, "-D", DATA], "postgres", "/tmp/server.log");
    await within(120, async () => ((await this.psql("SELECT 1")).code === 0 ? true : undefined));
  }

  /** Makes databases, and roles with one password. */
  async populate(databases: readonly string[], roles: readonly string[], password: string): Promise<void> {
    const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
    const own = "postgres";
    const lines = [
      ...databases.filter((name) => name !== own).map((name) => `CREATE DATABASE ${quoted(name)};`),
      ...roles.filter((name) => name !== own).map((name) => `CREATE ROLE ${quoted(name)};`),
      ...roles.map((name) => `ALTER ROLE ${quoted(name)} LOGIN REPLICATION PASSWORD '${password}';`),
    ];
    const made = await this.psql(lines.join("\n"));
    if (made.code !== 0) throw new Error(made.stderr);
  }

  /**
   * Puts a file in the place of the one before, and waits until new connections are judged by it.
   *
   * @returns what is wrong with it, so that the server goes on with the one before; empty when nothing is
   */
  async load(hba: string): Promise<string> {
    const text = `local all postgres peer\n${hba}`;
    await this.box.write(`${DATA}/pg_hba.conf`, text, "0600", "postgres:postgres");
    const ask = `${this.bin}/psql -XAtq -h ${SOCKET} -c`;
    const script = `set -e
      wrong=$(${ask} "SELECT DISTINCT error FROM pg_hba_file_rules WHERE error IS NOT NULL")
      [ -z "$wrong" ] || { echo "$wrong"; exit 0; }
      before=$(${ask} "SELECT pg_conf_load_time()")
      ${ask} "SELECT pg_reload_conf()" >/dev/null
      for i in $(seq 600); do [ "$(${ask} "SELECT pg_conf_load_time()")" = "$before" ] || exit 0; sleep 0.05; done
      exit 1`;
    return (await this.box.must(["sh", "-c", script], { account: "postgres" })).trim();
  }

  private psql(sql: string): ReturnType<Sandbox["run"]> {
    const argv = [`${this.bin}/psql`, "-Xq", "-v", "ON_ERROR_STOP=1", "-h", SOCKET];
    return this.box.run(argv, { account: "postgres", stdin: sql });
  }

  async close(): Promise<void> {
    await this.box.close();
  }
}
