import { type Acceleration } from "./acceleration.js";
import { type LabNode } from "./topology.js";

/** Places that a node replaces before it has looked at its sources: nothing of the lab may lie there. */
export const FORBIDDEN_PLACES = ["/srv", "/run", "/proc", "/sys", "/dev"];

/**
 * Shell script, run inside the node's own mount namespace, that lays its private folders over the machine's.
 * Paths come as positional parameters, so that no quoting can go wrong.
 */
export function mountScript(node: LabNode, acceleration: Acceleration): string {
  const network = `set -eu
# own view of the network devices; no control groups, which the guests of several hosts would share by name
umount -R -l /sys
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
`;
  if (node.kind === "wan") return network;
  const common = `${network}
umask 022
dir=$1 images=$2 checkout=$3 nodejs=$4
mount -t tmpfs -o mode=0755,size=16m tmpfs /srv
mkdir -p /srv/pgkeep/self /srv/pgkeep/images /srv/pgkeep/checkout
touch /srv/pgkeep/node
mount --bind "$dir" /srv/pgkeep/self
mount --bind "$images" /srv/pgkeep/images
mount -o remount,bind,ro /srv/pgkeep/images
mount --bind "$checkout" /srv/pgkeep/checkout
mount -o remount,bind,ro /srv/pgkeep/checkout
mount --bind "$nodejs" /srv/pgkeep/node
self=/srv/pgkeep/self
for part in bin sbin; do
    layer=$self/usr-local-$part
    mount -t overlay overlay -o "lowerdir=/usr/local/$part,upperdir=$layer/upper,workdir=$layer/work" "/usr/local/$part"
done
cat >/usr/local/bin/pgkeep <<'END'
#!/bin/sh
exec /srv/pgkeep/node /srv/pgkeep/checkout/dist/operations/cli.js "$@"
END
chmod 0755 /usr/local/bin/pgkeep
# a copy of /etc in memory; a machine that runs libvirt or SSH itself keeps its guests, secrets and host keys to itself
mkdir /srv/pgkeep/etc
mount -t tmpfs -o mode=0755,size=64m tmpfs /srv/pgkeep/etc
cp -a /etc/. /srv/pgkeep/etc
cd /srv/pgkeep/etc
rm -rf libvirt/qemu/* libvirt/storage/* libvirt/secrets/* ssh/ssh_host_* ssh/ssh_config.d/* ssh/sshd_config.d/* resolv.conf
cp -a "$self/etc/." .
cd /
mount --rbind /srv/pgkeep/etc /etc
umount -l /srv/pgkeep/etc
`;
  const ownRun = `mount -t tmpfs -o mode=0755,size=64m tmpfs /run
mkdir -p /run/lock /run/sshd /run/dbus
`;
  if (node.kind !== "hypervisor") return common + ownRun;
  const devices = ["null", "zero", "full", "random", "urandom", "tty", "net/tun", "fuse", "vhost-net"];
  if (acceleration === "kvm") devices.push("kvm");
  return `${common}
# /var/lib keeps the machine's entries and gets some of its own
mkdir /srv/pgkeep/varlib
mount -t tmpfs -o mode=0755,size=4m tmpfs /srv/pgkeep/varlib
for entry in /var/lib/* "$self"/var/lib/*; do
    name=$(basename "$entry")
    [ -d "$entry" ] || continue
    mkdir -p "/srv/pgkeep/varlib/$name"
    mount --bind "$entry" "/srv/pgkeep/varlib/$name"
done
mount --rbind /srv/pgkeep/varlib /var/lib
umount -l /srv/pgkeep/varlib
for path in var/cache/libvirt var/cache/bind var/log var/tmp home tmp root; do
    mount --bind "$self/$path" "/$path"
done
# devices: no /dev/kvm that cannot be used, nothing else of the machine
mkdir /srv/pgkeep/dev
mount -t tmpfs -o mode=0755,size=1m tmpfs /srv/pgkeep/dev
for device in ${devices.join(" ")}; do
    [ -e "/dev/$device" ] || continue
    mkdir -p "$(dirname "/srv/pgkeep/dev/$device")"
    touch "/srv/pgkeep/dev/$device"
    mount --bind "/dev/$device" "/srv/pgkeep/dev/$device"
done
mkdir /srv/pgkeep/dev/pts /srv/pgkeep/dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts /srv/pgkeep/dev/pts
mount -t tmpfs -o mode=1777 tmpfs /srv/pgkeep/dev/shm
ln -s pts/ptmx /srv/pgkeep/dev/ptmx
ln -s /proc/self/fd /srv/pgkeep/dev/fd
for i in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/\${i%:*}" "/srv/pgkeep/dev/\${i#*:}"; done
mount --rbind /srv/pgkeep/dev /dev
umount -l /srv/pgkeep/dev
${ownRun}`;
}
