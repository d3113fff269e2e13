import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const CHECKOUT = join(__dirname, "..", "..");
/** The program of somebody who knows nothing of this repository. */
export const STRANGER = join(CHECKOUT, "test", "package", "stranger");

/** The package's description, as far as the tests read it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin: Record<string, string>;
  readonly exports: Record<string, string | { types: string; default: string }>;
  readonly dependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly bundleDependencies: string[];
}

/** A tarball as `npm pack` made it. */
export interface Packed {
  readonly file: string;
  /** Bytes of the tarball. */
  readonly size: number;
  /** Bytes when unpacked. */
  readonly unpackedSize: number;
  /** Paths inside. */
  readonly paths: string[];
}

/** Packs what was built last. */
export function pack(folder: string): Packed {
  if (!existsSync(join(CHECKOUT, "dist", "index.js"))) {
    throw new Error("nothing is built: run `npm run build` first");
  }
  const report = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: CHECKOUT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [made] = Object.values(
    JSON.parse(report) as Record<string, { filename: string; size: number; unpackedSize: number }>,
  );
  if (made === undefined) {
    throw new Error("npm pack reported nothing");
  }
  const file = join(folder, made.filename);
  const listing = execFileSync("tar", ["--list", "--gzip", "--file", file], { encoding: "utf8" });
  const paths = listing
    .split("\n")
    .filter((path) => path !== "")
    .map((path) => path.replace(/^package\//, ""));
  return { file, size: made.size, unpackedSize: made.unpackedSize, paths };
}

export function manifest(root: string = CHECKOUT): Manifest {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
}

/** An empty project with the stranger's program. */
export function strangersProject(folder: string): void {
  mkdirSync(folder, { recursive: true });
  cpSync(STRANGER, folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    '{ "name": "stranger", "version": "1.0.0", "private": true }\n',
  );
}

/**
 * Installs a tarball without a registry: the package is unpacked, its bundled packages come from inside, and all that
 * npm would fetch is linked to what the checkout has installed.
 */
export function installOffline(packed: Packed, folder: string): string {
  const modules = join(folder, "node_modules");
  const target = join(modules, "pgkeep");
  mkdirSync(target, { recursive: true });
  execFileSync("tar", [
    "--extract",
    "--gzip",
    "--strip-components=1",
    "--file",
    packed.file,
    "--directory",
    target,
  ]);
  const { dependencies, peerDependencies, bundleDependencies } = manifest(target);
  const fetched = Object.keys({ ...dependencies, ...peerDependencies, "@types/node": "" });
  for (const name of fetched.filter((dependency) => !bundleDependencies.includes(dependency))) {
    const link = join(modules, name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(CHECKOUT, "node_modules", name), link);
  }
  return target;
}
