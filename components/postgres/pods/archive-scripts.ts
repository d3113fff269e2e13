import { kubernetesOf, longestInterval, primaryMember, type Backup } from "../../declaration/index.js";
import type { RecoveryPlan } from "../../recovery/plan.js";
import { pgbackrest } from "../pgbackrest/commands.js";
import { BACKUPS, GAPS } from "./archive-programs.js";

/** Longest that a job may run, in seconds: one that is older is none any more. */
export const ARCHIVE_DEADLINE = 86_400;

/** Waits for another backup's lock, each of a minute. */
const WAITS = 600;

/** Seconds after which the newest backup is too old: the longest time between two, and a tenth more, a quarter of an hour at least. */
export function freshness({ full, differential, incremental }: NonNullable<Backup["base"]>): number {
  const levels = [full, differential, incremental].filter((level) => level !== undefined);
  const gap = longestInterval(...levels.map(({ schedule }) => schedule));
  return gap + Math.max(900, Math.ceil(gap / 10));
}

/** What both scripts know. Exit codes of pgBackRest decide nothing that the repository itself can tell. */
function common(plan: RecoveryPlan, site: string): string {
  const home = primaryMember(kubernetesOf(plan.environment)).site === site;
  return `#!/bin/sh
# Generated from the declaration; changes here are lost.
set -u
umask 077
export LC_ALL=C TZ=UTC
home=${home ? "yes" : "no"}
work=$(mktemp -d /tmp/job.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM INT

say() { echo "pgkeep: $*"; }
failed() {
  say "failed: $*"
  exit 1
}

# Runs pgBackRest and shows what it says; waits while another holds the lock, which beside a member is told by a warning alone.
tool() {
  waits=0
  while :; do
    ${pgbackrest(plan)} "$@" >"$work/said" 2>&1
    code=$?
    cat "$work/said"
    [ $code = 50 ] || { [ $code = 56 ] && grep -qF '[LockAcquireError]' "$work/said"; } || return $code
    waits=$((waits + 1))
    [ $waits -le ${WAITS} ] || return $code
    say "another backup runs: waiting"
    sleep 60 &
    wait $!
  done
}

# True when no member here accepts writes, and none is declared to: backups are then taken where the primary is.
elsewhere() { [ $home = no ] && [ $1 = 56 ]; }

# Backups of the repository, a line each: label, type, error, start, stop, first and last segment, database. Fails when it is not well.
backups() {
  ${pgbackrest(plan)} --output=json --log-level-console=off info >"$work/info" 2>"$work/why"
  grep -qF '"status":{"code":0,' "$work/info" || return 1
  ! grep -q '"status":{"code":[1-9]' "$work/info" || return 1
  awk '${BACKUPS}' "$work/info" >"$work/backups" && [ -s "$work/backups" ]
}
why() { sed -n 's/.*"status":{"code":[1-9][0-9]*,[^}]*"message":"\\([^"\\\\]*\\).*/\\1/p' "$work/info" | head -n 1 | cut -c 1-200 | tr -cd ' -~'; }
`;
}

/** The script of the jobs that take backups; its argument is the type. It ends with 0 when the repository has the backup. */
export function renderBackupScript(plan: RecoveryPlan, site: string): string {
  return `${common(plan, site)}
type=$1
# The clock of the member counts in the repository.
began=$(($(date +%s) - 300))
newest=
! backups || newest=$(tail -n 1 "$work/backups" | cut -d ' ' -f 1)
tool stanza-create
code=$?
if elsewhere $code; then
  say "no member here accepts writes: the primary's site takes the backup"
  exit 0
fi
[ $code = 0 ] || failed "the stanza is not there ($code)"
tool --type="$type" backup
code=$?
if elsewhere $code; then
  say "no member here accepts writes: the primary's site takes the backup"
  exit 0
fi
backups || failed "the repository is not well: $(why)"
# What the repository has counts, not how the tool ended.
tail -n 1 "$work/backups" >"$work/last"
read -r label kind error start stop rest <"$work/last"
[ "$label" != "$newest" ] && [ "$stop" -ge $began ] || failed "the repository has no new backup ($code)"
[ "$error" = false ] || failed "backup $label has copied damaged pages: look at the log of the server"
# Without a full to start from, a full is what is taken.
[ "$kind" = "$type" ] || [ "$kind" = full ] || failed "backup $label is of type $kind, not $type"
say "backup $label is in the repository: $kind, $((stop - start)) s"
[ $code = 0 ] || failed "the backup is there, but pgBackRest ended with $code"
`;
}

/**
 * The script of the job that verifies: the archive works from the server to the store, the newest backup is young enough, every file is as
 * it was, and no WAL segment is missing. Only when the newest full backup is valid and can be recovered do those expire that are over age:
 * a valid full always stays.
 */
export function renderVerifyScript(plan: RecoveryPlan, site: string): string {
  const { base } = plan.environment.backup;
  if (base === undefined) throw new TypeError("no base backup is declared; declare backup.base");
  const zero = "    missing: 0, checksum invalid: 0, size invalid: 0, other: 0";
  return `${common(plan, site)}
problems=0
safe=yes
wrong() {
  say "wrong: $*"
  problems=$((problems + 1))
}
finish() {
  [ $problems = 0 ] || failed "$problems things are wrong"
  say "all is well"
  exit 0
}

if [ $home = yes ]; then
  # A segment of now arrives in the store.
  tool check || wrong "WAL does not arrive in the store ($?)"
fi
if ! backups; then
  wrong "the repository is not well: $(why)"
  finish
fi

# A backup that runs has a folder that the repository does not list yet; older ones were cut short.
running=no
oldest=$(date -d "@$(($(date +%s) - ${ARCHIVE_DEADLINE}))" +%Y%m%d-%H%M%S)
${pgbackrest(plan)} --log-level-console=off repo-ls backup/${plan.stanza} 2>/dev/null | grep -E '^[0-9]{8}-[0-9]{6}F' >"$work/folders"
cut -d ' ' -f 1 "$work/backups" | grep -vxFf - "$work/folders" >"$work/open"
while read -r folder; do
  began=\${folder%?}
  began=\${began#*F_}
  [ "$(printf '%s\\n%s\\n' "$began" "$oldest" | sort | head -n 1)" = "$began" ] || running=yes
done <"$work/open"

age=$(($(date +%s) - $(tail -n 1 "$work/backups" | cut -d ' ' -f 5)))
[ $age -le ${freshness(base)} ] || [ $running = yes ] || wrong "the newest backup is $age s old; ${freshness(base)} s is the most"
while read -r label kind error rest; do
  [ "$error" = false ] || wrong "backup $label has copied damaged pages"
done <"$work/backups"
full=$(awk '$2 == "full" && $3 == "false" { label = $1 } END { print label }' "$work/backups")
if [ -z "$full" ]; then
  wrong "there is no full backup"
  safe=no
fi

# Segments: each is there, from the first backup on and over every fork of a timeline. pgBackRest's verification does not look for gaps.
if ${pgbackrest(plan)} repo-ls --recurse archive/${plan.stanza} >"$work/listing" 2>"$work/why"; then
  grep -E '(^|/)[0-9A-F]{8}\\.history$' "$work/listing" >"$work/histories"
  while read -r history; do
    echo "$history $(${pgbackrest(plan)} repo-get "archive/${plan.stanza}/$history" 2>/dev/null | grep -E '^[[:space:]]*[0-9]+[[:space:]]' | tail -n 1 | tr '\\t' ' ')"
  done <"$work/histories" >"$work/forks"
  awk -v full="$full" '${GAPS}' "$work/backups" "$work/forks" "$work/listing" >"$work/gaps"
  while read -r since what; do
    wrong "$what"
    [ $since = before ] || safe=no
  done <"$work/gaps"
else
  cat "$work/why"
  wrong "the archive cannot be listed"
  safe=no
fi

if [ $home = yes ]; then
  # It ends with 0 whatever it finds: every line must say that all is well.
  ${pgbackrest(plan)} verify --output=text --verbose --log-level-console=off >"$work/verify" 2>&1
  grep -qx 'status: ok' "$work/verify" || wrong "verification gave no status: ok"
  grep -v -x -e '' -e 'stanza: .*' -e 'status: ok' -e '${zero}' \\
    -e '  archiveId: [^,]*, total WAL checked: \\([0-9]*\\), total valid WAL: \\1' \\
    -e '  backup: [^,]*, status: valid, total files checked: \\([0-9]*\\), total valid files: \\1' "$work/verify" >"$work/bad"
  while IFS= read -r line; do wrong "verification says:$(printf ' %s' $line)"; done <"$work/bad"
  ! grep -qE '^  archiveId: ' "$work/bad" || safe=no
  grep -A 1 -E "^  backup: $full, status: valid, " "$work/verify" | grep -qx '${zero}' || safe=no
  if [ $safe = no ]; then
    say "nothing expires: the newest full backup is not proven"
  elif [ $running = yes ]; then
    say "nothing expires while a backup runs"
  else
    tool expire || wrong "expiry ended with $?"
    backups && grep -q "^$full " "$work/backups" || wrong "after expiry the newest full backup is gone"
  fi
fi
say "$(wc -l <"$work/backups") backups, the newest full is \${full:-none}"
finish
`;
}
