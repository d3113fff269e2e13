/** Why a call failed, as far as it decides what to do next. */
export type Reason =
  /** The connection broke or was never there; whether the call took effect is not known. */
  | "unreachable"
  /** 429, 503, 504: NSX asks to come back. */
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
  /** NSX will not do it, however often it is asked. */
  | "refused"
  /** NSX took the intent but cannot bring it about, or does not in time. */
  | "not-realized";

/** A failure of NSX or on the way to it. Its text never holds a credential. */
export class NsxError extends Error {
  override readonly name: string = "NsxError";

  constructor(
    readonly reason: Reason,
    message: string,
    /** Seconds to wait that NSX asked for. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** NSX's code for "cannot be deleted, it is referenced by other objects". */
const IN_USE = 500030;
/** NSX's code for an object that was written without the revision that it has. */
const REVISION_MISSING = 500127;

/** What a status and NSX's own code mean. */
export function reasonOf(status: number, errorCode: number | undefined): Reason {
  if (errorCode === IN_USE) return "in-use";
  if (errorCode === REVISION_MISSING || status === 409 || status === 412) return "conflict";
  if (status === 401 || status === 403) return "credentials";
  if (status === 404) return "not-found";
  return [429, 503, 504].includes(status) ? "busy" : "refused";
}

const HIDDEN = "(hidden)";

/** Removes what must not be seen from texts that NSX or the network wrote. */
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
