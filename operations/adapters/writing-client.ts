import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { Resolver } from "node:dns/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { Client } from "pg";
import type { ClientEvent, WritingClient } from "../ports/index.js";

/** How a client reaches the database, and where it keeps what was acknowledged. */
export interface WritingClientOptions {
  /** Name of the client, in its rows. */
  readonly client: string;
  /** Log of acknowledgements, outside the database; appended and flushed for every row. */
  readonly log: string;
  /** Address to connect to, asked anew for every connection. */
  readonly resolve: () => Promise<string>;
  readonly port: number;
  /** Name or address that the server's certificate must carry. @default the address */
  readonly serverName?: string | undefined;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** PEM of the authority. */
  readonly authority: string;
  /** Milliseconds between two rows. @default 50 */
  readonly pace?: number;
  /** Milliseconds after which a write counts as failed; a connection may take twice as long. @default 5000 */
  readonly patience?: number;
}

/** The wall clock at the start, moved on by a clock that never jumps: comparable between the processes of one machine. */
const origin = Date.now() - performance.now();

export function clientNow(): number {
  return origin + performance.now();
}

/** Starts a client. It never gives up and never throws; what happens stands in its events. */
export function startWritingClient(options: WritingClientOptions): WritingClient {
  const { pace = 50, patience = 5000 } = options;
  const file = openSync(options.log, "a", 0o600);
  const events: ClientEvent[] = [];
  let stopped = false;
  const note = (event: ClientEvent): void => {
    writeSync(file, `${JSON.stringify(event)}\n`);
    // A refusal may be lost in a crash; an acknowledgement may not.
    if (event.kind === "ack") fdatasyncSync(file);
    events.push(event);
  };
  const work = async (): Promise<void> => {
    let connection: Client | undefined;
    let sent = clientNow();
    for (let sequence = 1; !stopped; sequence += 1) {
      if (sequence > 1) await sleep(Math.max(5, pace - (clientNow() - sent)));
      sent = clientNow();
      try {
        connection ??= await connect(options, patience);
        const result = await connection.query<{ server: string | null }>({
          text: `insert into pgkeep.canary (client, sequence) values ($1, $2) returning ${OWN_ADDRESS} as server`,
          values: [options.client, sequence],
        });
        note({ kind: "ack", sequence, sent, acked: clientNow(), server: result.rows[0]?.server ?? "" });
      } catch (error) {
        note({ kind: "fail", sequence, sent, at: clientNow(), reason: reasonOf(error) });
        // A standby's "read-only" leaves the connection as it was; so the probe costs it no new handshake each time.
        if (reasonOf(error).startsWith(READ_ONLY)) continue;
        const broken = connection;
        connection = undefined;
        // Not awaited: a dead peer never answers the farewell.
        broken?.end().catch(() => undefined);
        broken?.connection?.stream.destroy();
      }
    }
    connection?.end().catch(() => undefined);
    closeSync(file);
  };
  const ended = work();
  return {
    client: options.client,
    log: options.log,
    events: () => events,
    async stop() {
      stopped = true;
      await ended;
    },
  };
}

/** Tells the server also when it was reached over an address that moves: its own address comes first where it listens. */
export const OWN_ADDRESS = "split_part(current_setting('listen_addresses'), ',', 1)";

/** SQLSTATE of a write to a standby. */
const READ_ONLY = "25006";

interface WithStream {
  readonly connection?: { readonly stream: { destroy(): void } };
}

async function connect(options: WritingClientOptions, patience: number): Promise<Client & WithStream> {
  const host = await options.resolve();
  const name = options.serverName ?? host;
  // Only here: the command has other jobs, which need no client.
  const { default: pg } = await import("pg");
  const client = new pg.Client({
    host,
    port: options.port,
    database: options.database,
    user: options.user,
    password: options.password,
    application_name: "pgkeep-drill",
    connectionTimeoutMillis: 2 * patience,
    query_timeout: patience,
    enableChannelBinding: true,
    ssl: {
      ca: options.authority,
      minVersion: "TLSv1.3",
      checkServerIdentity: (_: string, certificate: PeerCertificate) =>
        checkServerIdentity(name, certificate),
    },
  });
  // An error between two statements ends the connection; the next statement tells.
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    client.end().catch(() => undefined);
    throw error;
  }
  return client;
}

/** SQLSTATE or system error code first, so that a refusal can be told from silence. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? `${error.code} ` : "";
  return `${code}${error.message}`.slice(0, 200);
}

/** Asks the server that takes the dynamic updates itself, so that no cache stands between. */
export function dnsLookup(server: string, port: number, name: string): () => Promise<string> {
  const resolver = new Resolver({ timeout: 1500, tries: 2 });
  resolver.setServers([server.includes(":") ? `[${server}]:${port}` : `${server}:${port}`]);
  return async () => {
    const [address] = await resolver.resolve4(name).catch(async (error: unknown) => {
      const six = await resolver.resolve6(name).catch(() => []);
      if (six.length === 0) throw error;
      return six;
    });
    if (address === undefined) throw new Error(`${name} has no address`);
    return address;
  };
}
