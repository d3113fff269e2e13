/**
 * Shell script that turns a new set of namespaces into a machine with a guest image: positional parameters are the image's root file
 * system, a folder for what the guest writes, a folder that is laid over the image, and `name=device` for each disk. The machine's
 * first process is the image's own systemd.
 *
 * What a namespace cannot give is taken away or stood in for, and only that: kernel settings outside the network belong to the machine
 * that the laboratory runs on, so they are read-only and `sysctl` changes nothing; modules, time and raw devices are out of reach.
 */
export const BOOT_SCRIPT = `set -eu
image=$1 own=$2 extra=$3 host=$4
shift 4
hostname "$host"
# the system disk: what was written to it is there again at the next start
if ! [ -d "$own/upper" ]; then
    mkdir "$own/new"
    cp -a "$extra/." "$own/new"
    chown -R 0:0 "$own/new"
    mv "$own/new" "$own/upper"
fi
mkdir -p "$own/work" "$own/root"
mount -t overlay overlay -o "lowerdir=$image,upperdir=$own/upper,workdir=$own/work" "$own/root"
cd "$own/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount --bind proc/sys proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,ro proc/sys
mount -t tmpfs -o mode=0755 tmpfs dev
mkdir dev/pts dev/shm dev/disk dev/disk/by-id
for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
for disk in "$@"; do
    device=\${disk#*=}
    number=\${device##*/loop}
    mknod -m 0660 "dev/loop$number" b 7 "$number"
    ln -s "../../loop$number" "dev/disk/by-id/\${disk%%=*}"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for i in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/\${i%:*}" "dev/\${i#*:}"; done
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=0755 tmpfs run
# without it systemd takes it that nobody will tell it of devices
mkdir run/udev
: >run/udev/control
ip link set lo up
mkdir old
pivot_root . old
umount -l /old
rmdir /old
exec /usr/bin/setpriv --bounding-set=-sys_module,-sys_time,-sys_rawio,-sys_boot --inh-caps=-all \\
    /usr/bin/env -i container=pgkeep-lab PATH=/usr/sbin:/usr/bin:/sbin:/bin "$MARK" "$RUN" \\
    /lib/systemd/systemd
`;

/** Units that would touch the machine under the namespaces, or find nothing to do in them. */
export const MASKED = [
  "systemd-udev-trigger.service",
  "systemd-modules-load.service",
  "systemd-remount-fs.service",
  "systemd-growfs-root.service",
  "systemd-sysctl.service",
  "systemd-timesyncd.service",
  "systemd-hostnamed.service",
] as const;

/** Stands in for VMware Tools' way to the hypervisor: what a guest tells is a file that the laboratory reads. */
export const RPC_TOOL = `#!/bin/sh
# vmware-rpctool "info-set KEY VALUE"
set -eu
set -- $1
[ "\${1-}" = info-set ] || { echo "Unknown command" >&2; exit 1; }
key=$2
shift 2
mkdir -p /run/pgkeep-lab
printf '%s\\n' "$*" >"/run/pgkeep-lab/.$key"
mv "/run/pgkeep-lab/.$key" "/run/pgkeep-lab/$key"
`;

/** Kernel settings are the machine's, which is not the guest's to change. */
export const SYSCTL = `#!/bin/sh
echo "the laboratory's guests share a kernel: $* changes nothing" >&2
`;
