import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { mustRun } from "../../../lab/subprocess.js";
import type { GuestImage } from "../../../lab/images/build.js";

/** Parts of the guest's system that these tests never use. Every copy of the system disk is the smaller for it. */
const UNUSED = [
  ...[
    "usr/lib/x86_64-linux-gnu/libLLVM*",
    "usr/lib/x86_64-linux-gnu/libz3*",
    "usr/lib/postgresql/17/lib/bitcode",
  ],
  ...[
    "usr/lib/postgresql/17/lib/llvmjit*",
    "usr/bin/etcd*",
    "usr/lib/python3*",
    "usr/bin/pgbackrest",
    "boot",
  ],
  ...["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/i18n", "usr/share/zoneinfo/right"],
  ...["usr/share/postgresql/17/tsearch_data", "var/lib/apt", "var/cache/apt", "var/lib/dpkg/info"],
];

/** Makes a smaller system disk from the image's files; those are only linked, never written to. */
export async function makeSlimDisk({ rootfs }: GuestImage, path: string): Promise<void> {
  const tree = `${path}.tree`;
  const raw = `${path}.raw`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    await mustRun("cp", ["-al", rootfs, tree]);
    await mustRun("sh", ["-c", `cd "$1" && shift && rm -rf -- $*`, "sh", tree, ...UNUSED]);
    await mustRun("truncate", ["-s", "2G", raw]);
    await mustRun("mke2fs", ["-q", "-t", "ext4", "-d", tree, raw]);
    await mustRun("qemu-img", ["convert", "-O", "qcow2", "-o", "compat=1.1", raw, path]);
  } finally {
    for (const left of [tree, raw]) rmSync(left, { recursive: true, force: true });
  }
}

/** Where that disk lies within a node's folder, and where the node sees it. */
export const SLIM = {
  inNode: join("var", "lib", "libvirt", "slim.qcow2"),
  onHost: "/var/lib/libvirt/slim.qcow2",
} as const;
