import { ApiError, type Redaction } from "./errors.js";
import type { Connection } from "./https.js";
import { parseObject, type Json, type JsonObject } from "./json.js";
import type { Login } from "./login.js";
import { retrying, type Timing } from "./timing.js";

export type Query = Readonly<Record<string, string>>;

/** An API as calls and errors speak of it. */
export interface Api {
  /** As people call it. */
  readonly product: string;
  /** Path before that of each call. */
  readonly base: string;
  /** What an answer that refuses says. */
  explain(status: number, body: JsonObject): Explanation;
}

export interface Explanation {
  readonly reason: ApiError["reason"];
  /** The API's own code. */
  readonly code?: string | number | undefined;
  readonly texts: readonly (Json | undefined)[];
}

export interface Call {
  readonly method: string;
  /** Below the base, encoded. */
  readonly path: string;
  readonly query?: Query;
  readonly body?: Json;
  /**
   * May it be sent again when it is not known whether it took effect? Calls that were turned away as too many always are.
   *
   * @default true
   */
  readonly repeatable?: boolean;
}

/** Calls to one API. Each is repeated when the server is busy or the connection broke; never when the server refused. */
export class RestClient {
  constructor(
    private readonly api: Api,
    private readonly connection: Connection,
    protected readonly login: Login,
    private readonly redaction: Redaction,
    readonly timing: Timing,
  ) {}

  /** An object, or undefined when there is none. */
  async get(path: string, query: Query = {}): Promise<JsonObject | undefined> {
    try {
      return await this.call({ method: "GET", path, query });
    } catch (error) {
      if (error instanceof ApiError && error.reason === "not-found") return undefined;
      throw error;
    }
  }

  call(call: Call): Promise<JsonObject> {
    const again = ({ reason }: ApiError): boolean =>
      reason === "busy" || (reason === "unreachable" && call.repeatable !== false);
    return retrying(this.timing, again, async () => {
      try {
        return await this.once(call);
      } catch (error) {
        if (!(error instanceof ApiError) || error.reason !== "credentials" || !this.login.renew())
          throw error;
        return this.once(call);
      }
    });
  }

  /** A text of the server without what must not be seen. */
  hide(text: string): string {
    return this.redaction.text(text);
  }

  /** Ends the session. */
  async close(): Promise<void> {
    await this.login.end();
    this.connection.close();
  }

  private async once({ method, path, query = {}, body }: Call): Promise<JsonObject> {
    const search = new URLSearchParams(query).toString();
    const headers = await this.login.headers();
    const {
      status,
      headers: answered,
      text,
    } = await this.connection.send({
      method,
      path: `${this.api.base}${path}${search === "" ? "" : `?${search}`}`,
      headers: {
        ...headers,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const call = `${method} ${path}`;
    if (status < 200 || status >= 300)
      throw this.failure(call, status, text, Number(answered["retry-after"]) || undefined);
    const value = text.trim() === "" ? {} : parseObject(text);
    if (value === undefined)
      throw new ApiError("refused", `${this.api.product} answered ${call} with something that is not JSON`);
    return value;
  }

  private failure(call: string, status: number, text: string, retryAfter?: number): ApiError {
    const { reason, code, texts } = this.api.explain(status, parseObject(text) ?? {});
    const found = texts.filter((one) => typeof one === "string" && one !== "").join("; ");
    const said = this.redaction.text(found === "" ? text : found).slice(0, 1000);
    const about = code === undefined ? `${status}` : `${status}, code ${code}`;
    return new ApiError(
      reason,
      `${this.api.product} answered ${call} with ${about}${said === "" ? "" : `: ${said}`}`,
      retryAfter,
    );
  }
}
