import type { PlanGuest, RecoveryPlan } from "../../recovery/plan.js";
import { endpoint, GUEST_PATHS, LAST_ROLE, PORTS } from "../layout.js";

/** Patroni's callback: `pgkeep-role-changed <action> <role> <cluster>`. */
export function renderRoleChangedScript(): string {
  return `#!/bin/sh
# Called by Patroni with action, role and cluster.
role=$2
[ "$role" != master ] || role=primary
printf '%s\\n' "$role" >${LAST_ROLE}.new && mv ${LAST_ROLE}.new ${LAST_ROLE}
logger -t pgkeep "$(hostname) is now $role ($1)"
[ "$role" != primary ] || exec ${GUEST_PATHS.redirect}
`;
}

/** Check of keepalived: ends with 0 when Patroni says that this member is the primary and holds the lease. */
export function renderIsPrimaryScript({ addresses }: PlanGuest): string {
  const rest = endpoint(addresses.replication, PORTS.patroni);
  return `#!/bin/sh
# Asks Patroni with openssl, which starts faster than an interpreter: this runs every two seconds.
printf 'GET /primary HTTP/1.0\\r\\n\\r\\n' |
    timeout 3 openssl s_client -quiet -verify_return_error -connect ${rest} \\
        -CAfile ${GUEST_PATHS.authority} -cert ${GUEST_PATHS.certificate} -key ${GUEST_PATHS.key} 2>/dev/null |
    head -n 1 | grep -q ' 200 '
`;
}

/**
 * Applies the roles SQL when the cluster has not seen this text yet. The digest is kept in the cluster itself (as a
 * setting of database postgres), so that every member knows it after a failover. Patroni runs this after initdb; its
 * argument, a connection string, is not needed.
 */
export function renderRolesScript({ environment }: RecoveryPlan): string {
  const psql = `/usr/lib/postgresql/${environment.cluster.version.major}/bin/psql -X -q -h ${GUEST_PATHS.socket} -U postgres -d postgres`;
  return `#!/bin/sh
# Runs as postgres on the primary. Prints "changed" or "current".
set -eu
umask 077
cd /
digest=$(sha256sum ${GUEST_PATHS.rolesSql} | cut -d ' ' -f 1)
unset PGOPTIONS PGPASSFILE
export PGCONNECT_TIMEOUT=10 PGAPPNAME=pgkeep-roles
if [ "$(${psql} -At -c "SELECT pg_is_in_recovery()")" != f ]; then
    echo standby
    exit 0
fi
if [ "$(${psql} -At -c "SELECT coalesce(current_setting('pgkeep.roles', true), '')")" = "$digest" ]; then
    echo current
    exit 0
fi
${psql} -v ON_ERROR_STOP=1 -f ${GUEST_PATHS.rolesSql} >/dev/null
${psql} -v ON_ERROR_STOP=1 -c "SET synchronous_commit = 'local'" -c "ALTER DATABASE postgres SET pgkeep.roles = '$digest'"
echo changed
`;
}
