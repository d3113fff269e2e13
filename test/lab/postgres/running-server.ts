import { createSecrets } from "../../../operations/secrets/index.js";
import type { KvmEnvironmentInput, Secrets } from "../../../components/declaration/index.js";
import {
  binDirectory,
  dataDirectory,
  guestBundle,
  GUEST_PATHS,
  guestOf,
  renderPgHba,
  renderPgIdent,
  renderPostgresqlConf,
  settings,
} from "../../../components/postgres/index.js";
import type { RecoveryPlan } from "../../../components/recovery/plan.js";
import { planOf } from "../../postgres/build.js";
import { Client } from "./client.js";
import { Sandbox, Wiring, within } from "./sandbox.js";

const VERSIONS = { 17: "17.11", 18: "18.6" } as const;
/** Address of the server, and of an application that may use it. */
export const SERVER = "10.77.1.101";
export const APP = "10.77.1.201";

/** A small server with every kind of role and a second database. */
export function declared(major: 17 | 18): (input: KvmEnvironmentInput) => void {
  return (input) => {
    input.cluster.version = VERSIONS[major];
    input.cluster.sizing = { cpus: 2, memory: "1 GiB", data: "2 GiB", wal: "1 GiB" };
    input.cluster.databases = [
      { name: "shop", extensions: ["amcheck", "pgcrypto", "citext", "pg_trgm", "uuid-ossp"] },
      { name: "stock" },
    ];
    input.cluster.roles?.push({ name: "shop_mig", kind: "migration", databases: ["shop"] });
    input.access?.rules?.[0]?.roles.push("shop_mig");
  };
}

/** A real server with the generated configuration, in namespaces of its own, and a client beside it. */
export class RunningServer {
  private constructor(
    readonly plan: RecoveryPlan,
    readonly secrets: Secrets,
    readonly box: Sandbox,
    readonly client: Client,
    private readonly wiring: Wiring,
  ) {}

  /** @param change what is declared beyond the rest */
  static async start(
    major: 17 | 18,
    change: (input: KvmEnvironmentInput) => void = () => undefined,
  ): Promise<RunningServer> {
    const plan = planOf((input) => {
      declared(major)(input);
      change(input);
    });
    const secrets = await createSecrets(plan.environment);
    const box = await Sandbox.open(major);
    const wiring = new Wiring();
    const app = await wiring.network();
    const server = new RunningServer(plan, secrets, box, new Client(box, app, secrets), wiring);
    try {
      await wiring.connect([
        { net: box.pid, device: "client0", addresses: [`${SERVER}/24`] },
        { net: box.pid, device: "repl0", addresses: ["10.77.2.101/24"] },
        { net: app, device: "client0", addresses: [`${APP}/24`, "10.77.1.210/24", "10.77.1.250/24"] },
        { net: app, device: "repl0", addresses: ["10.77.2.102/24", "10.77.2.103/24"] },
      ]);
      await server.initialise(major);
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  private async initialise(major: 17 | 18): Promise<void> {
    const { plan, secrets, box } = this;
    const data = dataDirectory(major);
    await box.place(guestBundle(plan, secrets, "pg-a1"));
    // Of the kernel settings only those of a network of its own can be had in a sandbox.
    await box.must(["sh", "-c", `grep ^net.ipv4.ip_nonlocal ${GUEST_PATHS.sysctl} | sysctl -q -p -`]);
    await box.must([`${binDirectory(major)}/initdb`, "--no-sync", "--data-checksums", "-D", data], {
      account: "postgres",
    });
    const guest = guestOf(plan, "pg-a1");
    const files = {
      "postgresql.conf": renderPostgresqlConf(settings(plan, guest)),
      "pg_hba.conf": renderPgHba(plan, guest),
      "pg_ident.conf": renderPgIdent(),
    };
    for (const [name, content] of Object.entries(files))
      await box.write(`${data}/${name}`, content, "0600", "postgres:postgres");
    box.start([`${binDirectory(major)}/postgres`, "-D", data], "postgres", "/tmp/server.log");
    await within(300, async () =>
      (await box.run(["pg_isready", "-q", "-h", GUEST_PATHS.socket])).code === 0 ? true : undefined,
    );
  }

  /** Runs a statement through the socket, as a role that the ident map lets in. */
  async sql(text: string, user = "postgres", database = "postgres"): Promise<string> {
    const connection = ["-h", GUEST_PATHS.socket, "-U", user, "-d", database];
    return this.box.must(["psql", "-XAt", "-v", "ON_ERROR_STOP=1", ...connection, "-c", text], {
      account: user === "postgres" || user === "backup" ? "postgres" : "root",
    });
  }

  /** Brings the roles up to date as the guest does; "changed" or "current". */
  async roles(): Promise<string> {
    return (await this.box.must([GUEST_PATHS.roles], { account: "postgres" })).trim();
  }

  async close(): Promise<void> {
    await this.box.close();
    await this.wiring.close();
  }
}
