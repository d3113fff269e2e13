import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { labsHeldBy } from "../hosts/namespaces.js";
import { stopLab } from "../hosts/lab.js";
import { cacheDir } from "../places.js";
import {
  formatIdentity,
  isAlive,
  killAndWait,
  ownIdentity,
  parseIdentity,
  type ProcessIdentity,
  RUN_MARK,
  withEnvironment,
} from "../processes.js";
import type { Progress } from "../progress.js";

/** Variable for the environment of everything that this run of tests starts. */
export function ownMark(): Readonly<Record<string, string>> {
  return { [RUN_MARK]: formatIdentity(ownIdentity()) };
}

const FOLDER = "lab-test-";

/** Folder for the shared environment of this run; another run beside it has its own. */
export function ownFolder(): string {
  return join(cacheDir(), `${FOLDER}${formatIdentity(ownIdentity())}`);
}

/** Ends what this run of tests, and runs that were killed, have left: first whole labs with their folders, then processes. */
export async function endLeftovers(progress: Progress): Promise<void> {
  const own = formatIdentity(ownIdentity());
  const isOver = (value: string): boolean => {
    const run = parseIdentity(value);
    return value === own || (run !== undefined && !isAlive(run));
  };
  const left = (): ProcessIdentity[] => withEnvironment(RUN_MARK, isOver);
  // After a restart of the machine a folder may be all that is left.
  const folders = (existsSync(cacheDir()) ? readdirSync(cacheDir()) : [])
    .filter((name) => name.startsWith(FOLDER) && isOver(name.slice(FOLDER.length)))
    .map((name) => join(cacheDir(), name));
  for (const dir of new Set([...folders, ...labsHeldBy(left())])) await stopLab({ dir }, progress);
  const processes = left();
  if (processes.length > 0) progress(`ending ${processes.length} processes that tests left behind`);
  await Promise.all(processes.map((process) => killAndWait(process, 60_000)));
}
