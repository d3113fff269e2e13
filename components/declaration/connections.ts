import type { Cluster, Role } from "./cluster.js";

/** Connections by kind of load. */
const CONNECTIONS = { web: 200, oltp: 300, warehouse: 40, mixed: 100 } as const;

/**
 * Connections that declared login roles cannot take: Patroni's as superuser (PostgreSQL's own default), and those of backup,
 * maintenance, rewind and monitors, which must see a server whose clients use up everything else.
 */
export const RESERVED_CONNECTIONS = { superuser: 3, own: 8 } as const;

/** Greatest number of connections of a role that does not say. */
const DEFAULT_LIMIT = 50;

type Load = Pick<Cluster, "workload" | "parameters">;

/** `max_connections`: declared, or by the kind of load. */
export function maxConnections({ workload, parameters }: Load): number {
  const declared = Number(parameters["max_connections"] ?? Number.NaN);
  return Number.isInteger(declared) ? declared : CONNECTIONS[workload];
}

/** Connections that are open to every role. */
export function openConnections(cluster: Load): number {
  return maxConnections(cluster) - RESERVED_CONNECTIONS.superuser - RESERVED_CONNECTIONS.own;
}

/** Connections that a role may hold at a time. */
export function connectionLimit(role: Role, cluster: Load): number {
  return role.connectionLimit ?? Math.min(DEFAULT_LIMIT, openConnections(cluster));
}
