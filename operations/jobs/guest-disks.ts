import { formatSize } from "../../components/declaration/index.js";
import { OperationError } from "../errors.js";
import type { Output } from "../output.js";
import type { Hypervisor } from "../ports/index.js";

/** Size that a disk of a guest should have, in bytes. */
export interface DeclaredDisk {
  readonly target: string;
  readonly size: number;
}

/**
 * Grows the disks of a running guest to what is declared; the guest grows the file systems itself. All disks are looked at
 * before the first is touched, and none is ever made smaller: what it holds could not be kept.
 *
 * @returns targets that grew
 */
export async function growDisks(
  hypervisor: Pick<Hypervisor, "diskSize" | "growDisk">,
  domain: string,
  disks: readonly DeclaredDisk[],
  { out, dryRun }: { readonly out: Output; readonly dryRun: boolean },
): Promise<readonly string[]> {
  const found = await Promise.all(
    disks.map(async (disk) => ({ ...disk, now: await hypervisor.diskSize(domain, disk.target) })),
  );
  const unknown = found.find(({ now }) => Number.isNaN(now));
  if (unknown !== undefined)
    throw new OperationError(
      `the size of ${unknown.target} of ${domain} is not known`,
      `see virsh domblkinfo ${domain} ${unknown.target}`,
    );
  const smaller = found.filter(({ size, now }) => size < now);
  if (smaller.length > 0)
    throw new OperationError(
      smaller
        .map(
          ({ target, size, now }) =>
            `${target} of ${domain} has ${formatSize(now)} and ${formatSize(size)} is declared`,
        )
        .join("; "),
      "a disk can only grow: declare at least what it has in cluster.sizing",
    );
  const grown = found.filter(({ size, now }) => size > now);
  for (const { target, size, now } of grown) {
    const text = `${target} of ${domain} from ${formatSize(now)} to ${formatSize(size)}`;
    if (dryRun) {
      out.info(`would grow ${text}`);
      continue;
    }
    out.step(`Growing ${text}`);
    await hypervisor.growDisk(domain, target, size);
  }
  return grown.map(({ target }) => target);
}
