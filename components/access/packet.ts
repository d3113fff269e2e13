/** Protocols that rules speak of. icmp is that of the packet's family; vrrp moves an address between members. */
export const PROTOCOLS = ["tcp", "udp", "icmp", "vrrp"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Protocols that have ports. */
export function hasPorts(protocol: Protocol): protocol is "tcp" | "udp" {
  return protocol === "tcp" || protocol === "udp";
}

/** One side of a connection, with everything that an enforcement point may know it by. */
export interface Endpoint {
  /** IPv4 or IPv6 address, canonical. */
  readonly address: string;
  /** Tags of a virtual machine, `scope|tag`. @default none */
  readonly tags?: readonly string[];
  /** Where a pod runs and what it is labelled with. @default not a pod */
  readonly pod?: {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    /** @default default */
    readonly serviceAccount?: string;
    /** Labels of the namespace besides that of its name. @default none */
    readonly namespaceLabels?: Readonly<Record<string, string>>;
    /** Ports of its containers that have a name. @default none */
    readonly ports?: readonly PodPort[];
  };
}

/** A port of a container. */
export interface PodPort {
  readonly name: string;
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly port: number;
}

/** The first packet of a connection. Answers follow their connection and are not decided upon. */
export interface Packet {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly protocol: Protocol;
  /** Port of the side that is called, 1 to 65535; tcp and udp only. */
  readonly port?: number;
}

/** What a client asks of a PostgreSQL server once it is connected. */
export interface Login {
  /** Ignored for physical replication. */
  readonly database: string;
  readonly role: string;
  /** Physical replication instead of a database. @default false */
  readonly replication?: boolean;
  /** @default true */
  readonly tls?: boolean;
  /** A certificate of the environment's authority is shown. @default false */
  readonly certificate?: boolean;
}
