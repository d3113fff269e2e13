import type { z } from "zod";
import { HOST_PATHS } from "../../components/recovery/index.js";
import type { Output } from "../output.js";
import type { Files } from "../ports/index.js";

/** What a job remembers from run to run: one small file for each guest, replaced atomically. */
export interface StateFile<T> {
  /** Undefined when there is none or it cannot be used; the latter is said. */
  load(): Promise<T | undefined>;
  save(value: T): Promise<void>;
}

export function stateFile<T>(
  files: Files,
  kind: string,
  guest: string,
  schema: z.ZodType<T>,
  out: Output,
): StateFile<T> {
  const directory = `${HOST_PATHS.state}/${kind}`;
  const path = `${directory}/${guest}.json`;
  return {
    async load() {
      const text = await files.read(path);
      if (text === undefined) return undefined;
      try {
        return schema.parse(JSON.parse(text));
      } catch {
        out.warn(`${path} is damaged and counts as absent`);
        return undefined;
      }
    },
    async save(value) {
      await files.makeDirectory(directory, "0700");
      await files.write(path, `${JSON.stringify(value, undefined, 2)}\n`);
    },
  };
}
