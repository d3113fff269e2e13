import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ToolchainError } from "./errors.js";

/** A defect of a Go module that no served version is free of, corrected while we build. */
const correction = z.strictObject({
  /** Import path of the module. */
  module: z.string(),
  /** Path of the file inside it. */
  file: z.string(),
  /** Text that stands there exactly once. */
  find: z.string().min(1),
  replace: z.string(),
  why: z.string().min(1),
});
export type Correction = z.infer<typeof correction>;

/** File beside a go.mod that lists the corrections of its modules. */
const FILE = "corrections.json";

/** The corrections of a build; none where its folder lists none. */
export function correctionsOf(folder: string): readonly Correction[] {
  const path = join(folder, FILE);
  return existsSync(path) ? z.array(correction).parse(JSON.parse(readFileSync(path, "utf8"))) : [];
}

/** @throws ToolchainError where the text does not stand there exactly once: the module is not the one that was corrected */
export function corrected(text: string, { module, file, find, replace }: Correction): string {
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new ToolchainError(
      `${module}: ${file} holds the text to correct ${parts.length - 1} times, not once`,
      `adapt ${FILE} to the version that go.mod names`,
    );
  return parts.join(replace);
}

/**
 * Writes corrected copies of modules, and a go.mod beside its go.sum that uses them; the module cache and the folder of the
 * build stay as they are.
 *
 * @param sources where the cache has each module, by import path
 * @param target directory that is made anew
 * @returns path of the go.mod, for `-modfile`
 */
export function writeCorrected(
  folder: string,
  corrections: readonly Correction[],
  sources: ReadonlyMap<string, string>,
  target: string,
): string {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const replaces = [...sources].map(([module, source], index) => {
    const copy = join(target, `module-${index}`);
    cpSync(source, copy, { recursive: true });
    for (const one of corrections.filter((each) => each.module === module)) {
      const path = join(copy, one.file);
      // The module cache is read-only, and so are copies of it.
      chmodSync(join(path, ".."), 0o755);
      chmodSync(path, 0o644);
      writeFileSync(path, corrected(readFileSync(path, "utf8"), one));
    }
    return `replace ${module} => ${copy}\n`;
  });
  const modfile = join(target, "go.mod");
  writeFileSync(modfile, `${readFileSync(join(folder, "go.mod"), "utf8")}\n${replaces.join("")}`);
  cpSync(join(folder, "go.sum"), join(target, "go.sum"));
  return modfile;
}
