import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { Client, DatabaseError } from "pg";
import type { Attempt, Credentials } from "./connector.js";

/*
 * A program that logs in from one network: credentials come in the first line of standard input, then a list of attempts a line,
 * answered by one line each with what the server said.
 */

/** Attempts side by side; each keeps one server process busy. */
const BESIDE = 8;
const REJECTED = "28000"; // invalid_authorization_specification

async function attempt({ from, to, login }: Attempt, credentials: Credentials): Promise<string> {
  const { authority, certificate, key, server, password } = credentials;
  const proof = login.certificate === true ? { cert: certificate, key } : {};
  const config = {
    host: to,
    port: 5432,
    user: login.role,
    database: login.database,
    password,
    connectionTimeoutMillis: 60_000,
    ssl: login.tls === false ? false : { ca: authority, servername: server, ...proof },
    stream: () => socketFrom(from),
    // The type of a client's settings does not know it.
    ...(login.replication === true ? { replication: "true" } : {}),
  };
  const client = new Client(config);
  client.on("error", () => undefined);
  try {
    await client.connect();
    return "accepted";
  } catch (error) {
    const rejected = error instanceof DatabaseError && error.code === REJECTED;
    return `${rejected ? "rejected: " : ""}${String(error)}`;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A socket that calls from one address of the network. */
function socketFrom(localAddress: string): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket);
  return Object.assign(socket, {
    connect: (port: number, host: string) => connect({ port, host, localAddress }),
  });
}

async function attemptAll(all: readonly Attempt[], credentials: Credentials): Promise<string[]> {
  const outcomes: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < all.length; i = next++) {
      const each = all[i];
      if (each !== undefined) outcomes[i] = await attempt(each, credentials);
    }
  };
  await Promise.all(Array.from({ length: BESIDE }, work));
  return outcomes;
}

async function main(): Promise<void> {
  let credentials: Credentials | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    if (credentials === undefined) credentials = JSON.parse(line) as Credentials;
    else console.log(JSON.stringify(await attemptAll(JSON.parse(line) as Attempt[], credentials)));
  }
}

void main();
