import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Refusal, type Answer } from "./answers.js";

export interface EndpointCredentials {
  readonly user: string;
  readonly password: string;
}

/** Who is logged in. The credentials come from whoever starts the endpoint; there are none by default. */
export class Sessions {
  private readonly tokens = new Map<string, string>();

  constructor(private readonly credentials: EndpointCredentials) {
    if (credentials.user === "" || credentials.password === "") throw new TypeError("give user and password");
  }

  get count(): number {
    return this.tokens.size;
  }

  create(form: string): Answer {
    const fields = new URLSearchParams(form);
    if (!this.matches(fields.get("j_username") ?? "", fields.get("j_password") ?? "")) throw wrong();
    const [session, token] = [randomBytes(16).toString("hex").toUpperCase(), randomBytes(16).toString("hex")];
    this.tokens.set(session, token);
    return {
      status: 200,
      headers: { "set-cookie": `JSESSIONID=${session}; Path=/; Secure; HttpOnly`, "x-xsrf-token": token },
    };
  }

  destroy(headers: IncomingHttpHeaders): Answer {
    this.check(headers);
    this.tokens.delete(sessionIn(headers) ?? "");
    return { status: 200 };
  }

  /** Ends all sessions, as an idle half-hour or a restarted node does. */
  expire(): void {
    this.tokens.clear();
  }

  /** @throws Refusal when the call does not come from somebody who logged in */
  check(headers: IncomingHttpHeaders): void {
    const basic = /^Basic (\S+)$/.exec(headers.authorization ?? "")?.[1];
    if (basic !== undefined) {
      const [user = "", ...rest] = Buffer.from(basic, "base64").toString("utf8").split(":");
      if (!this.matches(user, rest.join(":"))) throw wrong();
      return;
    }
    const session = sessionIn(headers);
    const token = session === undefined ? undefined : this.tokens.get(session);
    if (token === undefined) throw new Refusal(401, "This request requires a log-in", 401);
    if (headers["x-xsrf-token"] !== token) throw new Refusal(403, "The XSRF token is missing or wrong", 403);
  }

  private matches(user: string, password: string): boolean {
    return same(user, this.credentials.user) && same(password, this.credentials.password);
  }
}

function wrong(): Refusal {
  return new Refusal(403, "The credentials were incorrect or the account specified has been locked.", 403);
}

function sessionIn({ cookie }: IncomingHttpHeaders): string | undefined {
  return /(?:^|;\s*)JSESSIONID=([^;]+)/.exec(cookie ?? "")?.[1];
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
