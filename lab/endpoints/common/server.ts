import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createAuthority } from "../../../operations/secrets/authority.js";
import { Refusal, type Answer } from "./answers.js";
import { Faults, type Fault, type Injection } from "./faults.js";

/** A call as it came in. Headers are not kept: they hold credentials. */
export interface SeenCall {
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  readonly body: string;
  /** Status of the answer; undefined when the connection was cut. */
  readonly status: number | undefined;
}

/** A call that is to be answered. */
export interface Received {
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The API behind a server. */
export interface Backend {
  /** @throws Refusal for a call that is not done */
  answer(call: Received): Answer;
  refusal(status: number, message: string): Refusal;
  /** Ends all sessions, as an idle half-hour or a restarted node does. */
  expireSessions(): void;
  /** May the body of a call be kept? */
  keepsBody(url: string): boolean;
}

/** Where an endpoint is found. */
export interface ServedAt {
  /** Where it listens, on a free port. @default "127.0.0.1" */
  readonly address?: string;
  /** Address that the certificate is for. @default `address` */
  readonly certifiedAddress?: string;
}

/** An API over TLS, with faults on request. Whoever starts it closes it. */
export class TlsServer {
  readonly calls: SeenCall[] = [];
  private readonly faults = new Faults();

  private constructor(
    private readonly backend: Backend,
    private readonly server: Server,
    /** The authority to trust, PEM; made for this server alone. */
    readonly authority: string,
  ) {
    server.on("request", (request, response) => {
      void this.serve(request, response);
    });
  }

  static async start(
    name: string,
    backend: Backend,
    { address = "127.0.0.1", certifiedAddress = address }: ServedAt,
  ): Promise<TlsServer> {
    const authority = await createAuthority(name, new Date());
    const { certificate, key } = await authority.issue({
      commonName: name,
      dnsNames: [],
      addresses: [certifiedAddress],
    });
    const server = createServer({ cert: certificate, key, minVersion: "TLSv1.2" });
    const started = new TlsServer(backend, server, authority.certificate);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, address, resolve);
    });
    return started;
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
    const { method = "GET", url = "/", headers } = request;
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(parts).toString("utf8");
    const fault = this.faults.next(method, url);
    const answer = this.answer({ method, url, headers, body }, fault);
    const cut = fault?.kind === "drop-before" || fault?.kind === "drop-after";
    const kept = this.backend.keepsBody(url) ? body : "";
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

  private answer(call: Received, fault: Fault | undefined): Answer {
    try {
      if (fault?.kind === "drop-before") return { status: 0 };
      if (fault?.kind === "expire") this.backend.expireSessions();
      if (fault?.kind === "meanwhile") fault.act();
      if (fault?.kind === "status") {
        const answer = this.backend.refusal(fault.status, "injected").answer();
        const after = fault.retryAfter;
        return after === undefined ? answer : { ...answer, headers: { "retry-after": String(after) } };
      }
      return this.backend.answer(call);
    } catch (error) {
      if (error instanceof Refusal) return error.answer();
      return this.backend.refusal(500, error instanceof Error ? error.message : "unknown").answer();
    }
  }
}
