import { parseBody, type Answer, type Fields } from "../common/answers.js";
import type { Received } from "../common/server.js";
import { badRequest, notFound, page, SrmRefusal } from "./answers.js";
import { BODIES, type BodyName } from "./bodies.js";
import type { Session, Sessions } from "./sessions.js";
import { readObject } from "./shapes.js";
import type { SiteIndex, World } from "./world.js";

/** A call that was let in. */
export interface Call {
  readonly world: World;
  readonly site: SiteIndex;
  readonly session: Session;
  /** What stands in the places of `{…}` in the path. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** The checked body. */
  readonly fields: Fields;
  /** The body of a call that takes a list. */
  readonly list: readonly Fields[];
}

/** One operation of the API. */
export interface Route {
  readonly method: string;
  /** Path with `{}` for each part that names something. */
  readonly path: string;
  readonly body?: BodyName;
  /** The body is a list of these. */
  readonly listBody?: BodyName;
  /** Privilege that the API's description names. */
  readonly privilege?: string;
  /** Nothing is done without a session at the other site. */
  readonly remote?: boolean;
  answer(call: Call): Answer;
}

/** Query parameters that every list takes. */
const LIST_PARAMETERS = ["filter", "filter_property", "sort_by", "order_by", "limit", "offset"];

/** One of the two services of a site: sessions, and operations below the pairing. */
export class Service {
  constructor(
    private readonly base: string,
    private readonly world: World,
    private readonly site: SiteIndex,
    private readonly sessions: Sessions,
    /** Accounts of the other site. */
    private readonly others: Sessions,
    private readonly pairing: string,
    private readonly routes: readonly Route[],
  ) {}

  serves(pathname: string): boolean {
    return pathname.startsWith(`${this.base}/`);
  }

  answer({ method, url, headers, body }: Received): Answer {
    const { pathname, searchParams } = new URL(url, "https://srm");
    const path = pathname.slice(this.base.length);
    if (path === "/session" && method === "POST") return this.sessions.create(headers);
    if (path === "/session" && method === "DELETE") return this.sessions.destroy(headers);
    const session = this.sessions.require(headers);
    this.world.settle();
    if (path === "/tasks" && method === "GET")
      return page(this.world.tasks.list(), searchParams, this.world.options.pageSize ?? 100);
    const task = /^\/tasks\/([^/]+)$/.exec(path)?.[1];
    if (task !== undefined && method === "GET")
      return { status: 200, body: this.world.tasks.read(decodeURIComponent(task)) };
    if (path === "/pairings" && method === "GET") return page([this.pairingInfo()], searchParams, 100);
    const below = `/pairings/${this.pairing}`;
    if (path === `${below}/remote-session` && method === "POST") return this.remoteLogin(session, headers);
    if (!path.startsWith(`${below}/`)) throw notFound(path);
    return this.operation(session, method, path.slice(below.length), searchParams, body);
  }

  private remoteLogin(session: Session, headers: Received["headers"]): Answer {
    this.requirePeer();
    if (this.others.account(headers) === undefined)
      throw new SrmRefusal(401, "Invalid credentials of the remote site", "AUTHENTICATION_FAILED");
    session.remote = true;
    return { status: 204 };
  }

  private requirePeer(): void {
    const peer = this.world.sites[this.site === 0 ? 1 : 0];
    if (!peer.up) throw new SrmRefusal(500, `The server at ${peer.name} is not reachable`, "SERVER_DOWN");
  }

  private pairingInfo(): Fields {
    const [local, remote] = [this.world.sites[this.site], this.world.sites[this.site === 0 ? 1 : 0]];
    return {
      pairing_id: this.pairing,
      local_vc_server: { id: local.vcenter, name: local.name, server_status: "OK" },
      remote_vc_server: { id: remote.vcenter, name: remote.name, server_status: remote.up ? "OK" : "ERROR" },
      local_srm_server: { id: local.srmId, name: local.name, server_status: "OK" },
      remote_srm_server: { id: remote.srmId, name: remote.name, server_status: remote.up ? "OK" : "ERROR" },
    };
  }

  private operation(
    session: Session,
    method: string,
    path: string,
    query: URLSearchParams,
    text: string,
  ): Answer {
    const found = this.routes.flatMap((route) => {
      const pattern = new RegExp(`^${route.path.replaceAll("{}", "([^/]+)")}$`);
      const match = pattern.exec(path);
      return match === null ? [] : [{ route, parts: match.slice(1).map(decodeURIComponent) }];
    });
    if (found.length === 0) throw notFound(path);
    const chosen = found.find(({ route }) => route.method === method);
    if (chosen === undefined) throw new SrmRefusal(405, `${method} is not supported for ${path}`);
    const { route, parts } = chosen;
    this.allow(session, route);
    const unknown = [...query.keys()].find(
      (name) => ![...LIST_PARAMETERS, "start_date", "end_date", "retain_replica_disks"].includes(name),
    );
    if (unknown !== undefined) throw badRequest(`unknown parameter ${unknown}`);
    return route.answer({
      world: this.world,
      site: this.site,
      session,
      path: parts,
      query,
      ...bodyOf(route, text),
    });
  }

  private allow({ account, remote }: Session, { privilege, remote: needed }: Route): void {
    if (
      privilege !== undefined &&
      account.privileges !== undefined &&
      !account.privileges.includes(privilege)
    )
      throw new SrmRefusal(403, `Permission to perform this operation was denied: ${privilege}`, "FORBIDDEN");
    if (needed !== true) return;
    this.requirePeer();
    if (!remote) throw new SrmRefusal(401, "The remote site is not authenticated", "REMOTE_UNAUTHENTICATED");
  }
}

function bodyOf(route: Route, text: string): Pick<Call, "fields" | "list"> {
  const name = route.body ?? route.listBody;
  if (name === undefined) {
    if (text !== "") throw badRequest("the call takes no body");
    return { fields: {}, list: [] };
  }
  const { shape, needed } = BODIES[name];
  const value = parseBody(text);
  if (route.listBody === undefined) return { fields: readObject(value, "body", shape, needed), list: [] };
  if (!Array.isArray(value)) throw badRequest("the body is not a list");
  return {
    fields: {},
    list: (value as unknown[]).map((one, i) => readObject(one, `body[${i}]`, shape, needed)),
  };
}

/** 202 with the task. */
export function accepted(world: World, task: string): Answer {
  return { status: 202, body: world.tasks.read(task) };
}

/** 202 with several tasks. */
export function acceptedAll(world: World, tasks: readonly string[]): Answer {
  return { status: 202, body: { list: tasks.map((task) => world.tasks.read(task)) } };
}

/** A page of a list. */
export function paged({ world, query }: Call, list: readonly Fields[]): Answer {
  return page(list, query, world.options.pageSize ?? 100);
}
