import type { Job } from "./jobs.js";
import { onCalendar } from "./on-calendar.js";

/** Name of a job's unit without its suffix. */
export function unitName({ id }: Job): string {
  return `pgkeep-${id}`;
}

/** The service that runs a job once. The job itself is safe to kill and locks against a second run. */
export function serviceUnit(job: Job): string {
  return `# Written by pgkeep; changes are lost.
[Unit]
Description=pgkeep: ${job.description}
Documentation=man:systemd.timer(5)
After=libvirtd.service network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/bin/env pgkeep ${job.arguments.join(" ")}
TimeoutStartSec=12h
Nice=5
IOSchedulingClass=best-effort
IOSchedulingPriority=6
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=read-only
`;
}

/** The timer of a job. */
export function timerUnit(job: Job): string {
  return `# Written by pgkeep; changes are lost.
[Unit]
Description=pgkeep: ${job.description}, ${job.schedule} UTC

[Timer]
${onCalendar(job.schedule)
  .map((expression) => `OnCalendar=${expression}`)
  .join("\n")}
AccuracySec=1s
Persistent=${job.catchUp ? "yes" : "no"}

[Install]
WantedBy=timers.target
`;
}
