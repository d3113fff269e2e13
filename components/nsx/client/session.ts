import type { Credentials } from "../../rest/credentials.js";
import { ApiError, isBusy, type Redaction } from "../../rest/errors.js";
import type { Connection } from "../../rest/https.js";
import type { Headers, SessionCalls } from "../../rest/login.js";
import type { NsxManager } from "../manager-schema.js";

/** Sessions of NSX: a cookie and a token. NSX ends one by itself after half an hour. */
export class NsxSession implements SessionCalls {
  constructor(
    private readonly connection: Connection,
    private readonly manager: NsxManager,
    private readonly credentials: Credentials,
    private readonly redaction: Redaction,
  ) {}

  async create(): Promise<Headers> {
    const { user, password } = this.credentials;
    const { status, headers } = await this.connection.send({
      method: "POST",
      path: "/api/session/create",
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: new URLSearchParams({ j_username: user, j_password: password }).toString(),
    });
    if (isBusy(status))
      throw new ApiError("busy", `NSX answered ${status} to the log-in`, Number(headers["retry-after"]) || 0);
    const cookie = [headers["set-cookie"] ?? []]
      .flat()
      .map((one) => one.split(";")[0] ?? "")
      .find((one) => one.startsWith("JSESSIONID="));
    const token = headers["x-xsrf-token"];
    if (status !== 200 || cookie === undefined || typeof token !== "string")
      throw new ApiError(
        "credentials",
        `NSX refused the log-in with status ${status}; give a user and password that it knows in ` +
          `${this.manager.credentials}_USER and ${this.manager.credentials}_PASSWORD`,
      );
    this.redaction.add(cookie.slice("JSESSIONID=".length));
    this.redaction.add(token);
    return { cookie, "x-xsrf-token": token };
  }

  destroy(headers: Headers): Promise<unknown> {
    return this.connection.send({ method: "POST", path: "/api/session/destroy", headers });
  }
}
