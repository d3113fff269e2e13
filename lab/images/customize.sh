#!/bin/sh
# Runs on the build machine after all packages are installed; $1 is the root file system of the guest.
set -eu
root=$1

# What runs in every guest, and nothing else; the declaration enables the rest.
keep="systemd-networkd.service systemd-networkd.socket cloud-init-local.service cloud-init-network.service cloud-init.service cloud-config.service cloud-final.service cloud-init-main.service"
for dir in "$root"/etc/systemd/system/*.wants; do
    for link in "$dir"/*; do
        unit=$(basename "$link")
        case " $keep " in *" $unit "*) ;; *) rm -f "$link" ;; esac
    done
    rmdir --ignore-fail-on-non-empty "$dir"
done
systemctl --root="$root" -q enable systemd-networkd.service
for unit in cloud-init-main cloud-init-local cloud-init-network cloud-init cloud-config cloud-final; do
    [ ! -e "$root/usr/lib/systemd/system/$unit.service" ] || systemctl --root="$root" -q enable "$unit.service"
done
systemctl --root="$root" -q set-default multi-user.target
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer man-db.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer logrotate.timer motd-news.timer getty@tty1.service serial-getty@ttyS0.service getty-static.service \
    systemd-hwdb-update.service systemd-journal-catalog-update.service systemd-update-done.service ldconfig.service \
    systemd-pcrphase.service systemd-pcrphase-initrd.service systemd-pcrphase-sysinit.service systemd-tpm2-setup.service \
    systemd-tpm2-setup-early.service cloud-init-hotplugd.socket dev-hugepages.mount dev-mqueue.mount \
    sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount \
    modprobe@configfs.service modprobe@drm.service modprobe@fuse.service modprobe@efi_pstore.service systemd-pstore.service \
    systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-ask-password-console.path \
    systemd-ask-password-wall.path systemd-journald-audit.socket systemd-network-generator.service \
    systemd-networkd-persistent-storage.service rpcbind.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

# Identity is made at first boot: no machine id, no host keys, no snake-oil key shared by all guests.
: >"$root/etc/machine-id"
rm -f "$root/var/lib/dbus/machine-id" "$root"/etc/ssh/ssh_host_* "$root"/etc/ssl/private/ssl-cert-snakeoil.key \
    "$root"/etc/ssl/certs/ssl-cert-snakeoil.pem
: >"$root/etc/hostname"
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts"
printf '/dev/vda / ext4 noatime,errors=remount-ro,x-systemd.growfs 0 0\n' >"$root/etc/fstab"
rm -f "$root/etc/resolv.conf"
: >"$root/etc/resolv.conf"
install -d -m 0700 -o "$(awk -F: '$1=="postgres"{print $3}' "$root/etc/passwd")" -g "$(awk -F: '$1=="postgres"{print $4}' "$root/etc/passwd")" "$root/var/lib/pgwal"

# Kernel and initial RAM disk lie beside the image (direct kernel boot).
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*.log "$root"/var/log/apt "$root"/usr/share/doc-base
