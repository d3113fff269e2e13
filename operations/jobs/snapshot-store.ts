import { posix } from "node:path";
import { z } from "zod";
import type { Host } from "../context.js";
import { OperationError } from "../errors.js";
import { isPartial, timeOfName } from "./copy-name.js";
import { positionSchema } from "./postgres-position.js";

export const MANIFEST = "manifest.json";

const file = z.object({
  /** Name within the copy's directory. */
  file: z.string().regex(/^[\w.+-]+$/),
  size: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** What a snapshot's copy says about itself; written last, so a copy without one is none. */
export const snapshotManifestSchema = z.object({
  format: z.literal("pgkeep/snapshot/1"),
  guest: z.string(),
  host: z.string(),
  /** The moment that the disks show, ISO 8601. */
  moment: z.string(),
  /** File systems were frozen at that moment. */
  quiesced: z.boolean(),
  /** Where PostgreSQL stood just before; absent when it did not run or there is none. */
  postgres: positionSchema.optional(),
  disks: z.array(file.extend({ target: z.string(), source: z.string(), virtualSize: z.int() })).min(1),
  /** The definition, the firmware's variables, the state of the TPM, the seed drive. */
  others: z.array(
    file.extend({ purpose: z.enum(["definition", "nvram", "tpm", "drive"]), target: z.string().optional() }),
  ),
  /** When all of it had been read back and compared, ISO 8601. */
  verified: z.string(),
});
export type SnapshotManifest = z.infer<typeof snapshotManifestSchema>;

/** A finished copy. */
export interface StoredSnapshot {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly directory: string;
  /** Its manifest can be read and every file of it is there in its size. */
  readonly good: boolean;
  /** Why it is not good. */
  readonly problem?: string | undefined;
  readonly manifest?: SnapshotManifest | undefined;
  /** It has no manifest, so it is not ours although its name looks so; it is never removed. */
  readonly foreign: boolean;
  /** A domain runs from it; it must stay. */
  readonly inUse: boolean;
  /** Bytes of all its files. */
  readonly size: number;
}

/** While a restored domain uses a copy, a file of this prefix and the domain's name lies in it. */
export const PIN = ".used-by-";

/** Copies of a guest, from old to new. Whatever has not a name of ours is none of our business and not in the list. */
export async function listSnapshots(
  { files }: Pick<Host, "files">,
  directory: string,
): Promise<StoredSnapshot[]> {
  const stored: StoredSnapshot[] = [];
  for (const { name, kind } of await files.list(directory)) {
    const time = timeOfName(name);
    if (time === undefined || kind !== "directory") continue;
    stored.push(await examine({ files }, posix.join(directory, name), name, time));
  }
  return stored.sort((a, b) => a.time - b.time);
}

async function examine(
  { files }: Pick<Host, "files">,
  directory: string,
  name: string,
  time: number,
): Promise<StoredSnapshot> {
  const entries = await files.list(directory);
  const inUse = entries.some((entry) => entry.name.startsWith(PIN));
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  const base = { name, time, directory, inUse, size, foreign: false };
  const text = await files.read(posix.join(directory, MANIFEST));
  // Ours get their name only together with a manifest.
  if (text === undefined) return { ...base, foreign: true, good: false, problem: "it has no manifest" };
  let manifest: SnapshotManifest;
  try {
    manifest = snapshotManifestSchema.parse(JSON.parse(text));
  } catch {
    return { ...base, good: false, problem: "its manifest is damaged" };
  }
  for (const wanted of [...manifest.disks, ...manifest.others]) {
    const size = entries.find((entry) => entry.name === wanted.file)?.size;
    if (size !== wanted.size)
      return {
        ...base,
        manifest,
        good: false,
        problem: `${wanted.file} ${size === undefined ? "is missing" : "has another size"}`,
      };
  }
  return { ...base, manifest, good: true };
}

/** Reads every byte of a copy and compares it with the manifest. @throws OperationError at the first difference */
export async function verifyFiles(
  { files, images }: Pick<Host, "files" | "images">,
  directory: string,
  manifest: SnapshotManifest,
  onFile: (file: string) => void = () => undefined,
): Promise<void> {
  for (const wanted of [...manifest.others, ...manifest.disks]) {
    const path = posix.join(directory, wanted.file);
    onFile(wanted.file);
    const size = await files.size(path);
    if (size !== wanted.size)
      throw new OperationError(`${path} is damaged: ${size ?? "no"} bytes instead of ${wanted.size}`);
    if ((await files.sha256(path)) !== wanted.sha256)
      throw new OperationError(`${path} is damaged: its content is not what was written`);
  }
  for (const disk of manifest.disks) {
    const path = posix.join(directory, disk.file);
    await images.check(path);
    const info = await images.info(path);
    if (info.backing !== undefined)
      throw new OperationError(`${path} is not self-contained: it rests on ${info.backing}`);
    if (info.virtualSize !== disk.virtualSize)
      throw new OperationError(`${path} shows a disk of another size`);
  }
}

/** Removes what a job that died left half made. */
export async function removePartial(
  { files }: Pick<Host, "files">,
  directory: string,
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const { name } of await files.list(directory)) {
    if (!isPartial(name)) continue;
    await files.remove(posix.join(directory, name));
    removed.push(name);
  }
  return removed;
}
