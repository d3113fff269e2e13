import type { Duplex } from "node:stream";
import {
  Client,
  utils,
  type AnyAuthMethod,
  type ConnectConfig,
  type ParsedKey,
  type ServerHostKeyAlgorithm,
} from "ssh2";
import { whenAborted } from "./cancellation.js";
import type { CallContext } from "./execution.js";
import { plain, type Properties, type Value } from "./values.js";

/** How to reach one SSH server. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly privateKey?: string;
  readonly privateKeyPassword?: string;
  readonly agentSocketPath?: string;
  /** Expected host key in the form of an authorized_keys line; without it any host is believed. */
  readonly hostKey?: string;
  /** Failed attempts that are put up with; -1 is without limit. */
  readonly dialErrorLimit: number;
  /** Seconds for one attempt; 0 is without limit. */
  readonly perDialTimeout: number;
}

export interface Connection extends Endpoint {
  readonly proxy?: Endpoint;
}

/** An open connection, closed with everything under it by `await using`. */
export interface Dialled extends AsyncDisposable {
  readonly client: Client;
}

/** Reads the `connection` input and adds the documented defaults. */
export function connectionOf(inputs: Properties): Connection {
  const given = plain(inputs["connection"] ?? null);
  const { proxy } = given as Properties;
  return { ...endpointOf(given), ...(proxy ? { proxy: endpointOf(proxy) } : {}) };
}

function endpointOf(value: Value): Endpoint {
  const given = Object.fromEntries(Object.entries(value as Properties).filter(([, inner]) => inner !== null));
  const defaults = { port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 };
  return { ...defaults, ...given } as unknown as Endpoint;
}

/** Connects, through the proxy where there is one, trying again as often as the endpoint says. */
export async function dial(connection: Connection, context: CallContext): Promise<Dialled> {
  const config = sshConfig(connection);
  if (connection.proxy === undefined) {
    const client = await retry("Dial", connection, context, () => connect(config, context.signal));
    return { client, [Symbol.asyncDispose]: async () => void client.end() };
  }
  const proxyConfig = sshConfig(connection.proxy);
  const { proxy } = connection;
  const bastion = await retry("Dial proxy", proxy, context, () => connect(proxyConfig, context.signal));
  try {
    const client = await retry("Dial from proxy", connection, context, async () => {
      const sock = await forward(bastion, connection);
      return connect({ ...config, sock }, context.signal);
    });
    const close = async (): Promise<void> => {
      client.end();
      bastion.end();
    };
    return { client, [Symbol.asyncDispose]: close };
  } catch (error) {
    bastion.end();
    throw new Error(`proxy: ${(error as Error).message}`, { cause: error });
  }
}

/** Tries until it succeeds, waiting longer each time, at most 5 s. */
async function retry<T>(
  what: string,
  endpoint: Endpoint,
  context: CallContext,
  attempt: () => Promise<T>,
): Promise<T> {
  const limit = endpoint.dialErrorLimit;
  for (let failures = 1, delay = 100; ; failures++, delay = Math.min(delay * 1.5, 5000)) {
    try {
      return await attempt();
    } catch (error) {
      if (context.signal.aborted) throw new Error("cancelled", { cause: error });
      const where = `${endpoint.host}:${endpoint.port}`;
      if (limit >= 0 && failures > limit)
        throw new Error(`${what} ${where}: after ${failures} failed attempts: ${(error as Error).message}`, {
          cause: error,
        });
      context.log(`${what} ${failures}/${limit < 0 ? "inf" : limit} failed: retrying`);
      await pause(delay, context.signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
}

function connect(config: ConnectConfig, signal: AbortSignal): Promise<Client> {
  return new Promise((done, fail) => {
    if (signal.aborted) return fail(new Error("cancelled"));
    const client = new Client();
    const settle = whenAborted(signal, () => void client.destroy());
    client.once("ready", () => (settle(), done(client)));
    // Stays attached: a connection that breaks later shows at the command that uses it.
    client.on("error", (error) => (settle(), client.destroy(), fail(error)));
    client.once("close", () => (settle(), fail(new Error("the server closed the connection"))));
    client.connect(config);
  });
}

function forward(bastion: Client, to: Endpoint): Promise<Duplex> {
  return new Promise((done, fail) => {
    bastion.forwardOut("127.0.0.1", 0, to.host, to.port, (error, stream) =>
      error ? fail(error) : done(stream),
    );
  });
}

/** Settings of one attempt; a key that cannot be read is found here, before anything is dialled. */
function sshConfig(endpoint: Endpoint): ConnectConfig {
  const { user: username, password, perDialTimeout } = endpoint;
  const methods: AnyAuthMethod[] = [];
  if (endpoint.privateKey !== undefined) {
    const key = parseKey(endpoint.privateKey, endpoint.privateKeyPassword);
    methods.push({ type: "publickey", username, key });
  }
  if (password !== undefined) {
    methods.push({ type: "password", username, password });
    const prompt = (
      _n: string,
      _i: string,
      _l: string,
      prompts: readonly unknown[],
      finish: (a: string[]) => void,
    ): void => finish(prompts.map(() => password));
    methods.push({ type: "keyboard-interactive", username, prompt });
  }
  const agent = endpoint.agentSocketPath ?? process.env["SSH_AUTH_SOCK"];
  if (agent !== undefined && agent !== "") methods.push({ type: "agent", username, agent });
  return {
    host: endpoint.host,
    port: endpoint.port,
    username,
    readyTimeout: perDialTimeout * 1000,
    // A host that vanishes during a command is noticed within a minute.
    keepaliveInterval: 15_000,
    authHandler: methods,
    ...(endpoint.hostKey === undefined ? {} : hostKeySettings(endpoint.hostKey)),
  };
}

function parseKey(privateKey: string, passphrase: string | undefined): ParsedKey {
  const parsed = utils.parseKey(privateKey, passphrase);
  if (parsed instanceof Error) throw new Error(`the private key cannot be used: ${parsed.message}`);
  const [first] = Array.isArray(parsed) ? parsed : [parsed];
  if (first === undefined || !first.isPrivateKey())
    throw new Error("the private key cannot be used: it is a public key");
  return first;
}

function hostKeySettings(hostKey: string): Pick<ConnectConfig, "hostVerifier" | "algorithms"> {
  const expected = utils.parseKey(hostKey);
  if (expected instanceof Error) throw new Error(`failed to parse host key: ${expected.message}`);
  const [first] = Array.isArray(expected) ? expected : [expected];
  if (first === undefined) throw new Error("failed to parse host key: it is empty");
  const blob = first.getPublicSSH();
  const types: Record<string, ServerHostKeyAlgorithm[]> = {
    "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
  };
  const serverHostKey = types[first.type] ?? [first.type as ServerHostKeyAlgorithm];
  return {
    algorithms: { serverHostKey },
    hostVerifier: (key: Buffer) => key.equals(blob),
  };
}
