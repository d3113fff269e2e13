import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { Progress } from "../../toolchain/progress.js";

/** A directory that is gone after the test. */
export class TemporaryDirectory {
  readonly path = mkdtempSync(join(tmpdir(), "pgkeep-toolchain-"));

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Writes an executable shell script and returns its path. */
  script(name: string, ...lines: string[]): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, ["#!/bin/sh", ...lines, ""].join("\n"));
    chmodSync(file, 0o755);
    return file;
  }

  /** `PATH` with directories of this one in front of the system's own programs. */
  pathWith(...names: string[]): string {
    return [...names.map((name) => join(this.path, name)), "/usr/bin", "/bin"].join(delimiter);
  }
}

/** A progress that keeps its lines. */
export function recordedProgress(everySeconds = 15): { progress: Progress; lines: string[] } {
  const lines: string[] = [];
  return { progress: new Progress((line) => lines.push(line), everySeconds), lines };
}
