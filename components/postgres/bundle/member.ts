import type { Secrets } from "../../declaration/index.js";
import type { PlanGuest, RecoveryPlan } from "../../recovery/plan.js";
import { guestNetwork } from "../addresses.js";
import { guestVolumes } from "../cloud-init.js";
import { dcsConfig, pauseWanted } from "../dcs.js";
import { fenceConfig, renderFenceKnownHosts } from "../fence.js";
import { membersOf } from "../guests.js";
import { renderKeepalived } from "../keepalived.js";
import { ACCOUNTS, binDirectory, dataDirectory, GUEST_PATHS, LAST_ROLE, MOUNTS, UNITS } from "../layout.js";
import { renderPatroniYml } from "../patroni.js";
import { renderRedirectScript, renderTsigKey } from "../redirect.js";
import { renderRolesSql } from "../roles-sql.js";
import { FENCE_SCRIPT } from "../scripts/fence.js";
import { RECONCILE_SCRIPT } from "../scripts/reconcile.js";
import { renderIsPrimaryScript, renderRoleChangedScript, renderRolesScript } from "../scripts/small.js";
import { patroniDropIn, reconcileUnits } from "../systemd.js";
import { commonParts, directory, plainFile, privateFile } from "./common.js";
import type { BundleCommand, BundleFile, BundleService, GuestBundle } from "./types.js";

/** Bundle of a database server: etcd, pgBackRest, Patroni with PostgreSQL, and what follows the primary. */
export function memberBundle(plan: RecoveryPlan, secrets: Secrets, guest: PlanGuest): GuestBundle {
  const { major } = plan.environment.cluster.version;
  const common = commonParts(plan, secrets, guest);
  const redirect = redirectParts(plan, secrets, guest);
  const fencing = fenceFiles(plan, secrets, guest);
  const units = [patroniDropIn(plan), ...reconcileUnits()];
  const dcs = {
    config: dcsConfig(plan),
    pause: pauseWanted(plan),
    members: membersOf(plan).map(({ name }) => name),
  };
  return {
    format: "pgkeep/guest-bundle/1",
    network: guestNetwork(plan, guest),
    volumes: guestVolumes(plan, guest),
    directories: [
      ...common.directories,
      directory(GUEST_PATHS.secrets, "0700", ACCOUNTS.postgres),
      directory(LAST_ROLE.replace(/\/[^/]*$/, ""), "0755", ACCOUNTS.postgres),
      directory(MOUNTS.data, "0755", ACCOUNTS.postgres),
      directory(`${MOUNTS.data}/${major}`, "0755", ACCOUNTS.postgres),
      directory(MOUNTS.wal, "0700", ACCOUNTS.postgres),
      directory(GUEST_PATHS.logs, "0700", ACCOUNTS.postgres),
    ],
    files: [
      ...common.files,
      privateFile(GUEST_PATHS.rolesSql, renderRolesSql(plan, secrets)),
      privateFile(GUEST_PATHS.patroni, renderPatroniYml(plan, secrets, guest)),
      plainFile(GUEST_PATHS.dcs, `${JSON.stringify(dcs, null, 2)}\n`),
      script(GUEST_PATHS.roles, renderRolesScript(plan)),
      script(GUEST_PATHS.roleChanged, renderRoleChangedScript()),
      script(GUEST_PATHS.isPrimary, renderIsPrimaryScript(guest)),
      script(GUEST_PATHS.reconcile, RECONCILE_SCRIPT),
      ...redirect.files,
      ...fencing,
      ...units,
    ],
    commands: [...common.commands, reloadCertificates(plan)],
    services: [
      ...common.services,
      ...common.backup,
      {
        name: UNITS.patroni,
        onChange: "reload",
        watch: [GUEST_PATHS.patroni, GUEST_PATHS.authority, GUEST_PATHS.certificate, GUEST_PATHS.key],
        enable: true,
      },
      ...redirect.services,
      {
        name: UNITS.reconcile,
        onChange: "restart",
        watch: units.slice(1).map(({ path }) => path),
        enable: true,
      },
    ],
    disabled: redirect.services.length === 0 ? [UNITS.keepalived] : [],
    finally: [GUEST_PATHS.reconcile],
  };

  /** PostgreSQL reads a renewed certificate only when told; a server that does not run needs no telling. */
  function reloadCertificates({ environment }: RecoveryPlan): BundleCommand {
    const data = dataDirectory(environment.cluster.version.major);
    const control = `${binDirectory(environment.cluster.version.major)}/pg_ctl reload -s -D ${data}`;
    return {
      name: "certificates",
      run: ["sh", "-c", `test ! -e ${data}/postmaster.pid || runuser -u postgres -- ${control} || true`],
      watch: [GUEST_PATHS.authority, GUEST_PATHS.certificate, GUEST_PATHS.key],
    };
  }
}

function script(path: string, content: string): BundleFile {
  return plainFile(path, content, "0755");
}

interface RedirectParts {
  readonly files: readonly BundleFile[];
  readonly services: readonly BundleService[];
}

function redirectParts(plan: RecoveryPlan, secrets: Secrets, guest: PlanGuest): RedirectParts {
  const { redirect } = plan.environment.failover;
  const files = [script(GUEST_PATHS.redirect, renderRedirectScript(plan, guest))];
  const keepalived = renderKeepalived(plan, guest);
  if (redirect.kind === "dns") {
    if (secrets.tsig === undefined) throw new TypeError("the secrets were not checked by parseSecrets");
    return {
      files: [...files, privateFile(GUEST_PATHS.tsig, renderTsigKey(redirect.key, secrets.tsig))],
      services: [],
    };
  }
  return {
    files: [...files, plainFile(GUEST_PATHS.keepalived, keepalived ?? "")],
    services: [
      {
        name: UNITS.keepalived,
        onChange: "reload",
        watch: [GUEST_PATHS.keepalived],
        enable: true,
        checks: [["keepalived", "-t", "-f", GUEST_PATHS.keepalived]],
      },
    ],
  };
}

function fenceFiles(plan: RecoveryPlan, secrets: Secrets, guest: PlanGuest): BundleFile[] {
  if (!plan.environment.failover.fencing) return [];
  if (secrets.fencingKey === undefined) throw new TypeError("the secrets were not checked by parseSecrets");
  return [
    script(GUEST_PATHS.fence, FENCE_SCRIPT),
    plainFile(GUEST_PATHS.fenceConfig, `${JSON.stringify(fenceConfig(plan, guest), null, 2)}\n`),
    plainFile(GUEST_PATHS.fenceKnownHosts, renderFenceKnownHosts(plan, guest)),
    privateFile(GUEST_PATHS.fencingKey, secrets.fencingKey.private),
  ];
}
