import type { NsxManager } from "../manager-schema.js";
import type { Json, JsonObject } from "../objects.js";
import { credentialsFrom } from "./credentials.js";
import { NsxError, reasonOf, Redaction } from "./errors.js";
import { Connection } from "./https.js";
import { basicLogin, SessionLogin, type Login } from "./login.js";
import { retrying, TIMING, type Timing } from "./timing.js";

const BASE = "/policy/api/v1";

type Query = Readonly<Record<string, string>>;

/**
 * Calls to the Policy API. All of them may be repeated: they read, or say what shall be. So each is repeated when NSX is busy
 * or the connection broke; never when NSX refused.
 */
export class ManagerClient {
  private readonly connection: Connection;
  private readonly login: Login;
  private readonly redaction = new Redaction();

  constructor(
    manager: NsxManager,
    environment: NodeJS.ProcessEnv,
    readonly timing: Timing = TIMING,
  ) {
    const credentials = credentialsFrom(environment, manager.credentials);
    this.redaction.add(credentials.password);
    this.redaction.add(credentials.user);
    this.connection = new Connection(manager, timing.request);
    this.login =
      manager.authentication === "basic"
        ? basicLogin(credentials, this.redaction)
        : new SessionLogin(this.connection, manager, credentials, this.redaction);
  }

  /** An object, or undefined when there is none. */
  async get(path: string, query: Query = {}): Promise<JsonObject | undefined> {
    try {
      return await this.call("GET", path, query);
    } catch (error) {
      if (error instanceof NsxError && error.reason === "not-found") return undefined;
      throw error;
    }
  }

  /** All objects of a list, page by page. */
  async list(path: string, query: Query = {}): Promise<JsonObject[]> {
    const found: JsonObject[] = [];
    for (let cursor: Json | undefined = ""; typeof cursor === "string";) {
      const page: JsonObject = (await this.get(path, cursor === "" ? query : { ...query, cursor })) ?? {};
      const results = page["results"];
      if (Array.isArray(results)) found.push(...(results as JsonObject[]));
      cursor = page["cursor"] === "" ? undefined : page["cursor"];
    }
    return found;
  }

  patch(path: string, query: Query, body: JsonObject): Promise<JsonObject> {
    return this.call("PATCH", path, query, body);
  }

  put(path: string, body: JsonObject): Promise<JsonObject> {
    return this.call("PUT", path, {}, body);
  }

  /** A text of NSX without what must not be seen. */
  hide(text: string): string {
    return this.redaction.text(text);
  }

  /** Ends the session. */
  async close(): Promise<void> {
    await this.login.end();
    this.connection.close();
  }

  private call(method: string, path: string, query: Query, body?: JsonObject): Promise<JsonObject> {
    const passing = ({ reason }: NsxError): boolean => reason === "busy" || reason === "unreachable";
    return retrying(this.timing, passing, async () => {
      try {
        return await this.once(method, path, query, body);
      } catch (error) {
        if (!(error instanceof NsxError) || error.reason !== "credentials" || !this.login.renew())
          throw error;
        return this.once(method, path, query, body);
      }
    });
  }

  private async once(method: string, path: string, query: Query, body?: JsonObject): Promise<JsonObject> {
    const search = new URLSearchParams(query).toString();
    const { status, headers, text } = await this.connection.send({
      method,
      path: `${BASE}${path}${search === "" ? "" : `?${search}`}`,
      headers: {
        ...(await this.login.headers()),
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (status >= 200 && status < 300)
      return text.trim() === "" ? {} : this.parsed(text, `${method} ${path}`);
    const retryAfter = Number(headers["retry-after"]) || undefined;
    throw this.failure(`${method} ${path}`, status, text, retryAfter);
  }

  private parsed(text: string, call: string): JsonObject {
    const value = json(text);
    if (value === undefined)
      throw new NsxError("refused", `NSX answered ${call} with something that is not JSON`);
    return value;
  }

  private failure(call: string, status: number, text: string, retryAfter?: number): NsxError {
    const body = json(text) ?? {};
    const { error_code: code, error_message: message, details, related_errors: related } = body;
    const texts = [message, details, ...(Array.isArray(related) ? related.map(messageOf) : [])]
      .filter((one): one is string => typeof one === "string" && one !== "")
      .join("; ");
    const said = this.redaction.text(texts === "" ? text : texts).slice(0, 1000);
    const errorCode = typeof code === "number" ? code : undefined;
    const reason = reasonOf(status, errorCode);
    const about = errorCode === undefined ? `${status}` : `${status}, code ${errorCode}`;
    return new NsxError(
      reason,
      `NSX answered ${call} with ${about}${said === "" ? "" : `: ${said}`}`,
      retryAfter,
    );
  }
}

function messageOf(error: Json): Json | undefined {
  return typeof error === "object" && error !== null ? (error as JsonObject)["error_message"] : undefined;
}

function json(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}
