import { posix } from "node:path";
import type { Context, Host } from "../context.js";
import type { DefinitionFacts } from "./domain-xml.js";
import type { GuestDisk } from "./preflight.js";

/** Copies every frozen disk to a self-contained image and compares the two. */
export async function copyDisks(
  { output }: Pick<Context, "output">,
  { files, images }: Pick<Host, "files" | "images">,
  disks: readonly GuestDisk[],
  directory: string,
): Promise<void> {
  const total = disks.reduce(
    (sum, { chain }) => sum + chain.reduce((all, link) => all + link.actualSize, 0),
    0,
  );
  let done = 0;
  for (const { target, path, chain } of disks) {
    const copy = posix.join(directory, `${target}.qcow2`);
    const weight = chain.reduce((sum, link) => sum + link.actualSize, 0);
    output.info(`${target}: ${path}`);
    await images.convert(path, copy, (share) => output.progress("copied", (done + weight * share) / total));
    await files.sync(copy);
    await images.compare(path, copy);
    done += weight;
  }
}

/** A file of a copy that is not a disk. */
export interface OtherFile {
  readonly file: string;
  readonly purpose: "definition" | "nvram" | "tpm" | "drive";
  readonly target?: string;
}

/** What the domain needs beside its disks. */
export async function copyOthers(
  { files, shell, hypervisor }: Pick<Host, "files" | "shell" | "hypervisor">,
  xml: string,
  { nvram, tpm, uuid, disks }: DefinitionFacts,
  directory: string,
): Promise<readonly OtherFile[]> {
  const others: OtherFile[] = [{ file: "domain.xml", purpose: "definition" }];
  await files.write(posix.join(directory, "domain.xml"), xml);
  if (nvram !== undefined && (await files.exists(nvram))) {
    await files.copy(nvram, posix.join(directory, "nvram.fd"));
    others.push({ file: "nvram.fd", purpose: "nvram" });
  }
  const tpmState = `/var/lib/libvirt/swtpm/${uuid}`;
  if (tpm && (await files.exists(tpmState))) {
    const argv = ["tar", "-C", tpmState, "-cf", posix.join(directory, "tpm.tar"), "."];
    // Keys are in it.
    await shell.run(["sh", "-c", 'umask 077; exec "$@"', "sh", ...argv]);
    others.push({ file: "tpm.tar", purpose: "tpm" });
  }
  const name = /<name>([^<]+)<\/name>/.exec(xml)?.[1] ?? "";
  for (const { target, source, device } of await hypervisor.blockDevices(name)) {
    // The seed drive: without it a copy would take itself for a new machine.
    if (device !== "cdrom" || source === undefined || !disks.some((disk) => disk.target === target)) continue;
    await files.copy(source, posix.join(directory, `${target}.iso`));
    others.push({ file: `${target}.iso`, purpose: "drive", target });
  }
  return others;
}
