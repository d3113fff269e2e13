import { credentialsFrom } from "../../rest/credentials.js";
import { ApiError, isBusy, type Redaction } from "../../rest/errors.js";
import type { Connection, HttpsResponse } from "../../rest/https.js";
import { isObject, objectsIn, parseObject, type JsonObject } from "../../rest/json.js";
import { basicAuthorization, type Headers, type SessionCalls } from "../../rest/login.js";
import type { Site } from "./sites-schema.js";

/** The pairing of a site with the other one, as its server knows it. */
export interface Pairing {
  readonly id: string;
  /** Ids of the Site Recovery Managers; empty for vSphere Replication. */
  readonly localSrm: string;
  readonly remoteSrm: string;
  /** Is there a session at the other site? */
  readonly remote: boolean;
}

/** Whether there must be a session at the other site, too: a lost site has none, and a disaster recovery does without. */
export type PeerNeed = "required" | "if-reachable";

export interface SessionOptions {
  readonly product: string;
  readonly base: string;
  readonly local: Site;
  readonly peer: Site;
  readonly peerNeed: PeerNeed;
  readonly environment: NodeJS.ProcessEnv;
}

/** Sessions of a site's server: a header, after a log-in here and one at the other site. */
export class SiteSession implements SessionCalls {
  pairing: Pairing | undefined;
  private readonly local: string;
  private readonly remote: string;

  constructor(
    private readonly connection: Connection,
    private readonly redaction: Redaction,
    private readonly options: SessionOptions,
  ) {
    const authorization = ({ credentials: prefix, name }: Site): string => {
      const credentials = credentialsFrom(options.environment, prefix, `${options.product} at ${name}`);
      redaction.add(credentials.password);
      redaction.add(credentials.user);
      return basicAuthorization(credentials, redaction);
    };
    this.local = authorization(options.local);
    this.remote = authorization(options.peer);
  }

  async create(): Promise<Headers> {
    const { local } = this.options;
    const login = await this.send("POST", "/session", { authorization: this.local });
    const id = parseObject(login.text)?.["session_id"];
    if (login.status !== 200 || typeof id !== "string") throw this.refused(local, login);
    this.redaction.add(id);
    const headers = { "x-dr-session": id };
    try {
      const pairing = await this.findPairing(headers);
      this.pairing = { ...pairing, remote: await this.logInRemotely(headers, pairing.id) };
    } catch (error) {
      await this.destroy(headers).catch(() => undefined);
      throw error;
    }
    return headers;
  }

  destroy(headers: Headers): Promise<unknown> {
    return this.send("DELETE", "/session", headers);
  }

  private async findPairing(headers: Headers): Promise<Omit<Pairing, "remote">> {
    const { product, local, peer } = this.options;
    const { status, text } = await this.send("GET", "/pairings", headers);
    const pairings = objectsIn(parseObject(text)?.["list"]);
    const found = pairings.find(
      (one) =>
        idOf(one, "local_vc_server") === local.vcenter && idOf(one, "remote_vc_server") === peer.vcenter,
    );
    if (found === undefined || typeof found["pairing_id"] !== "string")
      throw new ApiError(
        status === 200 ? "refused" : "unreachable",
        `${product} at ${local.name} knows no pairing of vCenter ${local.vcenter} with ${peer.vcenter} (${peer.name})`,
      );
    return {
      id: found["pairing_id"],
      localSrm: idOf(found, "local_srm_server") ?? "",
      remoteSrm: idOf(found, "remote_srm_server") ?? "",
    };
  }

  private async logInRemotely(headers: Headers, pairing: string): Promise<boolean> {
    const { peer, peerNeed, product, local } = this.options;
    const answer = await this.send("POST", `/pairings/${encodeURIComponent(pairing)}/remote-session`, {
      ...headers,
      authorization: this.remote,
    });
    if (answer.status === 204 || answer.status === 200) return true;
    if ([400, 401, 403].includes(answer.status)) throw this.refused(peer, answer);
    if (peerNeed === "if-reachable") return false;
    throw new ApiError(
      "refused",
      `${product} at ${local.name} reaches no server at ${peer.name}: ${this.said(answer)}`,
    );
  }

  private async send(method: string, path: string, headers: Headers): Promise<HttpsResponse> {
    const { base, product, local } = this.options;
    const answer = await this.connection.send({
      method,
      path: `${base}${path}`,
      headers: { accept: "application/json", ...headers },
    });
    if (isBusy(answer.status))
      throw new ApiError(
        "busy",
        `${product} at ${local.name} answered ${answer.status} to the log-in`,
        Number(answer.headers["retry-after"]) || 0,
      );
    return answer;
  }

  private refused(site: Site, answer: HttpsResponse): ApiError {
    return new ApiError(
      "credentials",
      `${this.options.product} refused the log-in at ${site.name} with ${answer.status}: ${this.said(answer)}; ` +
        `give a user and password that it knows in ${site.credentials}_USER and ${site.credentials}_PASSWORD`,
    );
  }

  private said({ text }: HttpsResponse): string {
    const message = parseObject(text)?.["message"];
    return this.redaction.text(typeof message === "string" ? message : text).slice(0, 300);
  }
}

function idOf(pairing: JsonObject, server: string): string | undefined {
  const found = pairing[server];
  const id = isObject(found) ? found["id"] : undefined;
  return typeof id === "string" ? id : undefined;
}
