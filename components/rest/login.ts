import type { Credentials } from "./credentials.js";
import type { Redaction } from "./errors.js";

export type Headers = Readonly<Record<string, string>>;

/** Proves on each call who we are. */
export interface Login {
  /** Headers of the next call; logs in when there is no session. */
  headers(): Promise<Headers>;
  /** Gives up a session that the server does not know any more. False when a new one would not help. */
  renew(): boolean;
  /** Ends the session, if the server still listens. */
  end(): Promise<void>;
}

/** The header of basic authentication. */
export function basicAuthorization({ user, password }: Credentials, redaction: Redaction): string {
  const value = Buffer.from(`${user}:${password}`).toString("base64");
  redaction.add(value);
  return `Basic ${value}`;
}

/** Sends user and password with every call. */
export function basicLogin(credentials: Credentials, redaction: Redaction): Login {
  const authorization = basicAuthorization(credentials, redaction);
  return {
    headers: () => Promise.resolve({ authorization }),
    renew: () => false,
    end: () => Promise.resolve(),
  };
}

/** How an API begins and ends a session. */
export interface SessionCalls {
  /** Logs in; gives the headers of all further calls. */
  create(): Promise<Headers>;
  /** Logs out. A server that does not answer ends the session by itself. */
  destroy(headers: Headers): Promise<unknown>;
}

/** Sends the credentials once, and then what the session is known by. */
export class SessionLogin implements Login {
  private session: Headers | undefined;
  private calls = 0;

  constructor(private readonly server: SessionCalls) {}

  async headers(): Promise<Headers> {
    this.session ??= await this.server.create();
    this.calls++;
    return this.session;
  }

  /** A session that failed at its first call was never accepted: another would be no better. */
  renew(): boolean {
    const worked = this.calls > 1;
    this.session = undefined;
    this.calls = 0;
    return worked;
  }

  async end(): Promise<void> {
    if (this.session === undefined) return;
    const headers = this.session;
    this.session = undefined;
    await this.server.destroy(headers).catch(() => undefined);
  }
}
