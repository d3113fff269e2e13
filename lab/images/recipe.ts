import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { checkoutRoot } from "../places.js";

/** PostgreSQL major versions of which there is a guest image. */
export const IMAGE_MAJORS = [17, 18] as const;
export type ImageMajor = (typeof IMAGE_MAJORS)[number];

/** The Debian suite that carries a PostgreSQL major version with its own packages. */
export const SUITE: Readonly<Record<ImageMajor, string>> = { 17: "trixie", 18: "sid" };

const base = [
  ...["linux-image-cloud-amd64", "initramfs-tools", "lz4", "systemd", "systemd-sysv", "udev", "dbus", "kmod"],
  ...["e2fsprogs", "fdisk", "gdisk", "cloud-init", "cloud-guest-utils", "qemu-guest-agent"],
  ...["iproute2", "nftables", "iputils-ping", "procps", "keepalived", "bind9-dnsutils", "openssh-client"],
  ...["openssl", "ca-certificates", "python3", "tzdata"],
  // What a guest on VMware needs beside; nothing of it runs unless a seed starts it.
  ...["open-vm-tools", "openssh-server", "sudo"],
  // Debian lets patroni depend on the client of any store; etcd's must be asked for.
  ...["patroni", "python3-etcd", "etcd-server", "etcd-client", "pgbackrest"],
];

/** Debian packages of a guest. The contrib modules (amcheck, pg_stat_statements) are part of the server package. */
export function guestPackages(major: ImageMajor): string[] {
  return [...base, `postgresql-${major}`, `postgresql-${major}-pgaudit`];
}

/** Our own files laid over the guest, and the script that trims it. */
export function guestFiles(): { overlay: string; customize: string } {
  const dir = join(checkoutRoot(), "lab", "images");
  return { overlay: join(dir, "guest"), customize: join(dir, "customize.sh") };
}

/** Options under which the disk image is made: 4 GiB virtual, so that an overlay may be that size or larger. */
export const DISK_BYTES = 4 * 1024 ** 3;

/**
 * Name of the cache folder: it changes with the packages, our files, and each month, so that
 * security updates of the archive reach the lab without a rebuild at every start.
 */
export function imageKey(major: ImageMajor, now: Date = new Date()): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([SUITE[major], guestPackages(major), DISK_BYTES]));
  const { overlay, customize } = guestFiles();
  for (const file of [...walk(overlay), customize]) {
    hash.update(`\0${relative(overlay, file)}\0`).update(readFileSync(file));
  }
  return `pg${major}-${now.toISOString().slice(0, 7)}-${hash.digest("hex").slice(0, 12)}`;
}

function walk(dir: string): string[] {
  return readdirSync(dir)
    .sort()
    .map((name) => join(dir, name))
    .flatMap((path) => (statSync(path).isDirectory() ? walk(path) : [path]));
}
