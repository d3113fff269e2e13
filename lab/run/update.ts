import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Lab } from "../hosts/lab.js";
import {
  formatIdentity,
  isAlive,
  killAndWait,
  ownIdentity,
  parseIdentity,
  withEnvironment,
} from "../processes.js";
import { enginePlaces, mustPulumi, type EngineOptions } from "./engine.js";

/** Variable by which an engine and its plugins are found, in whatever node they run. */
const ENGINE_MARK = "PGKEEP_LAB_ENGINE";

/** Silence after which an engine hangs, in milliseconds: emulated guests on a busy machine boot in seven minutes. */
const SILENCE_MS = 10 * 60_000;

/** The engine said nothing any more and was ended; what it had made is unknown. */
export class HangingEngine extends Error {}

/**
 * Runs an update of the stack and notes that it runs, so that one that was cut off is known for what it is.
 *
 * The libvirt plugin may wait for ever while it reads a seed back: the RPC library under it holds its lock while it hands on
 * a stream's last packet. Such an engine is ended.
 *
 * @param silence milliseconds without a line after which it hangs. @default 10 minutes
 * @throws HangingEngine when it was ended for its silence; Error when the update fails
 */
export async function update(
  lab: Lab,
  args: readonly string[],
  options: EngineOptions = {},
  silence = SILENCE_MS,
): Promise<string> {
  const { updating } = enginePlaces(lab);
  writeFileSync(updating, formatIdentity(ownIdentity()));
  const mark = randomUUID();
  let heard = Date.now();
  let hangs = false;
  const watch = setInterval(
    () => {
      if (Date.now() - heard < silence) return;
      hangs = true;
      for (const process of withEnvironment(ENGINE_MARK, (value) => value === mark))
        killAndWait(process).catch(() => undefined);
    },
    Math.min(silence, 5000),
  );
  try {
    return await mustPulumi(lab, args, {
      ...options,
      env: { ...options.env, [ENGINE_MARK]: mark },
      onLine: (line) => {
        heard = Date.now();
        options.onLine?.(line);
      },
    });
  } catch (error) {
    if (hangs) throw new HangingEngine(`the engine said nothing for ${silence / 1000} s and was ended`);
    throw error;
  } finally {
    clearInterval(watch);
    rmSync(updating, { force: true });
  }
}

/** Whether an update was cut off by the death of the process that wanted it. */
export function wasCutOff(lab: Lab): boolean {
  const { updating } = enginePlaces(lab);
  if (!existsSync(updating)) return false;
  const owner = parseIdentity(readFileSync(updating, "utf8"));
  return owner === undefined || !isAlive(owner);
}
