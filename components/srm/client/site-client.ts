import { RestClient, type Api, type Query } from "../../rest/client.js";
import { ApiError, reasonOfStatus, Redaction } from "../../rest/errors.js";
import { Connection, type Server } from "../../rest/https.js";
import { objectsIn, type Json, type JsonObject } from "../../rest/json.js";
import { SessionLogin } from "../../rest/login.js";
import { retrying, TIMING, type Timing } from "../../rest/timing.js";
import { SiteSession, type Pairing, type PeerNeed } from "./site-session.js";
import { otherSide, type Side, type Sites } from "./sites-schema.js";

/** The two services of a site. */
const SERVICES = {
  srm: { product: "SRM", base: "/api/rest/srm/v2" },
  replication: { product: "vSphere Replication", base: "/api/rest/vr/v2" },
} as const;

export interface SiteClientOptions {
  readonly service: keyof typeof SERVICES;
  /** Site whose server is called. */
  readonly side: Side;
  readonly peer: PeerNeed;
  readonly environment: NodeJS.ProcessEnv;
  readonly timing?: Timing | undefined;
}

/** Calls to one service of one site; paths are below the pairing. */
export class SiteClient extends RestClient {
  private readonly session: SiteSession;

  constructor(sites: Sites, options: SiteClientOptions) {
    const { service, side, peer, environment, timing = TIMING } = options;
    const { product, base } = SERVICES[service];
    const [local, other] = [sites[side], sites[otherSide(side)]];
    const setting = service === "srm" ? "server" : "replication";
    const server: Server | undefined = local[setting];
    if (server === undefined)
      throw new ApiError(
        "refused",
        `sites.${side}.replication is missing: who serves vSphere Replication there?`,
      );
    const redaction = new Redaction();
    const connection = new Connection(server, timing.request, `sites.${side}.${setting}`);
    const session = new SiteSession(connection, redaction, {
      product,
      base,
      local,
      peer: other,
      peerNeed: peer,
      environment,
    });
    super(apiOf(product, base), connection, new SessionLogin(session), redaction, timing);
    this.session = session;
  }

  /** Logs in if nobody has yet. */
  async pairing(): Promise<Pairing> {
    if (this.session.pairing === undefined) {
      const passing = ({ reason }: ApiError): boolean => reason === "busy" || reason === "unreachable";
      await retrying(this.timing, passing, () => this.login.headers());
    }
    if (this.session.pairing === undefined) throw new ApiError("refused", "there is no pairing");
    return this.session.pairing;
  }

  /** An object below the pairing, or undefined when there is none. */
  async read(path: string): Promise<JsonObject | undefined> {
    return this.get(await this.below(path));
  }

  /** All objects of a list below the pairing, page by page. */
  async all(path: string): Promise<JsonObject[]> {
    const at = await this.below(path);
    const found: JsonObject[] = [];
    for (;;) {
      const query: Query = found.length === 0 ? {} : { offset: String(found.length), limit: "100" };
      const answer = (await this.get(at, query)) ?? {};
      const page = objectsIn(answer["list"]);
      found.push(...page);
      const meta = answer["_meta"];
      const total = typeof meta === "object" && meta !== null && "total" in meta ? Number(meta["total"]) : 0;
      if (page.length === 0 || found.length >= total) return found;
    }
  }

  /** A call that SRM answers at once. Never sent twice when it is not known whether it took effect. */
  async write(method: "POST" | "PUT" | "DELETE", path: string, body?: Json): Promise<JsonObject> {
    const at = await this.below(path);
    return this.call({ method, path: at, repeatable: false, ...(body === undefined ? {} : { body }) });
  }

  /** A call that starts a task. @returns the task's id */
  async start(method: "POST" | "PUT" | "DELETE", path: string, body?: Json): Promise<string> {
    return idOf(await this.write(method, path, body), path);
  }

  /** A call that starts several tasks. @returns their ids */
  async startAll(path: string, body?: Json): Promise<string[]> {
    return objectsIn((await this.write("POST", path, body))["list"]).map((one) => idOf(one, path));
  }

  private async below(path: string): Promise<string> {
    const { id } = await this.pairing();
    return `/pairings/${encodeURIComponent(id)}${path}`;
  }
}

/** Parts of a path, each encoded: ids hold colons. */
export function pathOf(...parts: readonly string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join("");
}

export function idOf({ id }: JsonObject, path: string): string {
  if (typeof id !== "string") throw new ApiError("refused", `the answer to ${path} names no id`);
  return id;
}

function apiOf(product: string, base: string): Api {
  return {
    product,
    base,
    explain: (status, body) => {
      const { error_code: code, message } = body;
      return {
        reason: reasonOfStatus(status),
        code: typeof code === "string" || typeof code === "number" ? code : undefined,
        texts: [message],
      };
    },
  };
}
