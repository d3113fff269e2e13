import { formatSize } from "../../components/declaration/index.js";
import { OperationError } from "../errors.js";
import type { Files } from "../ports/index.js";

/** Bytes that must be left over on every file system that a job writes to. */
export const SPACE_MARGIN = 64 * 1024 ** 2;

/** What will be written where. */
export interface SpaceNeed {
  readonly path: string;
  /** Bytes. */
  readonly bytes: number;
}

/** Checks before anything is made that all of it will fit; needs on one file system add up. @throws OperationError */
export async function requireSpace(files: Files, what: string, needs: readonly SpaceNeed[]): Promise<void> {
  const systems = new Map<string, { mountPoint: string; free: number; needed: number }>();
  for (const { path, bytes } of needs) {
    const { free, fileSystem, mountPoint } = await files.space(path);
    const system = systems.get(fileSystem) ?? { mountPoint, free, needed: SPACE_MARGIN };
    systems.set(fileSystem, { ...system, free: Math.min(system.free, free), needed: system.needed + bytes });
  }
  for (const { mountPoint, free, needed } of systems.values()) {
    if (needed <= free) continue;
    throw new OperationError(
      `not enough space on ${files.host}: ${what} needs ${mebibytes(needed)} on ${mountPoint}, where ${mebibytes(free)} are free`,
      `free ${mebibytes(needed - free)} on ${mountPoint}, or shorten the retention; nothing was changed`,
    );
  }
}

function mebibytes(bytes: number): string {
  return formatSize(Math.ceil(bytes / 1024 ** 2) * 1024 ** 2);
}
