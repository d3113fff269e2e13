import type { NsxManager } from "../manager-schema.js";
import type { Credentials } from "./credentials.js";
import { NsxError, type Redaction } from "./errors.js";
import type { Connection } from "./https.js";

/** Proves on each call who we are. */
export interface Login {
  /** Headers of the next call; logs in when there is no session. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** Gives up a session that NSX does not know any more. False when a new one would not help. */
  renew(): boolean;
  /** Ends the session, if NSX still listens. */
  end(): Promise<void>;
}

/** Sends user and password with every call. */
export function basicLogin({ user, password }: Credentials, redaction: Redaction): Login {
  const value = Buffer.from(`${user}:${password}`).toString("base64");
  redaction.add(value);
  return {
    headers: () => Promise.resolve({ authorization: `Basic ${value}` }),
    renew: () => false,
    end: () => Promise.resolve(),
  };
}

/** Sends them once, and then the cookie and token of the session. */
export class SessionLogin implements Login {
  private session: Readonly<Record<string, string>> | undefined;
  private calls = 0;

  constructor(
    private readonly connection: Connection,
    private readonly manager: NsxManager,
    private readonly credentials: Credentials,
    private readonly redaction: Redaction,
  ) {}

  async headers(): Promise<Readonly<Record<string, string>>> {
    this.session ??= await this.create();
    this.calls++;
    return this.session;
  }

  /** A session that failed at its first call was never accepted: another would be no better. */
  renew(): boolean {
    const worked = this.calls > 1;
    this.session = undefined;
    this.calls = 0;
    return worked;
  }

  async end(): Promise<void> {
    if (this.session === undefined) return;
    const headers = this.session;
    this.session = undefined;
    // NSX ends it by itself after half an hour.
    await this.connection
      .send({ method: "POST", path: "/api/session/destroy", headers })
      .catch(() => undefined);
  }

  private async create(): Promise<Readonly<Record<string, string>>> {
    const { user, password } = this.credentials;
    const { status, headers } = await this.connection.send({
      method: "POST",
      path: "/api/session/create",
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: new URLSearchParams({ j_username: user, j_password: password }).toString(),
    });
    if ([429, 503, 504].includes(status))
      throw new NsxError("busy", `NSX answered ${status} to the log-in`, Number(headers["retry-after"]) || 0);
    const cookie = [headers["set-cookie"] ?? []]
      .flat()
      .map((one) => one.split(";")[0] ?? "")
      .find((one) => one.startsWith("JSESSIONID="));
    const token = headers["x-xsrf-token"];
    if (status !== 200 || cookie === undefined || typeof token !== "string")
      throw new NsxError(
        "credentials",
        `NSX refused the log-in with status ${status}; give a user and password that it knows in ` +
          `${this.manager.credentials}_USER and ${this.manager.credentials}_PASSWORD`,
      );
    this.redaction.add(cookie.slice("JSESSIONID=".length));
    this.redaction.add(token);
    return { cookie, "x-xsrf-token": token };
  }
}
