import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Answer } from "../common/answers.js";
import {
  basicCredentials,
  requireCredentials,
  sameCredentials,
  type EndpointCredentials,
} from "../common/credentials.js";
import { SrmRefusal } from "./answers.js";

/** Somebody who may log in to a site. */
export interface Account extends EndpointCredentials {
  /** Privileges of SRM and vSphere Replication that the account has. @default all */
  readonly privileges?: readonly string[];
}

export interface Session {
  readonly account: Account;
  /** Logged in to the other site, too. */
  remote: boolean;
}

/** Who is logged in to one service of one site. */
export class Sessions {
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly accounts: readonly Account[]) {
    for (const account of accounts) requireCredentials(account);
  }

  get count(): number {
    return this.sessions.size;
  }

  /** `POST /session`. */
  create(headers: IncomingHttpHeaders): Answer {
    const account = this.account(headers);
    if (account === undefined) throw new SrmRefusal(401, "Invalid credentials", "AUTHENTICATION_FAILED");
    const id = randomBytes(24).toString("base64url");
    this.sessions.set(id, { account, remote: false });
    return { status: 200, body: { session_id: id } };
  }

  /** `DELETE /session`. */
  destroy(headers: IncomingHttpHeaders): Answer {
    this.require(headers);
    this.sessions.delete(String(headers["x-dr-session"]));
    return { status: 204 };
  }

  /** The account that a header of basic authentication names, if it is one of ours. */
  account({ authorization }: IncomingHttpHeaders): Account | undefined {
    const given = basicCredentials(authorization);
    return given === undefined ? undefined : this.accounts.find((one) => sameCredentials(one, given));
  }

  /** @throws SrmRefusal when the call does not come from somebody who logged in */
  require(headers: IncomingHttpHeaders): Session {
    const session = this.sessions.get(String(headers["x-dr-session"]));
    if (session === undefined) throw new SrmRefusal(401, "The session is not authenticated", "UNAUTHORIZED");
    return session;
  }

  /** Ends all sessions, as an idle half-hour or a restarted appliance does. */
  expire(): void {
    this.sessions.clear();
  }
}
