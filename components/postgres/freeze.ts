/** Role for maintenance: may checkpoint and read statistics, owns nothing. Mapped to the account postgres. */
export const MAINTENANCE_ROLE = "maint";

/** Key in guestinfo under which a guest tells where its server stood at the checkpoint before a freeze, as JSON. */
export const CHECKPOINT_INFO = "guestinfo.pgkeep.checkpoint";

/** Where a server stands: its system identifier, timeline, WAL position (of a standby, where it replays), recovery; one JSON value. */
export const POSITION_SQL = `SELECT jsonb_build_object(
  'systemIdentifier', s.system_identifier::text, 'timeline', c.timeline_id, 'inRecovery', r.in_recovery,
  'lsn', CASE WHEN r.in_recovery THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
  'moment', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
FROM pg_control_system() s, pg_control_checkpoint() c, (SELECT pg_is_in_recovery() AS in_recovery) r`;

/**
 * Run by VMware Tools around a quiesced snapshot. A checkpoint before the freeze shortens the recovery of what is restored from it, and
 * the guest tells its position; without one the snapshot is as good, so nothing here may hold it up. pg_backup_start cannot be used: it
 * and its end must be one session.
 */
export const FREEZE_SCRIPT = `#!/bin/sh
# Generated from the declaration; changes here are lost.
[ "\${1-}" = freeze ] || exit 0
said=$(
  timeout 60 runuser -u postgres -- psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 \
    --username ${MAINTENANCE_ROLE} --dbname postgres <<'SQL'
CHECKPOINT;
${POSITION_SQL};
SQL
) || exit 0
timeout 10 vmware-rpctool "info-set ${CHECKPOINT_INFO} $said" >/dev/null || true
`;
