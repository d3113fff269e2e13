import { timingSafeEqual } from "node:crypto";

/** Who may log in. They come from whoever starts an endpoint; there are none by default. */
export interface EndpointCredentials {
  readonly user: string;
  readonly password: string;
}

/** @throws TypeError for credentials that everybody has */
export function requireCredentials({ user, password }: EndpointCredentials): void {
  if (user === "" || password === "") throw new TypeError("give user and password");
}

/** The credentials of a header `Authorization: Basic …`; undefined when there are none. */
export function basicCredentials(authorization: string | undefined): EndpointCredentials | undefined {
  const basic = /^Basic (\S+)$/.exec(authorization ?? "")?.[1];
  if (basic === undefined) return undefined;
  const [user = "", ...rest] = Buffer.from(basic, "base64").toString("utf8").split(":");
  return { user, password: rest.join(":") };
}

export function sameCredentials(one: EndpointCredentials, other: EndpointCredentials): boolean {
  return same(one.user, other.user) && same(one.password, other.password);
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
