import { existsSync, readFileSync } from "node:fs";
import { mustRun } from "../subprocess.js";

/** Where Debian packages come from: taken from this machine's own apt configuration, so mirrors and proxies are kept. */
export interface DebianArchive {
  readonly main: string;
  readonly security?: string;
  readonly keyring: string;
  /** apt options of this machine that also hold for the guests' archive, as `Name "value";`. */
  readonly options: readonly string[];
}

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const inherited = [
  "Acquire::http::Proxy",
  "Acquire::https::Proxy",
  "Acquire::Check-Valid-Until",
  "Acquire::Check-Date",
];

/** Picks the Debian archive and its security archive out of `apt-get indextargets` lines `uri|origin|suite`. */
export function parseTargets(text: string): { main?: string; security?: string } {
  const debian = text
    .split("\n")
    .map((line) => line.split("|"))
    .filter(([uri, origin]) => uri && origin === "Debian");
  return {
    main: debian.find(([, , suite]) => !(suite ?? "").includes("-"))?.[0],
    security: debian.find(([, , suite]) => (suite ?? "").endsWith("-security"))?.[0],
  };
}

/** Picks the options worth keeping out of `apt-config dump`. */
export function parseOptions(dump: string): string[] {
  return dump
    .split("\n")
    .filter((line) => inherited.some((name) => line.toLowerCase().startsWith(`${name.toLowerCase()} "`)))
    .filter((line) => !line.endsWith(' "";'));
}

/** Reads this machine's apt configuration. */
export async function debianArchive(): Promise<DebianArchive> {
  const format = "$(REPO_URI)|$(ORIGIN)|$(RELEASE)";
  const read = (): Promise<string> =>
    mustRun("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  const found = parseTargets(await read());
  const { main, security } = found.main
    ? found
    : await mustRun("apt-get", ["update", "-q"]).then(read).then(parseTargets);
  if (!main) {
    throw new Error(
      "apt knows no Debian archive on this machine: add one to /etc/apt/sources.list.d and run apt-get update",
    );
  }
  if (!existsSync(keyring)) throw new Error(`${keyring} is missing: install debian-archive-keyring`);
  return { main, security, keyring, options: parseOptions(await mustRun("apt-config", ["dump"])) };
}

/** Lines of sources.list for a guest of that suite. */
export function sourceLines(archive: DebianArchive, suite: string): string[] {
  const lines = [`deb ${archive.main} ${suite} main`];
  if (suite === "sid") return lines;
  lines.push(`deb ${archive.main} ${suite}-updates main`);
  if (archive.security) lines.push(`deb ${archive.security} ${suite}-security main`);
  return lines;
}

/** True when the keyring names the archive keys of Debian 13, which sign both suites in use. */
export async function keyringFits(path: string = keyring): Promise<boolean> {
  const keys = await mustRun("gpg", [
    "--no-default-keyring",
    "--homedir",
    "/nonexistent",
    "--show-keys",
    path,
  ]).catch(() => readFileSync(path).toString("latin1"));
  return keys.includes("13/trixie");
}
