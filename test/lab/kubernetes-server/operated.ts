import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  parseEnvironment,
  type KubernetesEnvironment,
  type Secrets,
} from "../../../components/declaration/index.js";
import {
  binDirectory,
  cnpgDatabaseSql,
  cnpgHba,
  cnpgIdent,
  cnpgRoles,
  cnpgServerSql,
  cnpgSettings,
  type CnpgRole,
} from "../../../components/postgres/index.js";
import { recoveryPlan } from "../../../components/recovery/index.js";
import { mustRun, type Outcome } from "../../../lab/subprocess.js";
import { createSecrets } from "../../../operations/secrets/index.js";
import { installModuleFiles, manifestCheckers } from "../../../toolchain/index.js";
import { cnpgEnvironment } from "../../fixtures/environment.js";
import { Client } from "../postgres/client.js";
import { Sandbox, Wiring, within } from "../postgres/sandbox.js";

const VERSIONS = { 17: "17.11", 18: "18.6" } as const;
const DATA = "/var/lib/postgresql/pgdata";
export const KEYS = "/var/lib/postgresql/keys";
const SOCKET = "/run/postgresql";
/** Where the server listens, whom it knows as clients, where a pod of the pooler runs, and another of no account. */
export const AT = {
  server: "10.20.0.10",
  app: "10.77.1.201",
  pooler: "10.20.0.30",
  other: "10.20.9.9",
} as const;

function declaration(major: 17 | 18): KubernetesEnvironment {
  const input = cnpgEnvironment();
  input.cluster.version = VERSIONS[major];
  input.cluster.sizing = { cpus: 2, memory: "1 GiB", data: "2 GiB", wal: "1 GiB" };
  input.kubernetes.image = `registry.example.org/postgresql:${VERSIONS[major]}-trixie@sha256:${"a".repeat(64)}`;
  return parseEnvironment(input);
}

/** What the operator's own source says: files around ours, and settings beside ours. */
class Operator {
  private constructor(private readonly source: string) {}

  static async read(): Promise<Operator> {
    const folder = await installModuleFiles(manifestCheckers.cloudNativePg);
    return new Operator(readFileSync(join(folder, "configuration.go"), "utf8"));
  }

  private between(start: string, end: string): string {
    const from = this.source.indexOf(start);
    const to = this.source.indexOf(end, from + start.length);
    if (from < 0 || to < 0) throw new Error(`CloudNativePG's source has no ${start}`);
    return this.source.slice(from + start.length, to);
  }

  /** The file pg_hba.conf, with the addresses of the pooler's pods. */
  hba(lines: readonly string[], pooler: readonly string[]): string {
    const rules = lines.flatMap((line) =>
      line.includes("${podselector:pooler}")
        ? pooler.map((address) => line.replace("${podselector:pooler}", `${address}/32`))
        : [line],
    );
    return this.between("hbaTemplateString = `", "`\n")
      .replace(/\{\{ range \$rule := \.UserRules \}\}[^]*?\{\{ end \}\}\{\{ end \}\}/, () => rules.join("\n"))
      .replace(/\{\{ if \.LDAPConfiguration \}\}[^]*?\{\{ end \}\}/, "")
      .replace("{{.DefaultAuthenticationMethod}}", "scram-sha-256");
  }

  ident(lines: readonly string[]): string {
    return this.between("identTemplateString = `", "`\n")
      .replaceAll("{{.Username}}", "postgres")
      .replace(/\{\{ range \$rule := \.Mappings \}\}[^]*?\{\{ end \}\}/, () => lines.join("\n"));
  }

  /** Defaults that a Cluster may override. */
  defaults(): Readonly<Record<string, string>> {
    const text = this.between("GlobalDefaultSettings: SettingsCollection{", "\n\t\t},");
    return Object.fromEntries(
      [...text.matchAll(/"([a-z_]+)":\s+"([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
    );
  }
}

/** A server as the operator would make and run it from a Cluster of ours. */
export class OperatedServer {
  private constructor(
    readonly environment: KubernetesEnvironment,
    readonly secrets: Secrets,
    readonly box: Sandbox,
    readonly client: Client,
    private readonly wiring: Wiring,
    private readonly operator: Operator,
  ) {}

  static async open(major: 17 | 18): Promise<OperatedServer> {
    const environment = declaration(major);
    const secrets = await createSecrets(environment);
    const operator = await Operator.read();
    const box = await Sandbox.open(major);
    const wiring = new Wiring();
    try {
      const outside = await wiring.network();
      await wiring.connect([
        { net: box.pid, device: "client0", addresses: [`${AT.server}/16`] },
        {
          net: outside,
          device: "client0",
          addresses: [`${AT.app}/24`, `${AT.pooler}/16`, `${AT.other}/16`, "10.77.1.210/24"],
        },
      ]);
      const enter = `--net=/proc/${box.pid}/ns/net`;
      await mustRun("nsenter", [enter, "ip", "route", "replace", "10.77.1.0/24", "dev", "client0"]);
      const made = new OperatedServer(
        environment,
        secrets,
        box,
        new Client(box, outside, secrets),
        wiring,
        operator,
      );
      await made.certify();
      await made.initialise();
      return made;
    } catch (error) {
      await box.close();
      await wiring.close();
      throw error;
    }
  }

  get data(): string {
    return DATA;
  }

  private get bin(): string {
    return binDirectory(this.environment.cluster.version.major);
  }

  /** By the environment's authority, as the operator signs: the server for its Services, the roles that come by certificate. */
  private async certify(): Promise<void> {
    await this.box.write(`${KEYS}/ca.crt`, this.secrets.authority, "0444", "postgres:postgres");
    await this.box.write(`${KEYS}/ca.key`, this.secrets.authorityKey ?? "", "0400", "postgres:postgres");
    const issue = (name: string, more: string): string => `
openssl ecparam -name prime256v1 -genkey -noout -out ${name}.key
openssl req -new -key ${name}.key -subj /CN=${name} -out ${name}.csr
printf '%s' "${more}" >${name}.ext
openssl x509 -req -in ${name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile ${name}.ext -out ${name}.crt
chmod 0600 ${name}.key`;
    const script = `set -e; umask 077; cd ${KEYS}
${issue("orders-a-rw", `subjectAltName=DNS:orders-a-rw,DNS:orders-a.db.example.org,IP:${AT.server}`)}
${issue("streaming_replica", "extendedKeyUsage=clientAuth")}
${issue("cnpg_pooler_pgbouncer", "extendedKeyUsage=clientAuth")}`;
    await this.box.must(["chown", "postgres:postgres", KEYS]);
    await this.box.must(["sh", "-c", script], { account: "postgres" });
  }

  private async initialise(): Promise<void> {
    const options = [
      "--encoding=UTF8",
      "--locale=C.UTF-8",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
    ];
    await this.box.must(
      [`${this.bin}/initdb`, "--username=postgres", "--data-checksums", ...options, "-D", DATA],
      { account: "postgres" },
    );
    const { parameters, libraries } = cnpgSettings(recoveryPlan(this.environment));
    const fixed = {
      shared_preload_libraries: libraries.join(","),
      allow_alter_system: "off",
      archive_mode: "on",
      archive_command: "true",
      listen_addresses: "*",
      restart_after_crash: "false",
      ssl: "on",
      ssl_cert_file: `${KEYS}/orders-a-rw.crt`,
      ssl_key_file: `${KEYS}/orders-a-rw.key`,
      ssl_ca_file: `${KEYS}/ca.crt`,
      unix_socket_directories: SOCKET,
      // The operator collects it from files; here it is read from the process.
      logging_collector: "off",
      log_destination: "stderr",
    };
    const all = { ...this.operator.defaults(), ...parameters, ...fixed };
    const text = Object.entries(all).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
    await this.box.write(`${DATA}/postgresql.conf`, text.join(""), "0600", "postgres:postgres");
    await this.admit([]);
  }

  /** The records, as the operator writes them when the pooler's pods have these addresses. */
  async admit(pooler: readonly string[]): Promise<void> {
    const plan = recoveryPlan(this.environment);
    const owner = "postgres:postgres";
    await this.box.write(`${DATA}/pg_hba.conf`, this.operator.hba(cnpgHba(plan), pooler), "0600", owner);
    await this.box.write(`${DATA}/pg_ident.conf`, this.operator.ident(cnpgIdent()), "0600", owner);
  }

  async start(): Promise<void> {
    this.box.start([`${this.bin}/postgres`, "-D", DATA], "postgres", "/tmp/server.log");
    await within(120, async () =>
      (await this.psql("postgres", "SELECT 1")).code === 0 ? true : undefined,
    ).catch(async () => {
      throw new Error(await this.box.must(["tail", "-n", "20", "/tmp/server.log"]));
    });
  }

  /** One query message, as the operator's driver sends a text without arguments. */
  psql(database: string, text: string, user = "postgres"): Promise<Outcome> {
    return this.box.run(["psql", "-XAtq", "-h", SOCKET, "-U", user, "-d", database, "-c", text], {
      account: "postgres",
    });
  }

  async sql(text: string, database = "postgres", user = "postgres"): Promise<string> {
    const { code, stdout, stderr } = await this.psql(database, text, user);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  }

  /** What the operator does once, in its order (ConfigureNewInstance in 1.30.0). */
  async configure(): Promise<void> {
    const plan = recoveryPlan(this.environment);
    await this.sql('CREATE ROLE "shop_owner" LOGIN');
    await this.sql("CREATE ROLE streaming_replica LOGIN REPLICATION");
    await this.sql(cnpgServerSql(plan));
    await this.sql('CREATE DATABASE "shop" OWNER "shop_owner"');
    await this.sql(cnpgDatabaseSql(plan), "shop");
  }

  /** What it does again and again with the roles that it manages. */
  async manage(): Promise<void> {
    for (const role of cnpgRoles(recoveryPlan(this.environment)))
      for (const statement of this.statements(role)) await this.sql(statement);
  }

  private statements({
    name,
    login,
    inherit,
    inRoles,
    connectionLimit = -1,
    passwordSecret,
  }: CnpgRole): string[] {
    const password = passwordSecret === undefined ? "NULL" : `'${this.secrets.passwords[name] ?? ""}'`;
    const words = [
      login ? "LOGIN" : "NOLOGIN",
      inherit ? "INHERIT" : "NOINHERIT",
      "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
    ];
    return [
      `ALTER ROLE "${name}" ${words.join(" ")} CONNECTION LIMIT ${connectionLimit} PASSWORD ${password}`,
      ...inRoles.map((group) => `GRANT "${group}" TO "${name}"`),
    ];
  }

  async close(): Promise<void> {
    await this.box.close();
    await this.wiring.close();
  }
}
