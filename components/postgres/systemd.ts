import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";
import type { BundleFile } from "./bundle/types.js";
import { guestVolumes } from "./cloud-init.js";
import { GUEST_PATHS, MOUNTS } from "./layout.js";
import { isRepository } from "./pgbackrest/config.js";

const SYSTEM = "/etc/systemd/system";

/** A unit file or drop-in as the bundle carries it. */
function unit(path: string, lines: readonly string[]): BundleFile {
  return {
    path: `${SYSTEM}/${path}`,
    mode: "0644",
    owner: "root:root",
    content: `# Generated from the declaration; changes here are lost.\n${lines.join("\n")}\n`,
  };
}

/** Drop-in of etcd, on every guest. */
export function etcdDropIn(plan: RecoveryPlan, guest: PlanGuest): BundleFile {
  const volumes = guestVolumes(plan, guest).map(({ mountPoint }) => mountPoint);
  const own = volumes.filter((path) => path === "/var/lib/etcd");
  return unit("etcd.service.d/pgkeep.conf", [
    "[Unit]",
    "After=nftables.service",
    "StartLimitIntervalSec=0",
    ...own.map((path) => `RequiresMountsFor=${path}`),
    "[Service]",
    `ExecStartPre=+${GUEST_PATHS.etcdStart}`,
    // Read anew for each program of the unit, so that etcd sees what was just written.
    `EnvironmentFile=-${GUEST_PATHS.etcdState}`,
    // It is ready when a majority of the voters is there, however long the other sites take.
    "TimeoutStartSec=infinity",
    "Restart=always",
    "RestartSec=2",
    "OOMScoreAdjust=-900",
    "UMask=0077",
  ]);
}

/** Drop-in of Patroni. */
export function patroniDropIn(plan: RecoveryPlan): BundleFile {
  const watchdog = plan.environment.failover.watchdog === "required";
  return unit("patroni.service.d/pgkeep.conf", [
    "[Unit]",
    "After=etcd.service nftables.service time-sync.target",
    "StartLimitIntervalSec=0",
    // Without its volumes a member must not begin an empty cluster on the system disk.
    `RequiresMountsFor=${MOUNTS.data} ${MOUNTS.wal}`,
    "[Service]",
    ...(watchdog
      ? ["ExecStartPre=+/sbin/modprobe softdog", "ExecStartPre=+/bin/chown postgres /dev/watchdog"]
      : []),
    "RuntimeDirectory=patroni",
    "RuntimeDirectoryMode=0700",
    "RuntimeDirectoryPreserve=yes",
    "Restart=always",
    "RestartSec=5",
    // A clean stop may need a checkpoint of all shared buffers.
    "TimeoutStopSec=10min",
    // The postmaster is the last to go; its backends reset themselves to normal.
    "OOMScoreAdjust=-900",
    "Environment=PG_OOM_ADJUST_FILE=/proc/self/oom_score_adj PG_OOM_ADJUST_VALUE=0",
    "UMask=0077",
    "LimitMEMLOCK=infinity",
  ]);
}

/** Drop-in of the pgBackRest server. */
export function pgbackrestDropIn(plan: RecoveryPlan, guest: PlanGuest): BundleFile {
  return unit("pgbackrest.service.d/pgkeep.conf", [
    "[Unit]",
    "After=nftables.service",
    ...(isRepository(plan, guest) ? [`RequiresMountsFor=${plan.environment.backup.repository.path}`] : []),
    "[Service]",
    "UMask=0077",
  ]);
}

/** The timer that keeps the cluster's own configuration as declared, and its service. */
export function reconcileUnits(): BundleFile[] {
  return [
    unit("pgkeep-reconcile.service", [
      "[Unit]",
      "Description=Bring the cluster's configuration to what is declared",
      "After=patroni.service",
      "[Service]",
      "Type=oneshot",
      `ExecStart=${GUEST_PATHS.reconcile}`,
      "TimeoutStartSec=15min",
    ]),
    unit("pgkeep-reconcile.timer", [
      "[Unit]",
      "Description=Bring the cluster's configuration to what is declared, regularly",
      "[Timer]",
      "OnBootSec=3min",
      "OnActiveSec=5min",
      "OnUnitInactiveSec=5min",
      "AccuracySec=10s",
      "[Install]",
      "WantedBy=timers.target",
    ]),
  ];
}

/** Directories that live in memory, and transparent huge pages off (they stall a server with many processes). */
export function tmpfiles(): BundleFile {
  return {
    path: "/etc/tmpfiles.d/pgkeep.conf",
    mode: "0644",
    owner: "root:root",
    content: [
      "# Generated from the declaration; changes here are lost.",
      "d /run/pgbackrest 0750 postgres postgres -",
      "d /run/pgkeep 0755 root root -",
      `d ${GUEST_PATHS.fencedByOperator} 0755 root root -`,
      "w /sys/kernel/mm/transparent_hugepage/enabled - - - - never",
      "",
    ].join("\n"),
  };
}
