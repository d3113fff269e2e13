import type { Secrets } from "../../declaration/index.js";
import type { PlanGuest, RecoveryPlan } from "../../recovery/plan.js";
import { membersOf, witnessOf } from "../guests.js";
import { renderIni, type IniSection } from "../ini.js";
import { dataDirectory, GUEST_PATHS } from "../layout.js";
import {
  archiving,
  keeping,
  PATIENCE,
  remoteSide,
  serverAt,
  taking,
  tlsServer,
  type TlsFiles,
  type Values,
} from "./parts.js";

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

const FILES: TlsFiles = {
  authority: GUEST_PATHS.authority,
  certificate: GUEST_PATHS.certificate,
  key: GUEST_PATHS.key,
};

/** Settings of both sides. */
function common({ addresses }: PlanGuest, authorized: readonly string[]): Values {
  return {
    "log-level-console": "warn",
    "log-level-file": "info",
    "log-path": GUEST_PATHS.backupLogs,
    "lock-path": "/run/pgbackrest",
    "compress-type": "zst",
    ...tlsServer(FILES, authorized, { "tls-server-address": addresses.replication }),
    ...PATIENCE,
  };
}

/** /etc/hosts gives the other side's address on the replication network. */
function remote(prefix: string, { name }: PlanGuest): Values {
  return remoteSide(prefix, name, FILES);
}

function cluster(plan: RecoveryPlan, prefix: string): Values {
  return serverAt(prefix, dataDirectory(plan.environment.cluster.version.major), GUEST_PATHS.socket);
}

function memberSections(plan: RecoveryPlan, repository: PlanGuest, guest: PlanGuest): IniSection[] {
  return [
    {
      name: "global",
      values: {
        ...common(guest, [`${repository.name}=${plan.stanza}`]),
        ...remote("repo1", repository),
        ...archiving(plan, GUEST_PATHS.spool),
      },
    },
    { name: plan.stanza, values: cluster(plan, "pg1") },
  ];
}

function repositorySections(plan: RecoveryPlan, secrets: Secrets, guest: PlanGuest): IniSection[] {
  const { repository } = plan.environment.backup;
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
        ...keeping(plan),
        ...taking(plan, members.length),
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
      ) as Values,
    },
  ];
}

/** True when the guest keeps the repository. */
export function isRepository(plan: RecoveryPlan, guest: PlanGuest): boolean {
  return witnessOf(plan)?.name === guest.name && plan.repository === guest.name;
}
