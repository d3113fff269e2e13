import { kubernetesOf, primaryMember } from "../../declaration/index.js";
import type { RecoveryPlan } from "../../recovery/plan.js";
import { binDirectory } from "../layout.js";
import { POD_PATHS, podDataDirectory, slotOf } from "./layout.js";
import { membersAt, mutualTls, podPeers } from "./members.js";

/** What both scripts know: who this is, who is declared primary, whom to ask. */
function common(plan: RecoveryPlan, site: string): string {
  const environment = kubernetesOf(plan.environment);
  const peers = podPeers(environment, site)
    .map(({ name, host, address = "" }) => `    ${name}) : ;; *) ask "${host}" "${address}" ;; esac`)
    .map((line) => `  case "$POD_NAME" in\n${line}`);
  return `set -eu
umask 077
PATH=${binDirectory(environment.cluster.version.major)}:/usr/local/bin:/usr/bin:/bin
primary=${primaryMember(environment).name}
tls='${mutualTls()}'

say() { echo "pgkeep: $*" >&2; }

# Goes through the other members; calls "ask" with host and address.
others() {
${peers.join("\n")}
  return 0
}

# Connection string of whichever other member accepts writes, for a user.
writer_string() {
  hosts= addresses= first=1
  ask() {
    [ $first = 1 ] || { hosts="$hosts,"; addresses="$addresses,"; }
    first=0 hosts="$hosts$1" addresses="$addresses$2"
  }
  others
  [ -n "$hosts" ] || return 1
  [ -z "$addresses" ] || addresses=" hostaddr=$addresses"
  echo "host=$hosts$addresses user=$1 target_session_attrs=read-write $tls"
}

# True when another member accepts writes.
writer() {
  string=$(writer_string rewind) || return 1
  psql -XAtq -d "$string dbname=postgres application_name=pgkeep" -c 'SELECT 1' >/dev/null 2>&1
}

# True when another member answers at all.
alive() {
  found=1
  ask() { pg_isready -q -t 3 -U rewind -d postgres -h "\${2:-$1}" && found=0 || true; }
  others
  return $found
}
`;
}

/** Options of initdb: as on virtual machines, but for WAL, which lies on the same volume so that a snapshot has both. */
const INITDB = [
  "--data-checksums",
  "--encoding=UTF8",
  "--locale=C.UTF-8",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  "--auth-local=peer",
  "--auth-host=scram-sha-256",
  "--username=postgres",
].join(" ");

/**
 * The script of the init container, before the server starts: the member's own key and passwords, its name for the others, and a data
 * directory that fits what is declared. A new primary begins empty, where nobody has data yet; a standby copies the primary; a primary
 * that is none any more becomes a standby, rewound where it went another way.
 */
export function renderPrepareScript(plan: RecoveryPlan, site: string): string {
  const data = podDataDirectory(plan.environment.cluster.version.major);
  return `#!/bin/sh
# Generated from the declaration; changes here are lost.
${common(plan, site)}
data=${data}
slot=$(printf %s "$POD_NAME" | tr - _)

# A mounted Secret belongs to root; the server and libpq want files of their own.
cat ${POD_PATHS.secrets}/authority.pem >${POD_PATHS.authority}
cat "${POD_PATHS.secrets}/$POD_NAME.pem" >${POD_PATHS.certificate}
cat "${POD_PATHS.secrets}/$POD_NAME.key" >${POD_PATHS.key}
cat ${POD_PATHS.secrets}/pgpass >${POD_PATHS.pgpass}
{
  echo "cluster_name = '$POD_NAME'"
  echo "listen_addresses = '$POD_IP'"
  echo "primary_slot_name = '$slot'"
  string=$(writer_string replicator) && echo "primary_conninfo = '$string'"
} >${POD_PATHS.memberConf} || true

mkdir -p "$(dirname "$data")"
# What was cut short.
rm -rf "$data.new"

if [ ! -e "$data/PG_VERSION" ]; then
  if [ "$POD_NAME" = "$primary" ]; then
    if alive; then
      say "the volume of $POD_NAME is empty, and another member has the data: promote that one by kubernetes.primary"
      exit 1
    fi
    say "a new cluster begins at $POD_NAME"
    initdb ${INITDB} -D "$data.new" >/dev/null
  else
    until string=$(writer_string replicator) &&
      pg_basebackup -D "$data.new" -d "$string application_name=$POD_NAME" -S "$slot" -X stream -c fast; do
      rm -rf "$data.new"
      say "waiting for a primary to copy"
      sleep 5
    done
    touch "$data.new/standby.signal"
  fi
  rm -rf "$data"
  mv "$data.new" "$data"
  sync
elif [ "$POD_NAME" = "$primary" ]; then
  if [ ! -e "$data/standby.signal" ] && writer; then
    say "another member accepts writes: two primaries would; change kubernetes.primary"
    exit 1
  fi
elif [ ! -e "$data/standby.signal" ]; then
  if writer; then
    say "$POD_NAME was primary and follows the new one"
    pg_rewind -D "$data" --source-server="$(writer_string rewind) dbname=postgres"
  fi
  touch "$data/standby.signal"
  sync
fi
`;
}

/** Seconds between two looks, and how often nobody else may accept writes before a member promotes itself. */
const LOOK = 5;
const LOOKS = 3;
/** Looks after which the roles are brought up to date even when nothing has changed: an hour. */
const ROLES_EVERY = 720;

/**
 * The script of the container beside the server. At the declared primary it promotes, once nobody else accepts writes; brings roles
 * and rights to what is declared; keeps a slot for every other member. At others it does nothing.
 */
export function renderReconcileScript(plan: RecoveryPlan, site: string): string {
  const environment = kubernetesOf(plan.environment);
  const slots = environment.cluster.members.map(({ name }) => slotOf(name)).join(" ");
  // A site without the primary has nobody to promote; the script is the same, so that nothing there differs but data.
  const here = membersAt(environment, site)
    .map(({ name }) => name)
    .join(", ");
  return `#!/bin/sh
# Generated from the declaration, for ${here}; changes here are lost.
${common(plan, site)}
trap 'exit 0' TERM INT
run() { psql -XAtq -v ON_ERROR_STOP=1 -d postgres "$@"; }
own=$(printf %s "$POD_NAME" | tr - _)
quiet=0 looks=0 applied=

while :; do
  if [ "$POD_NAME" = "$primary" ] && state=$(run -c 'SELECT pg_is_in_recovery()' 2>/dev/null); then
    if [ "$state" = t ]; then
      if writer; then quiet=0; else quiet=$((quiet + 1)); fi
      if [ $quiet -ge ${LOOKS} ]; then
        say "nobody accepts writes: $POD_NAME is promoted"
        run -c 'SELECT pg_promote()' >/dev/null || say "it was not promoted"
        quiet=0
      fi
    else
      for slot in ${slots}; do
        [ "$slot" = "$own" ] || run -c "SELECT pg_create_physical_replication_slot('$slot', true)
          WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '$slot')" >/dev/null ||
          say "slot $slot was not made"
      done
      sum=$(sha256sum <${POD_PATHS.rolesSql})
      if [ "$sum" != "$applied" ] || [ $looks -ge ${ROLES_EVERY} ]; then
        if run -f ${POD_PATHS.rolesSql} >/dev/null; then applied=$sum looks=0; else say "roles were not brought up to date"; fi
      fi
    fi
  fi
  looks=$((looks + 1))
  # In the background, so that the end of the pod is not slept through.
  sleep ${LOOK} &
  wait $! || true
done
`;
}
