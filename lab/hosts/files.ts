import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { mustRun } from "../subprocess.js";
import { hostsFile, type LabNode, NAME_SERVER, NAME_SERVER_FOR_CLIENTS, ZONE } from "./topology.js";

/** Folders of a hypervisor that hide the machine's own, with owner and mode. */
const privateFolders: readonly (readonly [name: string, owner: string, mode: string])[] = [
  ["root", "root:root", "0700"],
  ["home", "root:root", "0755"],
  ["tmp", "root:root", "1777"],
  ["var/tmp", "root:root", "1777"],
  ["var/log", "root:root", "0755"],
  ["var/log/libvirt", "root:root", "0755"],
  ["var/log/libvirt/qemu", "root:root", "0755"],
  ["var/lib/pgkeep", "root:root", "0755"],
  ["var/lib/libvirt", "root:root", "0755"],
  ["var/lib/libvirt/boot", "root:root", "0711"],
  ["var/lib/libvirt/images", "root:root", "0711"],
  ["var/lib/libvirt/sanlock", "root:root", "0700"],
  ["var/lib/libvirt/qemu", "libvirt-qemu:libvirt-qemu", "0750"],
  ["var/lib/libvirt/qemu/channel", "libvirt-qemu:libvirt-qemu", "0750"],
  ["var/lib/libvirt/qemu/channel/target", "libvirt-qemu:libvirt-qemu", "0750"],
  ["var/lib/bind", "root:bind", "0775"],
  ["var/lib/swtpm-localca", "tss:root", "0750"],
  ["var/cache/libvirt", "root:root", "0711"],
  ["var/cache/libvirt/qemu", "root:root", "0711"],
  ["var/cache/bind", "root:bind", "0775"],
];

/**
 * Makes the folder that becomes a node's private part of the file system. Its `etc` holds only what differs
 * from the machine's own /etc; the node lays it over a copy in memory.
 */
export async function makeNodeFiles(node: LabNode, dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  if (node.kind === "wan") return; // only bridges live there
  const etc = join(dir, "etc");
  replace(join(etc, "hosts"), hostsFile());
  replace(join(etc, "hostname"), `${node.name}\n`);
  const server = node.kind === "client" ? NAME_SERVER_FOR_CLIENTS : NAME_SERVER;
  replace(join(etc, "resolv.conf"), `search ${ZONE}\nnameserver ${server}\noptions timeout:1 attempts:2\n`);
  replace(join(etc, "machine-id"), `${randomUUID().replaceAll("-", "")}\n`, 0o444);
  for (const name of ["usr-local-bin", "usr-local-sbin"]) {
    for (const part of ["upper", "work"]) mkdirSync(join(dir, name, part), { recursive: true });
  }
  if (node.kind !== "hypervisor") return;
  openToKeys(etc);
  const makeAll = privateFolders.map(([name, owner, mode]) => {
    const [user = "root", group = "root"] = owner.split(":");
    return `install -d -o ${user} -g ${group} -m ${mode} ${name}`;
  });
  await mustRun("sh", ["-e"], { cwd: dir, stdin: makeAll.join("\n") + "\n" });
}

/** Writes a file in place of whatever was there, also when that was a link out of the folder. */
export function replace(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  writeFileSync(path, text, { mode });
}

/** No password for root, yet not locked: sshd lets keys in. */
function openToKeys(etc: string): void {
  const shadow = readFileSync("/etc/shadow", "utf8").replace(/^root:[^:]*:/m, "root:*:");
  replace(join(etc, "shadow"), shadow, 0o600);
}
