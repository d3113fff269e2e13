import type { Secrets } from "../../declaration/index.js";
import type { PlanGuest, RecoveryPlan } from "../../recovery/plan.js";
import { renderEtcdEnvironment } from "../etcd.js";
import { guestAccess } from "../guest-access.js";
import { renderHosts } from "../hosts.js";
import { ACCOUNTS, GUEST_PATHS, UNITS } from "../layout.js";
import { linkFiles } from "../links.js";
import { renderNftables } from "../nftables.js";
import { isRepository, renderPgbackrestConf } from "../pgbackrest/config.js";
import { APPLY_SCRIPT } from "../scripts/apply.js";
import { ETCD_STATE_SCRIPT } from "../scripts/etcd-state.js";
import { renderSysctl } from "../sysctl.js";
import { etcdDropIn, pgbackrestDropIn, tmpfiles } from "../systemd.js";
import type { BundleCommand, BundleDirectory, BundleFile, BundleService } from "./types.js";

/** A file of root that everybody in the guest may read. */
export function plainFile(path: string, content: string, mode = "0644"): BundleFile {
  return { path, mode, owner: ACCOUNTS.root, content };
}

/** A file that only postgres may read. */
export function privateFile(path: string, content: string): BundleFile {
  return { path, mode: "0600", owner: ACCOUNTS.postgres, content };
}

/** Parts that members and witness share: names, certificates, firewall, kernel, etcd, pgBackRest, time. */
export interface CommonParts {
  readonly directories: readonly BundleDirectory[];
  readonly files: readonly BundleFile[];
  readonly commands: readonly BundleCommand[];
  /** Begin before everything else. */
  readonly services: readonly BundleService[];
  /** Units of pgBackRest; none without base backup. */
  readonly backup: readonly BundleService[];
}

/** Builds the shared parts of a guest. */
export function commonParts(plan: RecoveryPlan, secrets: Secrets, guest: PlanGuest): CommonParts {
  const certificate = secrets.certificates[guest.name];
  if (certificate === undefined) throw new TypeError("the secrets were not checked by parseSecrets");
  const backup = guest.kind === "member" ? plan.repository !== undefined : isRepository(plan, guest);
  const time = timeParts(plan);
  const access = guestAccess(plan, guest, secrets.operationsKey.public);
  const tmp = tmpfiles();
  const etcdUnit = etcdDropIn(plan, guest);
  const tlsFiles = [GUEST_PATHS.authority, GUEST_PATHS.certificate, GUEST_PATHS.key];
  return {
    directories: [
      directory(GUEST_PATHS.config, "0755", ACCOUNTS.root),
      directory(GUEST_PATHS.tls, "0755", ACCOUNTS.root),
      directory(GUEST_PATHS.state, "0755", ACCOUNTS.root),
      directory("/var/lib/etcd", "0700", ACCOUNTS.etcd),
      ...(backup
        ? [
            directory(GUEST_PATHS.backupLogs, "0750", ACCOUNTS.postgres),
            directory(GUEST_PATHS.spool, "0750", ACCOUNTS.postgres),
          ]
        : []),
    ],
    files: [
      plainFile(GUEST_PATHS.apply, APPLY_SCRIPT, "0755"),
      plainFile(GUEST_PATHS.hosts, renderHosts(plan)),
      plainFile(GUEST_PATHS.authority, secrets.authority),
      plainFile(GUEST_PATHS.certificate, certificate.certificate),
      privateFile(GUEST_PATHS.key, certificate.key),
      { path: GUEST_PATHS.etcdKey, mode: "0600", owner: ACCOUNTS.etcd, content: certificate.key },
      plainFile(GUEST_PATHS.etcd, renderEtcdEnvironment(plan, guest)),
      plainFile(GUEST_PATHS.etcdStart, ETCD_STATE_SCRIPT, "0755"),
      plainFile(GUEST_PATHS.nftables, renderNftables(plan, guest), "0640"),
      plainFile(GUEST_PATHS.sysctl, renderSysctl(plan, guest)),
      ...linkFiles(guest).map(({ path, content }) => plainFile(path, content)),
      tmp,
      etcdUnit,
      ...(backup
        ? [
            {
              path: GUEST_PATHS.pgbackrest,
              mode: "0640",
              owner: "root:postgres",
              content: renderPgbackrestConf(plan, secrets, guest),
            },
            pgbackrestDropIn(plan, guest),
          ]
        : []),
      ...time.files,
      ...access.files,
    ],
    commands: [
      { name: "tmpfiles", run: ["systemd-tmpfiles", "--create", tmp.path], watch: [tmp.path] },
      {
        name: "sysctl",
        run: ["sysctl", "--quiet", "--load", GUEST_PATHS.sysctl],
        watch: [GUEST_PATHS.sysctl],
      },
      ...access.commands,
    ],
    services: [
      {
        name: UNITS.nftables,
        onChange: "reload",
        watch: [GUEST_PATHS.nftables],
        enable: true,
        checks: [["nft", "-c", "-f", GUEST_PATHS.nftables]],
      },
      ...time.services,
      ...access.services,
      // etcd reads its certificate anew for each connection, but the authorities that it trusts at its start only.
      {
        name: UNITS.etcd,
        onChange: "restart",
        watch: [GUEST_PATHS.etcd, GUEST_PATHS.authority, etcdUnit.path],
        enable: true,
        waits: true,
      },
    ],
    backup: backup
      ? [
          {
            name: UNITS.pgbackrest,
            onChange: "reload",
            watch: [GUEST_PATHS.pgbackrest, ...tlsFiles],
            enable: true,
          },
        ]
      : [],
  };
}

/** A directory of the bundle. */
export function directory(path: string, mode: string, owner: string): BundleDirectory {
  return { path, mode, owner };
}

/** Time servers, when some are declared; otherwise the guest follows the hypervisor's clock. */
function timeParts({ environment }: RecoveryPlan): { files: BundleFile[]; services: BundleService[] } {
  const { ntp } = environment.hardening;
  if (ntp.length === 0) return { files: [], services: [] };
  const path = "/etc/systemd/timesyncd.conf.d/pgkeep.conf";
  return {
    files: [plainFile(path, `[Time]\nNTP=${ntp.join(" ")}\nFallbackNTP=\n`)],
    services: [{ name: UNITS.time, onChange: "restart", watch: [path], enable: true }],
  };
}
