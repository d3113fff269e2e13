import { request } from "node:https";
import type { DistributedFirewallArgs } from "../../components/nsx/index.js";
import type { Timing } from "../../components/rest/timing.js";
import type { Firewall } from "../../components/nsx/firewall-schema.js";
import { requireParsed } from "../../components/dynamic/parse.js";
import { parseFirewall } from "../../components/nsx/parse-firewall.js";
import {
  FirewallProvider,
  type FirewallInputs,
  type FirewallState,
} from "../../components/nsx/provider/index.js";
import { NsxEndpoint, type EndpointOptions } from "../../lab/endpoints/nsx/index.js";

/** Long, so that no other text holds them by chance. */
export const CREDENTIALS = { user: "planted-user-5b1e", password: "planted:pass wörd/&=9c7f" } as const;
export const ENVIRONMENT = {
  PGKEEP_NSX_USER: CREDENTIALS.user,
  PGKEEP_NSX_PASSWORD: CREDENTIALS.password,
} as const;
export const OWNER = "shop/prod/pg";

/** As patient as the real one, and much faster. */
export const FAST: Timing = { attempts: 6, firstPause: 2, longestPause: 10, request: 15_000, poll: 3 };

type Args = DistributedFirewallArgs;

/** The application to PostgreSQL, the databases to DNS, nothing else. */
export function firewallArgs(change: Partial<Args> = {}): Args {
  return {
    manager: { address: "nsx.example.net" },
    policyId: "pg",
    isolate: ["databases"],
    groups: [
      { id: "databases", members: [{ scope: "role", tag: "postgresql" }] },
      { id: "applications", members: [{ addresses: ["10.9.0.0/24"] }, { scope: "role", tag: "orders" }] },
    ],
    services: [{ id: "postgresql", entries: [{ id: "tcp", ports: ["5432"] }] }],
    rules: [
      {
        id: "orders-to-postgresql",
        sources: ["applications"],
        destinations: ["databases"],
        services: ["postgresql"],
        direction: "IN",
      },
    ],
    ...change,
  };
}

export function firewall(change: Partial<Args> = {}): Firewall {
  return requireParsed(parseFirewall(firewallArgs(change)));
}

/** Inputs as the provider gets them after its check, for an endpoint. */
export function inputsFor(endpoint: NsxEndpoint, change: Partial<Args> = {}): FirewallInputs {
  const manager = { address: "127.0.0.1", port: endpoint.port, caCertificate: endpoint.authority };
  return { firewall: firewall({ manager, ...change }), owner: OWNER };
}

export function startEndpoint(options: Partial<EndpointOptions> = {}): Promise<NsxEndpoint> {
  return NsxEndpoint.start({ credentials: CREDENTIALS, ...options });
}

export function provider(timing: Partial<Timing> = {}): FirewallProvider {
  return new FirewallProvider(ENVIRONMENT, { ...FAST, ...timing });
}

/** Makes the firewall and gives back what Pulumi would keep. */
export async function created(endpoint: NsxEndpoint, inputs = inputsFor(endpoint)): Promise<FirewallState> {
  return outsOf(await provider().create(inputs));
}

export function outsOf<T>({ outs }: { outs?: T | undefined }): T {
  if (outs === undefined) throw new Error("the provider gave no state");
  return outs;
}

/** A call by somebody else, such as an administrator: basic credentials, no retry. */
export function callAsAdministrator(
  endpoint: NsxEndpoint,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: "127.0.0.1",
        port: endpoint.port,
        method,
        path: `/policy/api/v1${path}`,
        ca: endpoint.authority,
        auth: `${CREDENTIALS.user}:${CREDENTIALS.password}`,
        agent: false,
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => (text += part));
        response.on("end", () => {
          resolve({
            status: response.statusCode ?? 0,
            body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>,
          });
        });
      },
    );
    call.on("error", reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export const POLICY = "/infra/domains/default/security-policies/pg";
export const GROUPS = "/infra/domains/default/groups";
export const ALLOW = `${POLICY}/rules/orders-to-postgresql`;
export const DENY = `${POLICY}/rules/deny-everything-else`;
