import type { Environment, Secrets } from "../../components/declaration/index.js";
import { OperationError } from "../errors.js";
import {
  createAuthority,
  NEW_AUTHORITY,
  openAuthority,
  signed,
  type Authority,
  type Issued,
} from "./authority.js";
import { certificatesIn } from "./pem.js";

/** Who signs, whom the guests trust, and which certificates stay. */
export interface Trust {
  readonly signing: Authority;
  /** PEM: the signing authority, then those whose certificates are still in use. */
  readonly trusted: string;
  readonly kept: Readonly<Record<string, Issued>>;
}

/**
 * Decides about the authority of a set.
 *
 * Guests take over a new set one after the other, and trust what they had at that time. So an authority is renewed in steps: a
 * set with the new one trusts both and keeps the certificates; the next set has certificates of the new one and still trusts
 * both; the one after that trusts the new one only.
 */
export async function trustFor(
  environment: Environment,
  previous: Partial<Secrets> | undefined,
  now: Date,
  newAuthority: boolean,
): Promise<Trust> {
  const { authority, authorityKey, certificates = {} } = previous ?? {};
  if (authority === undefined) {
    const signing = await createAuthority(environment.name, now);
    return { signing, trusted: signing.certificate, kept: {} };
  }
  const before = certificatesIn(authority);
  if (newAuthority) {
    const signing = await createAuthority(environment.name, now);
    return { signing, trusted: [signing.certificate, ...before].join(""), kept: certificates };
  }
  if (authorityKey === undefined)
    throw new OperationError("the set to renew has no authorityKey to sign certificates with", NEW_AUTHORITY);
  const signing = await openAuthority(authority, authorityKey, now);
  const inUse = before.filter(
    (one) =>
      one !== signing.certificate &&
      Object.values(certificates).some(({ certificate }) => signed(one, certificate)),
  );
  return { signing, trusted: [signing.certificate, ...inUse].join(""), kept: {} };
}
