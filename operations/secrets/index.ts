import { randomBytes } from "node:crypto";
import {
  archiveClient,
  certificateNames,
  machines,
  parseSecrets,
  passwordRoles,
  type Environment,
  type GuestAddresses,
  type Secrets,
} from "../../components/declaration/index.js";
import { podSubject } from "../../components/postgres/index.js";
import type { Subject } from "./authority.js";
import { createSshKey } from "./ssh-key.js";
import { trustFor } from "./trust.js";

/**
 * Makes the whole set of secrets of an environment.
 *
 * With a previous set, certificates are made anew and everything else that still belongs to the environment is kept, the
 * authority too, so that a member can be added or certificates be renewed while guests with old and new ones talk to each
 * other. The object store's key comes from there alone. With `newAuthority` the authority is renewed instead: see `trustFor`.
 */
export async function createSecrets(
  environment: Environment,
  previous?: Partial<Secrets>,
  now = new Date(),
  newAuthority = false,
): Promise<Secrets> {
  const { signing, trusted, kept } = await trustFor(environment, previous, now, newAuthority);
  const certificates: Secrets["certificates"] = {};
  for (const guest of certificateNames(environment))
    certificates[guest] = kept[guest] ?? (await signing.issue(subjectOf(environment, guest)));
  const passwords: Secrets["passwords"] = {};
  for (const role of passwordRoles(environment)) passwords[role] = previous?.passwords?.[role] ?? password();
  const comment = (purpose: string): string => `pgkeep ${purpose} ${environment.name}`;
  const { failover } = environment;
  const secrets: Secrets = {
    authority: trusted,
    authorityKey: signing.key,
    certificates,
    passwords,
    repositoryPassphrase: previous?.repositoryPassphrase ?? randomBytes(36).toString("base64url"),
    patroniPassword: previous?.patroniPassword ?? password(),
    operationsKey: previous?.operationsKey ?? createSshKey(comment("operations")),
    // Nobody here can make it: the store's owner gives it out.
    ...(previous?.objectStore === undefined ? {} : { objectStore: previous.objectStore }),
    ...(failover.redirect.kind === "dns"
      ? { tsig: previous?.tsig ?? randomBytes(32).toString("base64") }
      : {}),
    ...(environment.kubernetes?.velero === undefined
      ? {}
      : { veleroPassword: previous?.veleroPassword ?? password() }),
    ...(failover.fencing ? { fencingKey: previous?.fencingKey ?? createSshKey(comment("fencing")) } : {}),
  };
  // What we give out must be what we take.
  return parseSecrets(secrets, environment);
}

/** Names and addresses under which a guest is reached. */
function subjectOf(environment: Environment, guest: string): Subject {
  if (environment.platform === "kubernetes") {
    // A client alone: nobody connects to it.
    if (guest === archiveClient(environment)) return { commonName: guest, dnsNames: [guest], addresses: [] };
    const { dnsNames, addresses } = podSubject(environment, guest);
    return { commonName: guest, dnsNames: [...dnsNames], addresses: [...addresses] };
  }
  const { cluster } = environment;
  const { redirect } = environment.failover;
  const own = machines(environment).addresses.find((entry): entry is GuestAddresses => entry.guest === guest);
  const record = redirect.kind === "dns" ? [`${redirect.record ?? cluster.name}.${redirect.zone}`] : [];
  const shared = redirect.kind === "vip" ? [redirect.address] : [];
  return {
    commonName: guest,
    dnsNames: [guest, ...record, "localhost"],
    addresses: [
      ...(own === undefined ? [] : [own.management, own.client, own.replication]),
      ...shared,
      "127.0.0.1",
      "::1",
    ],
  };
}

/** 192 random bits in 32 letters that need no quoting anywhere. */
function password(): string {
  return randomBytes(24).toString("base64url");
}
