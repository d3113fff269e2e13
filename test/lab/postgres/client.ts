import { mustRun, type Outcome } from "../../../lab/subprocess.js";
import type { Secrets } from "../../../components/declaration/index.js";
import { GUEST_PATHS } from "../../../components/postgres/index.js";
import type { Sandbox } from "./sandbox.js";

/** How a client connects; what is left out is what an honest client does. */
export interface Attempt {
  readonly user: string;
  readonly database: string;
  /** Address that it comes from. */
  readonly from: string;
  /** Address that it connects to. */
  readonly to: string;
  readonly sql?: string;
  readonly password?: string;
  /** Further words of the connection string; they win. */
  readonly options?: string;
}

/** psql in another network, over TCP. */
export class Client {
  constructor(
    private readonly box: Sandbox,
    private readonly net: number,
    private readonly secrets: Secrets,
  ) {}

  async run({
    user,
    database,
    from,
    to,
    sql = "SELECT 1",
    password,
    options = "",
  }: Attempt): Promise<Outcome> {
    const device = to.startsWith("10.77.2.") ? "repl0" : "client0";
    const route = ["route", "replace", `${to}/32`, "dev", device, "src", from];
    await mustRun("nsenter", [`--net=/proc/${this.net}/ns/net`, "ip", ...route]);
    const words = [
      `host=${to} dbname=${database} user=${user} connect_timeout=4 gssencmode=disable`,
      `sslmode=verify-full sslrootcert=${GUEST_PATHS.authority} sslcert=/nonexistent`,
      options,
    ];
    // The password goes through the environment of psql, which only root and the account itself can read.
    return this.box.run(
      [
        "sh",
        "-c",
        'read -r PGPASSWORD; export PGPASSWORD; exec psql -XAt "$0" -c "$1"',
        words.join(" "),
        sql,
      ],
      {
        account: "postgres",
        net: this.net,
        stdin: `${password ?? this.secrets.passwords[user] ?? "none"}\n`,
      },
    );
  }

  /** The answer, which must come. */
  async answer(attempt: Attempt): Promise<string> {
    const { code, stdout, stderr } = await this.run(attempt);
    if (code !== 0) throw new Error(`${attempt.user}@${attempt.database} from ${attempt.from}: ${stderr}`);
    return stdout.trim();
  }

  /** The refusal, which must come. */
  async refusal(attempt: Attempt): Promise<string> {
    const { code, stderr, stdout } = await this.run(attempt);
    if (code === 0)
      throw new Error(`${attempt.user}@${attempt.database} from ${attempt.from} was let in: ${stdout}`);
    return stderr.trim();
  }
}
