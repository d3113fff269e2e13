import type { Secrets } from "../../declaration/index.js";
import type { PlanGuest, RecoveryPlan } from "../../recovery/plan.js";
import { membersOf, witnessOf } from "../guests.js";
import { renderIni, type IniSection } from "../ini.js";
import { dataDirectory, GUEST_PATHS, PORTS } from "../layout.js";
import { retentionDays } from "./retention.js";

/**
 * The file pgbackrest.conf of a member or of the repository. Both sides run `pgbackrest server` and speak its own
 * protocol over TLS, each proving itself by a certificate of the environment's authority whose name must be listed.
 * Only the repository knows the passphrase on disk; a member is given it for the length of a command and encrypts
 * before anything leaves it.
 */
export function renderPgbackrestConf(plan: RecoveryPlan, secrets: Secrets, guest: PlanGuest): string {
  const base = plan.environment.backup.base;
  const repository = plan.guests.find(({ name }) => name === plan.repository);
  if (base === undefined || repository === undefined)
    throw new TypeError("no base backup is declared, so there is no pgbackrest.conf; declare backup.base");
  return renderIni(
    guest.name === repository.name
      ? repositorySections(plan, secrets, guest)
      : memberSections(plan, repository, guest),
  );
}

/** Settings of both sides. */
function common({ addresses }: PlanGuest, authorized: readonly string[]): IniSection["values"] {
  return {
    "log-level-console": "warn",
    "log-level-file": "info",
    "log-path": GUEST_PATHS.backupLogs,
    "lock-path": "/run/pgbackrest",
    "compress-type": "zst",
    "tls-server-address": addresses.replication,
    "tls-server-port": PORTS.pgbackrest,
    "tls-server-ca-file": GUEST_PATHS.authority,
    "tls-server-cert-file": GUEST_PATHS.certificate,
    "tls-server-key-file": GUEST_PATHS.key,
    // Common name of the client's certificate = stanza that it may use.
    "tls-server-auth": authorized,
    "io-timeout": 60,
    // A dead site must cost seconds, not half an hour; every command repeats on its own.
    "protocol-timeout": 120,
    "db-timeout": 60,
  };
}

/** How to reach the other side: `repo1-host…` or `pgN-host…`. */
function remote(prefix: string, { name }: PlanGuest): IniSection["values"] {
  return {
    // A name, because certificates are compared with names only; /etc/hosts gives its address on the replication network.
    [`${prefix}-host`]: name,
    [`${prefix}-host-type`]: "tls",
    [`${prefix}-host-port`]: PORTS.pgbackrest,
    [`${prefix}-host-ca-file`]: GUEST_PATHS.authority,
    [`${prefix}-host-cert-file`]: GUEST_PATHS.certificate,
    [`${prefix}-host-key-file`]: GUEST_PATHS.key,
  };
}

function cluster(plan: RecoveryPlan, prefix: string): IniSection["values"] {
  return {
    [`${prefix}-path`]: dataDirectory(plan.environment.cluster.version.major),
    [`${prefix}-port`]: PORTS.postgres,
    [`${prefix}-socket-path`]: GUEST_PATHS.socket,
    [`${prefix}-user`]: "backup",
    [`${prefix}-database`]: "postgres",
  };
}

function memberSections(plan: RecoveryPlan, repository: PlanGuest, guest: PlanGuest): IniSection[] {
  return [
    {
      name: "global",
      values: {
        ...common(guest, [`${repository.name}=${plan.stanza}`]),
        ...remote("repo1", repository),
        "archive-async": true,
        "spool-path": GUEST_PATHS.spool,
        "archive-timeout": 60,
        "process-max": processes(plan),
        // archive-push-queue-max stays unset: beyond it WAL would be dropped and reported as archived.
      },
    },
    { name: plan.stanza, values: cluster(plan, "pg1") },
  ];
}

function repositorySections(plan: RecoveryPlan, secrets: Secrets, guest: PlanGuest): IniSection[] {
  const { repository, base } = plan.environment.backup;
  const members = membersOf(plan);
  const encrypted = repository.encryption !== "none";
  return [
    {
      name: "global",
      values: {
        ...common(
          guest,
          members.map(({ name }) => `${name}=${plan.stanza}`),
        ),
        "repo1-path": repository.path,
        "repo1-cipher-type": repository.encryption,
        "repo1-cipher-pass": encrypted ? secrets.repositoryPassphrase : undefined,
        "repo1-bundle": true,
        "repo1-block": true,
        "repo1-retention-full-type": "time",
        "repo1-retention-full": base === undefined ? undefined : retentionDays(base),
        "process-max": processes(plan),
        "start-fast": true,
        // Spares the primary; falls back to it when no standby runs.
        "backup-standby": members.length > 1 ? "prefer" : "n",
        "archive-timeout": 60,
      },
    },
    {
      name: plan.stanza,
      values: Object.assign(
        {},
        ...members.map((member, index) => ({
          ...remote(`pg${index + 1}`, member),
          ...cluster(plan, `pg${index + 1}`),
        })),
      ) as IniSection["values"],
    },
  ];
}

function processes(plan: RecoveryPlan): number {
  return plan.environment.backup.base?.parallelism ?? 1;
}

/** True when the guest keeps the repository. */
export function isRepository(plan: RecoveryPlan, guest: PlanGuest): boolean {
  return witnessOf(plan)?.name === guest.name && plan.repository === guest.name;
}
