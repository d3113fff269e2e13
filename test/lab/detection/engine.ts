import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

function sysdig(args: readonly string[]): string {
  const result = spawnSync("sysdig", args, { encoding: "utf8", timeout: 60_000 });
  if (result.error !== undefined) throw result.error;
  if (result.signal !== null) throw new Error(`sysdig was ended by ${result.signal}`);
  return result.stdout + result.stderr;
}

/**
 * Compiles a condition by the engine of Falco's libraries. It ends alike for a good and a bad one, so its text is judged: only
 * after it has compiled the condition does it say that /dev/null is no capture.
 *
 * @returns what is wrong, or undefined
 */
export function compile(condition: string): string | undefined {
  const said = sysdig(["-r", "/dev/null", condition]).trim();
  return said.startsWith("Could not initialize reader") ? undefined : said || "nothing was said";
}

/** A capture on disk, by which conditions are asked. */
export class Recording {
  readonly #folder = mkdtempSync(join(tmpdir(), "pgkeep-detection-"));
  readonly #file = join(this.#folder, "events.scap");

  constructor(bytes: Buffer) {
    writeFileSync(this.#file, bytes);
  }

  /** Numbers of the events that fit a condition. */
  matching(condition: string): number[] {
    const said = sysdig(["-r", this.#file, "-p", "event %evt.num", condition]);
    const lines = said.split("\n").filter((line) => line !== "");
    return lines.map((line) => {
      const number = /^event (\d+)$/.exec(line)?.[1];
      if (number === undefined) throw new Error(`sysdig says: ${line}`);
      return Number(number);
    });
  }

  /** What a rule would print about its events; throws for fields that do not exist. */
  printed(condition: string, output: string): string[] {
    const said = sysdig(["-r", this.#file, "-p", `*${output}`, condition]);
    return said.split("\n").filter((line) => line !== "");
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
