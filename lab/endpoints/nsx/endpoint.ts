import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createAuthority } from "../../../operations/secrets/authority.js";
import { Refusal, type Answer } from "./answers.js";
import { Faults, type Fault, type Injection } from "./faults.js";
import { Manager, type ManagerOptions } from "./manager.js";
import { answerCall } from "./routes.js";
import { Sessions, type EndpointCredentials } from "./sessions.js";

export interface EndpointOptions extends ManagerOptions {
  readonly credentials: EndpointCredentials;
  /** Address that the certificate is for. @default "127.0.0.1", where it listens */
  readonly certifiedAddress?: string;
}

/** A call as it came in. Headers are not kept: they hold credentials. */
export interface SeenCall {
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  readonly body: string;
  /** Status of the answer; undefined when the connection was cut. */
  readonly status: number | undefined;
}

const API = "/policy/api/v1";

/**
 * An NSX Manager's Policy API on the loopback address, over TLS, written from what is published of NSX 4.2. It shares nothing
 * with the components that it examines. Whoever starts it closes it.
 */
export class NsxEndpoint {
  readonly manager: Manager;
  readonly sessions: Sessions;
  readonly calls: SeenCall[] = [];
  private readonly faults = new Faults();

  private constructor(
    options: EndpointOptions,
    private readonly server: Server,
    /** The authority to trust, PEM; made for this endpoint alone. */
    readonly authority: string,
  ) {
    this.manager = new Manager(options);
    this.sessions = new Sessions(options.credentials);
    server.on("request", (request, response) => {
      void this.serve(request, response);
    });
  }

  static async start(options: EndpointOptions): Promise<NsxEndpoint> {
    const authority = await createAuthority("nsx-endpoint", new Date());
    const { certificate, key } = await authority.issue({
      commonName: "nsx-endpoint",
      dnsNames: [],
      addresses: [options.certifiedAddress ?? "127.0.0.1"],
    });
    const server = createServer({ cert: certificate, key, minVersion: "TLSv1.2" });
    const endpoint = new NsxEndpoint(options, server, authority.certificate);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return endpoint;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Lets something go wrong with the next calls that match. */
  inject(injection: Injection): void {
    this.faults.inject(injection);
  }

  /** Forgets faults that no call has met. */
  clearFaults(): void {
    this.faults.clear();
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = request;
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(parts).toString("utf8");
    const fault = this.faults.next(method, url);
    const answer = this.answer(request, method, url, body, fault);
    const cut = fault?.kind === "drop-before" || fault?.kind === "drop-after";
    const kept = url.startsWith("/api/session/") ? "" : body;
    this.calls.push({ method, url, body: kept, status: cut ? undefined : answer.status });
    if (cut) {
      request.socket.destroy();
      return;
    }
    if (fault?.kind === "slow") await new Promise((resolve) => setTimeout(resolve, fault.milliseconds));
    for (const [name, value] of Object.entries(answer.headers ?? {}))
      response.setHeader(name, typeof value === "string" ? value : [...value]);
    response.statusCode = answer.status;
    const plain = fault?.kind === "status" ? fault.text : undefined;
    response.setHeader("content-type", plain === undefined ? "application/json" : "text/plain");
    response.end(plain ?? (answer.body === undefined ? "" : JSON.stringify(answer.body)));
  }

  private answer(
    request: IncomingMessage,
    method: string,
    url: string,
    body: string,
    fault: Fault | undefined,
  ): Answer {
    try {
      if (fault?.kind === "drop-before") return { status: 0 };
      if (fault?.kind === "expire") this.sessions.expire();
      if (fault?.kind === "meanwhile") fault.act();
      if (fault?.kind === "status") {
        const answer = new Refusal(fault.status, "injected").answer();
        const after = fault.retryAfter;
        return after === undefined ? answer : { ...answer, headers: { "retry-after": String(after) } };
      }
      return this.route(request, method, url, body);
    } catch (error) {
      if (error instanceof Refusal) return error.answer();
      return new Refusal(500, error instanceof Error ? error.message : "unknown").answer();
    }
  }

  private route(request: IncomingMessage, method: string, url: string, body: string): Answer {
    const { pathname, searchParams } = new URL(url, "https://nsx");
    if (pathname === "/api/session/create" && method === "POST") return this.sessions.create(body);
    if (pathname === "/api/session/destroy" && method === "POST")
      return this.sessions.destroy(request.headers);
    this.sessions.check(request.headers);
    if (!pathname.startsWith(`${API}/`)) throw new Refusal(404, `${pathname} does not exist`, 600);
    const path = decodeURIComponent(pathname.slice(API.length));
    return answerCall(this.manager, { method, path, query: searchParams, body });
  }
}
