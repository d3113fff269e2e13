import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import type { Environment } from "./paths.js";

/**
 * Whether a download host can be reached: one connection attempt, bounded in time, so that a closed site is
 * recognised in seconds. Where the environment names a proxy, the proxy is what has to answer.
 *
 * @returns undefined when it answers, else why not, in words.
 */
export async function unreachable(
  url: string,
  timeoutMs: number,
  env: Environment = process.env,
): Promise<string | undefined> {
  const target = new URL(url);
  const proxy = proxyFor(target, env);
  const { hostname, port, protocol } = proxy ?? target;
  const host = hostname.replace(/^\[|\]$/g, "");
  const number = port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
  const aborted = new AbortController();
  const timer = setTimeout(() => aborted.abort(), timeoutMs);
  try {
    return await Promise.race([
      attempt(host, number, aborted.signal),
      new Promise<string>((done) =>
        aborted.signal.addEventListener("abort", () =>
          done(`${host} did not answer within ${timeoutMs / 1000} s`),
        ),
      ),
    ]);
  } finally {
    clearTimeout(timer);
    aborted.abort();
  }
}

async function attempt(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  let address: string;
  try {
    ({ address } = await lookup(host));
  } catch (error) {
    return `${host} cannot be resolved (${(error as NodeJS.ErrnoException).code ?? "no address"})`;
  }
  return new Promise((done) => {
    const socket = connect({ host: address, port });
    signal.addEventListener("abort", () => socket.destroy());
    socket.once("connect", () => {
      socket.destroy();
      done(undefined);
    });
    socket.once("error", (error: NodeJS.ErrnoException) =>
      done(`${host}:${port} refuses (${error.code ?? "error"})`),
    );
  });
}

function proxyFor(target: URL, env: Environment): URL | undefined {
  const excluded = (env["NO_PROXY"] ?? env["no_proxy"] ?? "")
    .split(",")
    .map((name) => name.trim().replace(/^\*?\./, ""));
  const named = (name: string): boolean =>
    name !== "" && (name === "*" || target.hostname === name || target.hostname.endsWith(`.${name}`));
  if (excluded.some(named)) return undefined;
  const name = target.protocol === "http:" ? "http_proxy" : "https_proxy";
  const proxy = env[name.toUpperCase()] ?? env[name];
  return proxy === undefined || proxy === ""
    ? undefined
    : new URL(proxy.includes("://") ? proxy : `http://${proxy}`);
}

/** One probe for all downloads of a run: whoever asks later gets the first answer. */
export class DownloadHost {
  private answer: Promise<string | undefined> | undefined;

  constructor(
    readonly base: string,
    private readonly timeoutMs: number,
    private readonly env: Environment = process.env,
    /** False for a mirror that the site named itself. */
    readonly isOfficial = true,
  ) {}

  /** Undefined when the host answers, else why not. */
  unreachable(): Promise<string | undefined> {
    return (this.answer ??= unreachable(this.base, this.timeoutMs, this.env));
  }
}
