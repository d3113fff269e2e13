import type { Answer } from "../common/answers.js";
import { ServedEndpoint } from "../common/served.js";
import { TlsServer, type Backend, type Received, type ServedAt } from "../common/server.js";
import { notFound, SrmRefusal } from "./answers.js";
import { REPLICATION_ROUTES } from "./replication-routes.js";
import { Service } from "./service.js";
import { Sessions } from "./sessions.js";
import { SRM_ROUTES } from "./srm-routes.js";
import { World, type SiteIndex, type WorldOptions } from "./world.js";

export interface EndpointOptions extends WorldOptions, ServedAt {}

/** The appliances of one site: Site Recovery Manager and vSphere Replication, on one address. */
export class SiteEndpoint extends ServedEndpoint {
  constructor(
    server: TlsServer,
    private readonly sessions: readonly Sessions[],
  ) {
    super(server);
  }

  /** Sessions that nobody has ended. */
  get openSessions(): number {
    return this.sessions.reduce((sum, { count }) => sum + count, 0);
  }
}

/**
 * Site Recovery Manager and vSphere Replication of two paired sites over TLS, written from the published
 * description of version 2.0.0 of their REST APIs. It shares nothing with the components that it examines. Whoever starts it
 * closes it.
 */
export class SrmEndpoint {
  private constructor(
    readonly world: World,
    readonly sites: readonly [SiteEndpoint, SiteEndpoint],
  ) {}

  static async start(options: EndpointOptions): Promise<SrmEndpoint> {
    const world = new World(options);
    // A site's accounts are the same for both services; a session is not.
    const sessions = ([0, 1] as const).map((site) => ({
      srm: new Sessions(world.sites[site].accounts),
      vr: new Sessions(world.sites[site].accounts),
    }));
    const start = async (site: SiteIndex): Promise<SiteEndpoint> => {
      const [own, other] = [sessions[site], sessions[site === 0 ? 1 : 0]];
      if (own === undefined || other === undefined) throw new TypeError("there are two sites");
      const services = [
        new Service("/api/rest/srm/v2", world, site, own.srm, other.srm, world.pairing, SRM_ROUTES),
        new Service(
          "/api/rest/vr/v2",
          world,
          site,
          own.vr,
          other.vr,
          world.replicationPairing,
          REPLICATION_ROUTES,
        ),
      ];
      const backend: Backend = {
        answer: (call) => answer(services, call),
        refusal: (status, message) => new SrmRefusal(status, message),
        expireSessions: () => {
          own.srm.expire();
          own.vr.expire();
        },
        keepsBody: () => true,
      };
      const name = `srm-${world.sites[site].name}`;
      return new SiteEndpoint(await TlsServer.start(name, backend, options), [own.srm, own.vr]);
    };
    return new SrmEndpoint(world, [await start(0), await start(1)]);
  }

  /** A site goes away: its appliances answer nobody, and the other site knows it. */
  takeDown(site: SiteIndex): void {
    this.world.setUp(site, false);
    this.sites[site].inject({ times: Number.POSITIVE_INFINITY, fault: { kind: "drop-before" } });
  }

  /** The site is back. */
  bringUp(site: SiteIndex): void {
    this.sites[site].clearFaults();
    this.world.setUp(site, true);
  }

  async close(): Promise<void> {
    await Promise.all(this.sites.map((site) => site.close()));
  }
}

function answer(services: readonly Service[], call: Received): Answer {
  const { pathname } = new URL(call.url, "https://srm");
  const service = services.find((one) => one.serves(pathname));
  if (service === undefined) throw notFound(pathname);
  return service.answer(call);
}
