import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Answer } from "../common/answers.js";
import {
  basicCredentials,
  requireCredentials,
  sameCredentials,
  type EndpointCredentials,
} from "../common/credentials.js";
import { NsxRefusal } from "./answers.js";

/** Who is logged in. */
export class Sessions {
  private readonly tokens = new Map<string, string>();

  constructor(private readonly credentials: EndpointCredentials) {
    requireCredentials(credentials);
  }

  get count(): number {
    return this.tokens.size;
  }

  create(form: string): Answer {
    const fields = new URLSearchParams(form);
    const given = { user: fields.get("j_username") ?? "", password: fields.get("j_password") ?? "" };
    if (!sameCredentials(given, this.credentials)) throw wrong();
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
    const basic = basicCredentials(headers.authorization);
    if (basic !== undefined) {
      if (!sameCredentials(basic, this.credentials)) throw wrong();
      return;
    }
    const session = sessionIn(headers);
    const token = session === undefined ? undefined : this.tokens.get(session);
    if (token === undefined) throw new NsxRefusal(401, "This request requires a log-in", 401);
    if (headers["x-xsrf-token"] !== token)
      throw new NsxRefusal(403, "The XSRF token is missing or wrong", 403);
  }
}

function wrong(): NsxRefusal {
  return new NsxRefusal(403, "The credentials were incorrect or the account specified has been locked.", 403);
}

function sessionIn({ cookie }: IncomingHttpHeaders): string | undefined {
  return /(?:^|;\s*)JSESSIONID=([^;]+)/.exec(cookie ?? "")?.[1];
}
