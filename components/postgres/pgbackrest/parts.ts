import type { RecoveryPlan } from "../../recovery/plan.js";
import type { IniSection } from "../ini.js";
import { PORTS } from "../layout.js";
import { retentionDays } from "./retention.js";

/** Settings of one section. */
export type Values = IniSection["values"];

/** By which files one side proves itself, and whom it trusts. */
export interface TlsFiles {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** How long each side waits. A dead site must cost seconds, not half an hour; every command repeats on its own. */
export const PATIENCE: Values = { "io-timeout": 60, "protocol-timeout": 120, "db-timeout": 60 };

/** `pgbackrest server`, and whom it serves. */
export function tlsServer(files: TlsFiles, authorized: readonly string[], address: Values = {}): Values {
  return {
    ...address,
    "tls-server-port": PORTS.pgbackrest,
    "tls-server-ca-file": files.authority,
    "tls-server-cert-file": files.certificate,
    "tls-server-key-file": files.key,
    // Common name of the client's certificate = stanza that it may use.
    "tls-server-auth": authorized,
  };
}

/** How to reach the other side: `repo1-host…` or `pgN-host…`. Certificates are compared with names only. */
export function remoteSide(prefix: string, name: string, files: TlsFiles): Values {
  return {
    [`${prefix}-host`]: name,
    [`${prefix}-host-type`]: "tls",
    [`${prefix}-host-port`]: PORTS.pgbackrest,
    [`${prefix}-host-ca-file`]: files.authority,
    [`${prefix}-host-cert-file`]: files.certificate,
    [`${prefix}-host-key-file`]: files.key,
  };
}

/** A member's server, by whom it is asked over its socket. */
export function serverAt(prefix: string, data: string, socket: string): Values {
  return {
    [`${prefix}-path`]: data,
    [`${prefix}-port`]: PORTS.postgres,
    [`${prefix}-socket-path`]: socket,
    [`${prefix}-user`]: "backup",
    [`${prefix}-database`]: "postgres",
  };
}

/** WAL is pushed beside the server, which does not wait for each segment in turn. */
export function archiving(plan: RecoveryPlan, spool: string): Values {
  return {
    "archive-async": true,
    "spool-path": spool,
    "archive-timeout": 60,
    "process-max": processes(plan),
    // archive-push-queue-max stays unset: beyond it WAL would be dropped and reported as archived.
  };
}

/** How files lie in the repository, and how long. */
export function keeping({ environment: { backup } }: RecoveryPlan): Values {
  return {
    "repo1-bundle": true,
    "repo1-block": true,
    "repo1-retention-full-type": "time",
    "repo1-retention-full": backup.base === undefined ? undefined : retentionDays(backup.base),
  };
}

/** How a base backup is taken. */
export function taking(plan: RecoveryPlan, members: number): Values {
  return {
    "process-max": processes(plan),
    "start-fast": true,
    // Spares the primary; falls back to it when no standby runs.
    "backup-standby": members > 1 ? "prefer" : "n",
    "archive-timeout": 60,
  };
}

function processes(plan: RecoveryPlan): number {
  return plan.environment.backup.base?.parallelism ?? 1;
}
