import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assetArchive, fileAsset, type Value } from "./values.js";

/**
 * A path glob as a regular expression: `*` and `?` stop at `/`, `**` does not; `[a-z]`, `[!a-z]`, `{one,two}`
 * and `\` as an escape.
 */
export function globExpression(glob: string): RegExp {
  let pattern = "";
  let depth = 0;
  for (let i = 0; i < glob.length; i++) {
    const char = glob.charAt(i);
    if (char === "*") {
      const deep = glob.charAt(i + 1) === "*";
      if (deep) i++;
      pattern += deep ? ".*" : "[^/]*";
    } else if (char === "?") pattern += "[^/]";
    else if (char === "\\") pattern += escapeChar(glob.charAt(++i));
    else if (char === "[") {
      const close = glob.indexOf("]", i + 2);
      if (close < 0) throw new Error(`the glob ${glob} has a [ without ]`);
      const set = glob.slice(i + 1, close).replace(/[\\\]^]/g, "\\$&");
      pattern += set.startsWith("!") ? `[^${set.slice(1)}]` : `[${set}]`;
      i = close;
    } else if (char === "{") {
      depth++;
      pattern += "(?:";
    } else if (char === "}" && depth > 0) {
      depth--;
      pattern += ")";
    } else if (char === "," && depth > 0) pattern += "|";
    else pattern += escapeChar(char);
  }
  if (depth > 0) throw new Error(`the glob ${glob} has a { without }`);
  return new RegExp(`^${pattern}$`, "s");
}

function escapeChar(char: string): string {
  return char.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

/** Files below `directory`, by relative path with `/`, that the rules leave in; rules are applied in order. */
export function matchFiles(directory: string, rules: readonly string[]): readonly string[] {
  const compiled = rules.map((rule) => ({
    exclude: rule.startsWith("!"),
    expression: globExpression(rule.replace(/^!/, "")),
  }));
  const kept: string[] = [];
  for (const path of filesBelow(directory)) {
    let included = false;
    for (const { exclude, expression } of compiled) if (expression.test(path)) included = !exclude;
    if (included) kept.push(path);
  }
  return kept;
}

function filesBelow(directory: string, prefix = ""): string[] {
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = `${prefix}${entry.name}`;
    return entry.isDirectory() ? filesBelow(join(directory, entry.name), `${path}/`) : [path];
  });
}

/** The files as assets by their relative paths. */
export function globAssets(directory: string, rules: readonly string[]): { readonly [path: string]: Value } {
  const asset = (path: string): Value => {
    const file = join(directory, path);
    return fileAsset(file, createHash("sha256").update(readFileSync(file)).digest("hex"));
  };
  return Object.fromEntries(matchFiles(directory, rules).map((path) => [path, asset(path)]));
}

/** The files as one archive, whose hash changes with any path or content. */
export function globArchive(directory: string, rules: readonly string[]): Value {
  const assets = globAssets(directory, rules);
  return assetArchive(assets, createHash("sha256").update(JSON.stringify(assets)).digest("hex"));
}
