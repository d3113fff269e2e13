import { FENCE, HOST_PATHS } from "../../recovery/index.js";

/**
 * The command to which the fencing key is bound: marks a member of this hypervisor, keeps it from starting with the host
 * and powers it off. It ends with 0 only when the domain is marked and off.
 *
 * As the unprivileged account it only checks the name and asks sudo; the rest runs as root with `--root`.
 */
export function fenceCommand(domains: readonly string[]): string {
  return `#!/bin/sh
# pgkeep: fences a database guest of this hypervisor; forced command of the account ${FENCE.account}.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C LIBVIRT_DEFAULT_URI=qemu:///system
members="${domains.join(" ")}"

end() {
  echo "$2" >&2
  exit "$1"
}

if [ "\${1-}" = --root ]; then
  domain=\${2-}
else
  domain=\${SSH_ORIGINAL_COMMAND-}
  domain=\${domain#pgkeep-fence }
fi
case " $members " in
*[!a-z0-9\\ -]*) end 3 "refused: the list of members is damaged" ;;
*" $domain "*) [ -n "$domain" ] || end 3 "refused: no member named" ;;
*) end 3 "refused: not a member of this hypervisor" ;;
esac
case $domain in *[!a-z0-9-]*) end 3 "refused: not a member of this hypervisor" ;; esac
[ "\${1-}" = --root ] || exec sudo -n ${HOST_PATHS.fenceCommand} --root "$domain"
[ "$(id -u)" = 0 ] || end 3 "refused: not root"

mkdir -p /run/lock
exec 9>"/run/lock/pgkeep-fence-$domain"
flock -w 30 9 || end 1 "not fenced: another fencing of $domain does not end"

# Off, running or absent; unknown when libvirt does not answer.
state() {
  answer=$(timeout 10 virsh -q domstate "$domain" 2>&1) || true
  case $answer in
  "shut off" | crashed) echo off ;;
  *"failed to get domain"*) echo absent ;;
  running | paused | idle | "in shutdown" | pmsuspended) echo running ;;
  *) echo unknown ;;
  esac
}

# Ends the emulator itself, for a hypervisor daemon that does not answer.
end_process() {
  pid=$(cat "/run/libvirt/qemu/$domain.pid" 2>/dev/null) || return 0
  tr '\\0' '\\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -q "^guest=$domain," || return 0
  kill -KILL "$pid" 2>/dev/null || true
}

[ "$(state)" = absent ] && { echo "fenced $domain (not defined here)"; exit 0; }
# The mark comes first: nothing can start the domain again between power-off and mark.
marked=no
timeout 10 virsh -q metadata "$domain" ${FENCE.uri} --config --key ${FENCE.prefix} --set "${FENCE.mark}" >/dev/null && marked=yes
timeout 10 virsh -q autostart --disable "$domain" >/dev/null || true
timeout 20 virsh -q destroy "$domain" >/dev/null 2>&1 || true
[ "$(state)" = off ] || end_process
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  [ "$(state)" = off ] && break
  sleep 0.5
done
[ "$(state)" = off ] || end 1 "not fenced: $domain is not off"
[ $marked = yes ] || end 1 "not fenced: $domain is off but could not be marked"
echo "fenced $domain"
`;
}

/** Lets the fencing account run that one command as root, and nothing else. */
export function fenceSudoers(domains: readonly string[]): string {
  const commands = domains.map((domain) => `${HOST_PATHS.fenceCommand} --root ${domain}`);
  return `# pgkeep: the fencing account may power off the members of this hypervisor.
Defaults:${FENCE.account} !requiretty
${FENCE.account} ALL=(root) NOPASSWD: ${commands.join(", ")}
`;
}
