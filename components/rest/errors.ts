/** Why a call failed, as far as it decides what to do next. */
export type Reason =
  /** The connection broke or was never there; whether the call took effect is not known. */
  | "unreachable"
  /** 429, 503, 504: the server asks to come back. */
  | "busy"
  /** Somebody changed the object since it was read. */
  | "conflict"
  /** Something still names the object. */
  | "in-use"
  | "not-found"
  /** User, password or the account's rights. */
  | "credentials"
  /** The certificate is not trusted. */
  | "certificate"
  /** The server will not do it, however often it is asked. */
  | "refused"
  /** The server took the call but cannot bring it about, or does not in time. */
  | "not-realized";

/** A failure of an API or on the way to it. Its text never holds a credential. */
export class ApiError extends Error {
  override readonly name: string = "ApiError";

  constructor(
    readonly reason: Reason,
    message: string,
    /** Seconds to wait that the server asked for. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** What an HTTP status means where the API says nothing more exact. */
export function reasonOfStatus(status: number): Reason {
  if (status === 409 || status === 412) return "conflict";
  if (status === 401 || status === 403) return "credentials";
  if (status === 404) return "not-found";
  return isBusy(status) ? "busy" : "refused";
}

/** The server asks to come back. */
export function isBusy(status: number): boolean {
  return [429, 503, 504].includes(status);
}

const HIDDEN = "(hidden)";

/** Removes what must not be seen from texts that the server or the network wrote. */
export class Redaction {
  private readonly secrets = new Set<string>();

  add(secret: string): void {
    // One or two characters would tear every text apart and hide nothing.
    if (secret.length < 3) return;
    const form = new URLSearchParams({ secret }).toString().slice("secret=".length);
    for (const one of [secret, form, encodeURIComponent(secret), Buffer.from(secret).toString("base64")])
      this.secrets.add(one);
  }

  text(text: string): string {
    return [...this.secrets]
      .toSorted((a, b) => b.length - a.length)
      .reduce((result, secret) => result.replaceAll(secret, HIDDEN), text);
  }
}
