import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { ToolchainError } from "./errors.js";
import { packageRoot } from "./paths.js";

/** Packages that the plugin loads; of `@pulumi/pulumi` only the protocol, so that it starts quickly. */
const dependencies = ["@grpc/grpc-js", "google-protobuf", "ssh2"] as const;
const sdk = "@pulumi/pulumi";

/** Where our compiled plugin lies. */
export function compiled(): string {
  return join(packageRoot(), "dist", "toolchain", "command-plugin");
}

/** Changes when our code or the version of a library changes. */
export function contentHash(): string {
  const hash = createHash("sha256");
  if (!existsSync(compiled())) return "not-built";
  for (const file of ourFiles())
    hash
      .update(`${basename(file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  for (const [place, from] of [...libraries()].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${place}@${manifest(from).version}\0`);
  hash.update(manifest(packageDirectory(sdk, packageRoot())).version);
  return hash.digest("hex").slice(0, 16);
}

/** Puts everything that the plugin needs, beside Node.js itself, into an empty directory. */
export function copyContent(directory: string): void {
  for (const file of ourFiles()) cpSync(file, join(directory, basename(file)));
  // Without the native parts, which fit one version of Node.js only; the libraries do without.
  const wanted = (source: string): boolean => !/\.(map|md|node|d\.ts)$/.test(source);
  for (const [place, from] of libraries()) {
    const nested = (source: string): boolean => relative(from, source).split("/")[0] === "node_modules";
    cpSync(from, join(directory, place), {
      recursive: true,
      filter: (source) => wanted(source) && !nested(source),
    });
  }
  const protocol = packageDirectory(sdk, packageRoot());
  const target = join(directory, "node_modules", sdk);
  mkdirSync(target, { recursive: true });
  cpSync(join(protocol, "package.json"), join(target, "package.json"));
  cpSync(join(protocol, "proto"), join(target, "proto"), { recursive: true, filter: wanted });
}

function ourFiles(): string[] {
  const files = readdirSync(compiled()).filter((name) => name.endsWith(".js"));
  return files.sort().map((name) => join(compiled(), name));
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function manifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
}

/**
 * The packages that the plugin needs, directly or not: where each goes (`node_modules/a`, or
 * `node_modules/b/node_modules/a` for a second version of it) and the directory it is taken from.
 */
function libraries(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (name: string, from: string, parent: string): void => {
    const directory = packageDirectory(name, from);
    const seen = [...ancestors(parent), ""]
      .map((place) => found.get(below(place, name)))
      .find((known) => known);
    if (seen === directory) return;
    const place = below(seen === undefined ? "" : parent, name);
    found.set(place, directory);
    for (const dependency of Object.keys(manifest(directory).dependencies ?? {}))
      visit(dependency, directory, place);
  };
  for (const name of dependencies) visit(name, packageRoot(), "");
  return found;
}

function below(place: string, name: string): string {
  return join(place, "node_modules", name);
}

/** The place itself and those around it, innermost first: where Node.js looks for a package. */
function ancestors(place: string): string[] {
  const cut = place.lastIndexOf("node_modules");
  return place === "" ? [] : [place, ...ancestors(cut <= 0 ? "" : place.slice(0, cut - 1))];
}

/** Where Node.js would find a package from a directory. */
function packageDirectory(name: string, from: string): string {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (directory === dirname(directory))
      throw new ToolchainError(`the package ${name} is not installed`, "run `npm ci`");
  }
}
