import { FENCE, HOST_PATHS } from "../../recovery/index.js";

/** A member that an operations host may power off. */
export interface FencedVm {
  readonly name: string;
  /** Inventory path in vCenter. */
  readonly path: string;
}

/** How the site's vCenter is reached. */
export interface FencingVcenter {
  /** Name of the server, with a port if it is not 443. */
  readonly vcenter: string;
  /** Files with user and password, for root alone; govc reads them itself. */
  readonly account: { readonly user: string; readonly password: string };
  /** PEM file of the authorities to trust. @default those of the system */
  readonly authorities?: string | undefined;
}

/** Where a fenced member is marked on the operations host of its site. */
export const FENCED_DIRECTORY = `${HOST_PATHS.state}/fenced`;

/**
 * The command to which the fencing key is bound on an operations host: marks a member of its site and powers it off through
 * vCenter. It ends with 0 only when vCenter says that the VM is off. A VM that is not found is not fenced: an account that lost its
 * rights sees none. Members hold no right in vCenter: the account stays on the operations host.
 *
 * As the unprivileged account it only checks the name and asks sudo; the rest runs as root with `--root`. vSphere HA does not start a
 * VM again that was powered off on purpose; `pgkeep failback` or a person does.
 */
export function fenceCommand(
  members: readonly FencedVm[],
  { vcenter, account, authorities = "" }: FencingVcenter,
): string {
  return `#!/bin/sh
# pgkeep: fences a database guest of this site; forced command of the account ${FENCE.account}.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C
members="${members.map(({ name }) => name).join(" ")}"

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
case $domain in "" | *[!a-z0-9-]*) end 3 "refused: not a member of this site" ;; esac
case " $members " in
*" $domain "*) ;;
*) end 3 "refused: not a member of this site" ;;
esac
[ "\${1-}" = --root ] || exec sudo -n ${HOST_PATHS.fenceCommand} --root "$domain"
[ "$(id -u)" = 0 ] || end 3 "refused: not root"
case $domain in
${members.map(({ name, path }) => `${name}) vm='${path.replaceAll("'", "'\\''")}' ;;`).join("\n")}
esac

mkdir -p /run/lock ${FENCED_DIRECTORY}
exec 9>"/run/lock/pgkeep-fence-$domain"
flock -w 30 9 || end 1 "not fenced: another fencing of $domain does not end"
export GOVC_URL=https://${vcenter}/sdk GOVC_USERNAME=${account.user} GOVC_PASSWORD=${account.password}
export GOVC_INSECURE=false GOVC_PERSIST_SESSION=false GOVC_TLS_CA_CERTS=${authorities}

# poweredOff, poweredOn or suspended; nothing when vCenter does not answer.
state() {
  timeout 10 govc object.collect -s "$vm" runtime.powerState 2>/dev/null 9>&- || true
}

# The mark comes first: whoever looks for it finds it from the moment on in which the VM may be off.
: >"${FENCED_DIRECTORY}/$domain"
[ "$(state)" = poweredOff ] && { echo "fenced $domain (was off)"; exit 0; }
timeout 20 govc vm.power -off -force "$vm" >/dev/null 2>&1 9>&- || true
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  [ "$(state)" = poweredOff ] && { echo "fenced $domain"; exit 0; }
  sleep 0.5
done
end 1 "not fenced: vCenter does not say that $domain is off"
`;
}

/** Lets the fencing account run that one command as root, and nothing else. */
export function fenceSudoers(members: readonly FencedVm[]): string {
  const commands = members.map(({ name }) => `${HOST_PATHS.fenceCommand} --root ${name}`);
  return `# pgkeep: the fencing account may power off the members of this site.
Defaults:${FENCE.account} !requiretty
${FENCE.account} ALL=(root) NOPASSWD: ${commands.join(", ")}
`;
}
