import { z } from "zod";
import type { Environment } from "./environment.js";
import { DeclarationError, type Problem } from "./errors.js";
import { machines } from "./machines.js";

/** Roles that pgkeep creates with a password of their own: streaming replication and pg_rewind. */
export const SYSTEM_ROLES = ["replicator", "rewind"] as const;

const text = z.string().min(1);
/** One line without blanks. */
const word = z.string().regex(/^[\x21-\x7e]+$/);
const keyPair = z.strictObject({ private: text, public: text });

/**
 * Everything secret that an environment needs, kept as one Pulumi secret (`pgkeep:secrets`); `pgkeep secrets init` makes it.
 * It never becomes part of the declaration, the recovery plan, a name or an error.
 */
export const secretsSchema = z.strictObject({
  /** PEM certificate of the environment's own authority; two of them while it is renewed. */
  authority: text,
  /** PEM key of the authority, for the renewal of certificates; it leaves this set for no guest and no hypervisor. */
  authorityKey: text.optional(),
  /**
   * PEM certificate and key of each guest: common name = guest name; alternative names = guest name, its addresses, the
   * redirect name or address and localhost. Serves PostgreSQL, etcd, Patroni's REST interface and pgBackRest. Jobs that take
   * backups of pods have one as well.
   */
  certificates: z.record(z.string(), z.strictObject({ certificate: text, key: text })),
  /** Password of every login role and of the system roles. */
  passwords: z.record(z.string(), z.string().min(24)),
  /** Passphrase of the backup repository: keep a copy outside the protected sites. */
  repositoryPassphrase: z.string().min(32),
  /** Password of the repositories that Velero moves volumes into, the same at every site: keep a copy outside the protected sites. */
  veleroPassword: z.string().min(24).optional(),
  /** Password of Patroni's REST interface. */
  patroniPassword: z.string().min(24),
  /** TSIG secret (hmac-sha256, base64) for redirect kind dns. */
  tsig: text.optional(),
  /** Key of the object store (`kubernetes.archive`), which may read, write and remove there; the store's owner gives it out. */
  objectStore: z.strictObject({ accessKey: word, secretKey: word }).optional(),
  /** SSH key with which hypervisors reach one another for replication, drills and failover. */
  operationsKey: keyPair,
  /** SSH key with which a promoted member powers the old primary off; bound to that one command on the hypervisor. */
  fencingKey: keyPair.optional(),
});

export type Secrets = z.infer<typeof secretsSchema>;

/** Names of all guests, or pods: members in order, then the witness. */
export function guestNames(environment: Environment): string[] {
  const witness = environment.platform === "kubernetes" ? undefined : machines(environment).witness;
  return [
    ...environment.cluster.members.map(({ name }) => name),
    ...(witness === undefined ? [] : [witness.name]),
  ];
}

/** Name in the certificate of jobs that take backups of pods. */
export function archiveClient({ cluster }: Pick<Environment, "cluster">): string {
  return `${cluster.name}-archive`;
}

/** Names of all that have a certificate of their own: guests or pods, and jobs that take backups of pods. */
export function certificateNames(environment: Environment): string[] {
  const jobs = environment.kubernetes?.archive === undefined ? [] : [archiveClient(environment)];
  return [...guestNames(environment), ...jobs];
}

/** Roles that need a password. */
export function passwordRoles({ cluster }: Environment): string[] {
  return [...SYSTEM_ROLES, ...cluster.roles.map(({ name }) => name)];
}

/**
 * Parses the secrets and checks that they fit the environment. Those of guests and roles that it does not declare (any more) are
 * left out, so that they go nowhere.
 *
 * @throws DeclarationError that names what is missing and never shows a value
 */
export function parseSecrets(input: unknown, environment: Environment): Secrets {
  const result = secretsSchema.safeParse(input);
  const remedy = "a new set from `pgkeep secrets init`";
  if (!result.success) {
    throw new DeclarationError(
      result.error.issues.map(({ path, code }) =>
        hidden(["secrets", ...path].join("."), `is unusable (${code})`, remedy),
      ),
    );
  }
  const secrets = result.data;
  const problems: Problem[] = [];
  const expect = (kind: "certificates" | "passwords", names: readonly string[]): void => {
    for (const name of Object.keys(secrets[kind]))
      if (!names.includes(name)) Reflect.deleteProperty(secrets[kind], name);
    for (const name of names) {
      if (!Object.hasOwn(secrets[kind], name))
        problems.push(hidden(`secrets.${kind}.${name}`, "is missing", remedy));
    }
  };
  expect("certificates", certificateNames(environment));
  expect("passwords", passwordRoles(environment));
  if (environment.failover.redirect.kind === "dns" && secrets.tsig === undefined)
    problems.push(hidden("secrets.tsig", "is missing although the redirect is dns", remedy));
  if (environment.failover.fencing && secrets.fencingKey === undefined)
    problems.push(hidden("secrets.fencingKey", "is missing although fencing is declared", remedy));
  if (environment.kubernetes?.velero !== undefined && secrets.veleroPassword === undefined)
    problems.push(hidden("secrets.veleroPassword", "is missing although Velero is declared", remedy));
  if (environment.kubernetes?.archive === undefined) delete secrets.objectStore;
  else if (secrets.objectStore === undefined)
    problems.push(
      hidden(
        "secrets.objectStore",
        "is missing although kubernetes.archive is declared",
        "`pgkeep secrets init --object-store FILE`, with the key that the store's owner gave out",
      ),
    );
  if (problems.length > 0) throw new DeclarationError(problems);
  return secrets;
}

function hidden(path: string, problem: string, remedy: string): Problem {
  return { path, value: "(hidden)", problem, remedy };
}
