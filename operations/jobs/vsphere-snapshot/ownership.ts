import { z } from "zod";
import { SNAPSHOT_PREFIX } from "../../../components/recovery/index.js";
import type { VirtualMachine, VmSnapshot } from "../../ports/index.js";
import { copyName, timeOfName } from "../copy-name.js";

/** First word of a description of ours. */
const FORMAT = "pgkeep/vm-snapshot/1";

/** Whose snapshots are meant: an environment's, of a guest, on this very VM (a clone or a VM made anew has another id). */
export interface Owner {
  readonly environment: string;
  readonly guest: string;
  /** instanceUuid of the VM. */
  readonly vm: string;
}

const markSchema = z.strictObject({
  environment: z.string(),
  guest: z.string(),
  vm: z.string(),
  /** It was to be quiesced. */
  quiesce: z.boolean(),
  /** Keys of the disks that the VM had. */
  disks: z.array(z.int()).min(1),
});

/** What a snapshot of ours says about itself. */
export type Mark = z.infer<typeof markSchema>;

export function ownerOf(
  environment: string,
  guest: string,
  { instanceUuid }: Pick<VirtualMachine, "instanceUuid">,
): Owner {
  return { environment, guest, vm: instanceUuid };
}

/** Name of a snapshot of ours. */
export function snapshotName(moment: Date): string {
  return `${SNAPSHOT_PREFIX}${copyName(moment)}`;
}

/** Description of a snapshot of ours. */
export function describeSnapshot(
  owner: Owner,
  { disks }: Pick<VirtualMachine, "disks">,
  quiesce: boolean,
): string {
  const mark: Mark = { ...owner, quiesce, disks: disks.map(({ key }) => key) };
  return `${FORMAT} ${JSON.stringify(mark)}`;
}

/**
 * What a snapshot of ours says about itself; undefined for everybody else's. A name alone makes nothing ours: another tool may use the same
 * prefix, and another environment may look after the same VM. Somebody who changes the name or the description takes it over.
 */
export function markOf({ name, description }: VmSnapshot, owner: Owner): Mark | undefined {
  if (!looksLikeOurs({ name }) || !description.startsWith(`${FORMAT} `)) return undefined;
  let stated: unknown;
  try {
    stated = JSON.parse(description.slice(FORMAT.length + 1));
  } catch {
    return undefined;
  }
  const mark = markSchema.safeParse(stated).data;
  const same = mark?.environment === owner.environment && mark.guest === owner.guest && mark.vm === owner.vm;
  return same ? mark : undefined;
}

/** A name of our form, whoever gave it. */
export function looksLikeOurs({ name }: Pick<VmSnapshot, "name">): boolean {
  return name.startsWith(SNAPSHOT_PREFIX) && timeOfName(name.slice(SNAPSHOT_PREFIX.length)) !== undefined;
}
