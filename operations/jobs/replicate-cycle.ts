import { posix } from "node:path";
import type { PlanGuest } from "../../components/recovery/index.js";
import type { Context, Host } from "../context.js";
import { OperationError } from "../errors.js";
import { PARTIAL } from "./copy-name.js";
import { definitionFacts } from "./domain-xml.js";
import type { GuestDisk } from "./preflight.js";
import type { Cycle } from "./replica-store.js";
import { copyOthers } from "./snapshot-copy.js";
import { MANIFEST } from "./snapshot-store.js";

/** Prefix of our checkpoints; others are never touched. */
export const CHECKPOINT = "pgkeep-";

/** Seconds that writing one backup may take. */
const LONGEST = 6 * 3600;

/** A full copy, and why; or what changed since a cycle that the target has. */
export type Kind =
  | { readonly kind: "full"; readonly reason: string }
  | {
      readonly kind: "incremental";
      readonly parent: Cycle;
      readonly changed: Readonly<Record<string, number>>;
    };

/**
 * An increment is possible only when everything that it builds on is still there: the target's newest cycle is the one that we delivered
 * last, its checkpoint and all bitmaps exist, and the disks are the same.
 */
export async function chooseKind(
  { hypervisor, images }: Pick<Host, "hypervisor" | "images">,
  guest: PlanGuest,
  disks: readonly GuestDisk[],
  delivered: { readonly name: string; readonly checkpoint: string } | undefined,
  newest: Cycle | undefined,
): Promise<Kind> {
  const full = (reason: string): Kind => ({ kind: "full", reason });
  if (newest === undefined)
    return full(delivered === undefined ? "first copy" : "the target's copy is gone or damaged");
  if (delivered === undefined) return full("nothing is known here of an earlier copy");
  if (newest.name !== delivered.name)
    return full(`the target's newest copy is ${newest.name}, not ${delivered.name} that was sent last`);
  const targets = disks.map(({ target }) => target).join(" ");
  if (targets !== newest.disks.map(({ target }) => target).join(" "))
    return full("the disks are others than before");
  for (const { target, path } of disks) {
    const { virtualSize } = await images.info(path);
    if (newest.disks.find((disk) => disk.target === target)?.virtualSize !== virtualSize)
      return full(`${target} has another size than before`);
  }
  if (!(await hypervisor.checkpoints(guest.name)).includes(delivered.checkpoint))
    return full(`the checkpoint ${delivered.checkpoint} is lost, as after a new definition of the domain`);
  const changed = await hypervisor.changedSince(guest.name, delivered.checkpoint);
  if (changed === undefined) return full(`the record of changes since ${delivered.checkpoint} is lost`);
  const missing = disks.find(({ target }) => changed[target] === undefined);
  if (missing !== undefined) return full(`there is no record of changes for ${missing.target}`);
  return { kind: "incremental", parent: newest, changed };
}

/** Bytes that the copy takes at most. */
export function expectedSize(kind: Kind, disks: readonly GuestDisk[]): number {
  if (kind.kind === "incremental") {
    const changed = Object.values(kind.changed).reduce((sum, size) => sum + size, 0);
    // Written meanwhile, and the image's own tables.
    return Math.ceil(changed * 1.2) + 16 * 1024 ** 2;
  }
  return disks.reduce((sum, { chain }) => sum + chain.reduce((all, link) => all + link.actualSize, 0), 0);
}

/** Where a disk of a cycle is written. */
export function cycleDisk(directory: string, target: string): string {
  return posix.join(directory, `${target}.qcow2`);
}

/** Waits until QEMU has written everything. @throws OperationError when the job did not complete */
export async function waitForBackup(
  { output, clock }: Pick<Context, "output" | "clock">,
  { hypervisor, files }: Pick<Host, "hypervisor" | "files">,
  domain: string,
  paths: readonly string[],
  expected: number,
): Promise<void> {
  const deadline = clock.monotonic() + LONGEST;
  for (let pause = 0.2; ; pause = Math.min(pause * 1.5, 5)) {
    const { type } = await hypervisor.job(domain);
    if (type === "None") break;
    if (clock.monotonic() > deadline) {
      await hypervisor.abortJob(domain);
      throw new OperationError(
        `the copy of ${domain} was not written within ${LONGEST / 3600} h and was ended`,
      );
    }
    const written = await Promise.all(paths.map(async (path) => (await files.size(path)) ?? 0));
    output.progress(
      "written",
      Math.min(0.99, written.reduce((sum, size) => sum + size, 0) / Math.max(1, expected)),
    );
    await clock.sleep(pause);
  }
  const { type } = await hypervisor.completedJob(domain);
  if (type !== "Completed")
    throw new OperationError(
      `QEMU did not complete the copy of ${domain} (${type})`,
      `see /var/log/libvirt/qemu/${domain}.log; a full disk is the usual cause. The next run repeats it`,
    );
}

/** Makes a written copy whole: parents named, images checked, sizes and checksums taken, definition beside it, manifest last. */
export async function sealCycle(
  host: Host,
  made: {
    readonly guest: PlanGuest;
    readonly name: string;
    readonly moment: Date;
    readonly quiesced: boolean;
    readonly kind: Kind;
    readonly disks: readonly GuestDisk[];
    readonly xml: string;
    readonly directory: string;
  },
): Promise<Cycle> {
  const { files, images } = host;
  const partial = `${made.directory}${PARTIAL}`;
  const describe = async (file: string): Promise<{ file: string; size: number; sha256: string }> => {
    const path = posix.join(partial, file);
    await files.sync(path);
    return { file, size: (await files.size(path)) ?? 0, sha256: await files.sha256(path) };
  };
  const parent = made.kind.kind === "incremental" ? made.kind.parent.name : undefined;
  const disks = [];
  for (const { target } of made.disks) {
    const path = cycleDisk(partial, target);
    const file = posix.basename(path);
    // QEMU names the live disk as backing file; on the target it is the parent's file.
    await images.check(path);
    if (parent !== undefined) await images.rebase(path, `../${parent}/${file}`);
    const { virtualSize, backing } = await images.info(path);
    if (parent === undefined && backing !== undefined)
      throw new OperationError(`${path} should be self-contained but rests on ${backing}`);
    disks.push({ target, virtualSize, ...(await describe(file)) });
  }
  const others = [];
  for (const { file, ...rest } of await copyOthers(host, made.xml, definitionFacts(made.xml), partial))
    others.push({ ...rest, ...(await describe(file)) });
  const cycle: Cycle = {
    format: "pgkeep/replica/1",
    name: made.name,
    guest: made.guest.name,
    host: host.name,
    moment: made.moment.toISOString(),
    kind: made.kind.kind,
    ...(made.kind.kind === "full" ? { reason: made.kind.reason } : { parent: made.kind.parent.name }),
    checkpoint: `${CHECKPOINT}${made.name}`,
    quiesced: made.quiesced,
    disks,
    others,
  };
  await files.write(posix.join(partial, MANIFEST), `${JSON.stringify(cycle, undefined, 2)}\n`);
  await files.rename(partial, made.directory);
  return cycle;
}
