import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** The process id that a command writes to a file, once it does. */
export async function pidFrom(file: string): Promise<number> {
  for (let i = 0; i < 1200; i++) {
    const text = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
    if (text !== "") return Number(text);
    await pause(50);
  }
  throw new Error(`no process wrote ${file}`);
}

/** Waits for a process to be gone, or dead and not yet reaped by the system's first process. */
export async function assertEnded(pid: number): Promise<void> {
  const state = (): string => {
    const file = `/proc/${pid}/stat`;
    return existsSync(file) ? (readFileSync(file, "utf8").split(" ")[2] ?? "") : "gone";
  };
  for (let i = 0; i < 200 && !["gone", "Z"].includes(state()); i++) await pause(50);
  assert.match(state(), /^(gone|Z)$/);
}
