import { repositoryJobs, type Job } from "../recovery/jobs.js";
import type { PlanGuest, RecoveryPlan } from "../recovery/plan.js";
import { timerUnit, unitName } from "../recovery/timer-units.js";
import type { BundleFile, BundleService } from "./bundle/types.js";
import { ACCOUNTS } from "./layout.js";
import { pgbackrest } from "./pgbackrest/commands.js";
import { isRepository } from "./pgbackrest/config.js";

/** Units of a guest, and the timers among them that run. */
export interface BackupTimers {
  readonly files: readonly BundleFile[];
  readonly services: readonly BundleService[];
}

/**
 * Base backups and their verification by timers in the guest that holds the repository, on VMware; on KVM its hypervisor runs them
 * with `pgkeep`, which proves and records more. Expiry is pgBackRest's own, by the retention in its configuration.
 */
export function backupTimers(plan: RecoveryPlan, guest: PlanGuest): BackupTimers {
  if (plan.environment.platform !== "vmware" || !isRepository(plan, guest))
    return { files: [], services: [] };
  const own = repositoryJobs(plan);
  return {
    files: own.flatMap((job) => [
      unitFile(`${unitName(job)}.service`, service(plan, job)),
      unitFile(`${unitName(job)}.timer`, timerUnit(job)),
    ]),
    services: own.map((job) => ({
      name: `${unitName(job)}.timer`,
      onChange: "restart",
      watch: [path(`${unitName(job)}.timer`), path(`${unitName(job)}.service`)],
      enable: true,
    })),
  };
}

function service(plan: RecoveryPlan, job: Job): string {
  return `# Generated from the declaration; changes here are lost.
[Unit]
Description=pgkeep: ${job.description}
After=pgbackrest.service
RequiresMountsFor=${plan.environment.backup.repository.path}
StartLimitIntervalSec=2h
StartLimitBurst=3

[Service]
Type=oneshot
User=postgres
Group=postgres
UMask=0077
Nice=5
TimeoutStartSec=24h
Restart=on-failure
RestartSec=10min
${commands(plan, job)
  .map((command) => `ExecStart=${command}`)
  .join("\n")}
`;
}

function commands(plan: RecoveryPlan, { arguments: [kind, type] }: Job): string[] {
  const tool = pgbackrest(plan);
  // A backup makes its stanza when there is none; an existing one is left as it is.
  if (kind === "backup") return [`${tool} stanza-create`, `${tool} --type=${type} backup`];
  // verify ends with 0 whatever it finds: what it says is what counts.
  return [
    `/bin/sh -c 'said=$$(${tool} verify --output=text --verbose --log-level-console=off); echo "$$said"; echo "$$said" | grep -qx "status: ok"'`,
  ];
}

function path(unit: string): string {
  return `/etc/systemd/system/${unit}`;
}

function unitFile(unit: string, content: string): BundleFile {
  return { path: path(unit), mode: "0644", owner: ACCOUNTS.root, content };
}
