import type { Answer } from "../common/answers.js";
import type { EndpointCredentials } from "../common/credentials.js";
import { ServedEndpoint } from "../common/served.js";
import { TlsServer, type Backend, type Received, type ServedAt } from "../common/server.js";
import { NsxRefusal } from "./answers.js";
import { Manager, type ManagerOptions } from "./manager.js";
import { answerCall } from "./routes.js";
import { Sessions } from "./sessions.js";

export interface EndpointOptions extends ManagerOptions, ServedAt {
  readonly credentials: EndpointCredentials;
}

const API = "/policy/api/v1";

/**
 * An NSX Manager's Policy API over TLS, written from what is published of NSX 4.2. It shares nothing
 * with the components that it examines. Whoever starts it closes it.
 */
export class NsxEndpoint extends ServedEndpoint {
  private constructor(
    readonly manager: Manager,
    readonly sessions: Sessions,
    server: TlsServer,
  ) {
    super(server);
  }

  static async start(options: EndpointOptions): Promise<NsxEndpoint> {
    const manager = new Manager(options);
    const sessions = new Sessions(options.credentials);
    const backend: Backend = {
      answer: (call) => route(manager, sessions, call),
      refusal: (status, message) => new NsxRefusal(status, message),
      expireSessions: () => {
        sessions.expire();
      },
      keepsBody: (url) => !url.startsWith("/api/session/"),
    };
    const server = await TlsServer.start("nsx-endpoint", backend, options);
    return new NsxEndpoint(manager, sessions, server);
  }
}

function route(manager: Manager, sessions: Sessions, { method, url, headers, body }: Received): Answer {
  const { pathname, searchParams } = new URL(url, "https://nsx");
  if (pathname === "/api/session/create" && method === "POST") return sessions.create(body);
  if (pathname === "/api/session/destroy" && method === "POST") return sessions.destroy(headers);
  sessions.check(headers);
  if (!pathname.startsWith(`${API}/`)) throw new NsxRefusal(404, `${pathname} does not exist`, 600);
  const path = decodeURIComponent(pathname.slice(API.length));
  return answerCall(manager, { method, path, query: searchParams, body });
}
