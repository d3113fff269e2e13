import { posix } from "node:path";
import type { Context, Host } from "../context.js";
import { RefusedError } from "../errors.js";
import type { BlockDevice, Hypervisor } from "../ports/index.js";
import { timeOfName } from "./copy-name.js";

/** What stands between a disk's name and the moment in the name of an overlay of ours. */
const OVERLAY_MARK = ".pgkeep-";

/** The overlay of a disk for a snapshot of a moment; beside the disk, so that it has the same room and rights. */
export function overlayPath(disk: string, name: string): string {
  return `${disk}${OVERLAY_MARK}${name}`;
}

/** The disk under an overlay of ours; undefined when the path is not one. */
export function diskUnderOverlay(path: string): string | undefined {
  const at = path.lastIndexOf(OVERLAY_MARK);
  return at > 0 && timeOfName(path.slice(at + OVERLAY_MARK.length)) !== undefined
    ? path.slice(0, at)
    : undefined;
}

/** Seconds within which an overlay is merged; it grows with what was written meanwhile. */
export const MERGE_TIMEOUT = 3600;

/** What was found and put right. */
export type Healed = readonly string[];

/**
 * Puts right what a job that died may have left on a domain: frozen file systems, an open backup job, overlays in use, overlay files.
 * Touches only what bears our names. Safe to repeat, and to be killed itself.
 *
 * @param ownDirectories directories into which our backup jobs write
 * @throws RefusedError when somebody else's backup job or overlay is in the way
 */
export async function healDomain(
  { output }: Pick<Context, "output">,
  { hypervisor, files }: Pick<Host, "hypervisor" | "files">,
  domain: string,
  ownDirectories: readonly string[],
): Promise<Healed> {
  const healed: string[] = [];
  const note = (text: string): void => {
    healed.push(text);
    output.info(`put right: ${text}`);
  };
  // A paused guest can be put right as well, and may have been paused by what is put right.
  if (!["running", "paused"].includes(await hypervisor.state(domain))) return healed;

  const targets = await hypervisor.backupTargets(domain);
  if (targets.length > 0) {
    const foreign = targets.filter((path) => !ownDirectories.some((own) => path.startsWith(`${own}/`)));
    if (foreign.length > 0)
      throw new RefusedError(
        `another program's backup of ${domain} is running (it writes ${foreign.join(", ")})`,
        `wait for its end, or end it with \`virsh domjobabort ${domain}\``,
      );
    await hypervisor.abortJob(domain);
    note(`an unfinished backup job of ${domain} was ended`);
  }
  // Thawing what is not frozen does nothing; without an agent nothing can have been frozen by us.
  if (await thawQuietly(hypervisor, domain)) note(`the file systems of ${domain} were thawed`);

  for (const device of (await hypervisor.blockDevices(domain)).filter(isDisk)) {
    await hypervisor.endBlockJob(domain, device.target);
    const source = await sourceOf(hypervisor, domain, device.target);
    if (source === undefined || diskUnderOverlay(source) === undefined) continue;
    await hypervisor.mergeOverlay(domain, device.target, MERGE_TIMEOUT);
    note(`${device.target} of ${domain} was merged back`);
  }
  for (const path of await removeOverlayFiles(hypervisor, files, domain)) note(`${path} was removed`);
  return healed;
}

/**
 * Lets a guest go on that QEMU stopped when a write failed. To be called when there is room again: QEMU repeats the write, and stops the
 * guest again should it still fail.
 */
export async function resumeStopped(
  hypervisor: Pick<Hypervisor, "stoppedByError" | "resume">,
  domain: string,
): Promise<boolean> {
  if (!(await hypervisor.stoppedByError(domain))) return false;
  await hypervisor.resume(domain);
  return true;
}

/** Removes overlay files of ours that no disk of the domain uses. */
export async function removeOverlayFiles(
  hypervisor: Pick<Hypervisor, "blockDevices">,
  files: Host["files"],
  domain: string,
): Promise<readonly string[]> {
  const sources = (await hypervisor.blockDevices(domain))
    .filter(isDisk)
    .flatMap(({ source }) => (source === undefined ? [] : [source]));
  const removed: string[] = [];
  for (const source of sources) {
    const disk = diskUnderOverlay(source) ?? source;
    const directory = posix.dirname(disk);
    for (const { name } of await files.list(directory)) {
      const path = posix.join(directory, name);
      if (diskUnderOverlay(path) !== disk || sources.includes(path)) continue;
      await files.remove(path);
      removed.push(path);
    }
  }
  return removed;
}

/** True when something was frozen; false also when the agent does not answer. */
export async function thawQuietly(hypervisor: Pick<Hypervisor, "thaw">, domain: string): Promise<boolean> {
  try {
    return await hypervisor.thaw(domain);
  } catch {
    return false;
  }
}

export async function sourceOf(
  hypervisor: Pick<Hypervisor, "blockDevices">,
  domain: string,
  target: string,
): Promise<string | undefined> {
  return (await hypervisor.blockDevices(domain)).find((device) => device.target === target)?.source;
}

export function isDisk(device: BlockDevice): boolean {
  return device.device === "disk";
}
