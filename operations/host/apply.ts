import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { HostBundle, HostKeys } from "../../components/recovery/index.js";
import { EXIT, OperationError } from "../errors.js";
import { manifestOf, MANIFEST_PATH, readManifest, union, writeManifest, type Manifest } from "./manifest.js";
import { placeFile, withOurLines } from "./place.js";
import type { HostSystem } from "./system.js";

const UNITS = "/etc/systemd/system";

/** What a run did. */
export interface HostChanges {
  /** Paths and names, in the order in which they were touched. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** What an operator should know although nothing failed. */
  readonly notes: readonly string[];
}

/** Brings a hypervisor to what the bundle says. Safe to kill at any moment: the next run ends it. */
export async function applyHostBundle(system: HostSystem, bundle: HostBundle): Promise<HostChanges> {
  const before = readManifest(system);
  if (before !== undefined && before.environment !== bundle.environment)
    throw new OperationError(
      `this hypervisor belongs to environment ${before.environment}`,
      `another hypervisor, or first: pgkeep host remove --environment ${before.environment}`,
      EXIT.refused,
    );
  const wanted = manifestOf(bundle);
  const changed: string[] = [];
  for (const { path, mode } of bundle.directories) makeDirectory(system.path(path), mode);
  writeManifest(system, union(before, wanted));
  for (const { name, home } of bundle.accounts) {
    if (system.home(name) === undefined) changed.push(`account ${name}`);
    await system.createAccount(name, home);
  }
  for (const { path, mode, content } of bundle.files) {
    mkdirSync(dirname(system.path(path)), { recursive: true });
    if (placeFile(system.path(path), content, Number.parseInt(mode, 8))) changed.push(path);
  }
  for (const keys of bundle.authorizedKeys)
    if (await placeKeys(system, keys)) changed.push(`keys of ${keys.account}`);
  const removed = await removeStale(system, before, wanted);
  await startTimers(system, wanted, [...changed, ...removed]);
  writeManifest(system, wanted);
  return { changed, removed, notes: notesOn(system, bundle) };
}

/** Takes everything away that apply has made. Evidence, backups and replicas stay. */
export async function removeHost(system: HostSystem, environment: string): Promise<HostChanges> {
  const before = readManifest(system);
  if (before === undefined)
    return { changed: [], removed: [], notes: ["nothing of pgkeep's is on this hypervisor"] };
  if (before.environment !== environment)
    throw new OperationError(
      `this hypervisor belongs to environment ${before.environment}, not to ${environment}`,
      undefined,
      EXIT.refused,
    );
  const nothing: Manifest = { environment, files: [], accounts: [], keys: [], timers: [] };
  const removed = await removeStale(system, before, nothing);
  await reloadUnits(system, removed);
  rmSync(system.path(MANIFEST_PATH), { force: true });
  return { changed: [], removed, notes: [] };
}

function makeDirectory(path: string, mode: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, Number.parseInt(mode, 8));
}

async function placeKeys(system: HostSystem, { account, lines }: HostKeys): Promise<boolean> {
  const home = system.home(account);
  if (home === undefined)
    throw new OperationError(
      `account ${account} does not exist on this hypervisor`,
      "make it, or correct kvm.hosts.user",
    );
  const folder = join(home, ".ssh");
  const path = system.path(join(folder, "authorized_keys"));
  if (!existsSync(dirname(path))) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    await system.own(folder, account);
  }
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const next = withOurLines(text, lines);
  if (next === text) return false;
  if (next === "") {
    rmSync(path);
    return true;
  }
  placeFile(path, next, existsSync(path) ? statSync(path).mode & 0o777 : 0o600);
  await system.own(join(folder, "authorized_keys"), account);
  return true;
}

async function removeStale(
  system: HostSystem,
  before: Manifest | undefined,
  wanted: Manifest,
): Promise<string[]> {
  const stale = (kind: "files" | "accounts" | "keys" | "timers"): string[] =>
    (before?.[kind] ?? []).filter((entry) => !wanted[kind].includes(entry));
  const removed: string[] = [];
  for (const timer of stale("timers")) {
    if (system.systemd) await retireTimer(system, timer);
    removed.push(timer);
  }
  for (const account of stale("keys")) {
    if (system.home(account) === undefined) continue;
    await placeKeys(system, { account, lines: [] });
    removed.push(`keys of ${account}`);
  }
  for (const path of stale("files")) {
    removeFile(system.path(path));
    removed.push(path);
  }
  for (const account of stale("accounts")) {
    await system.removeAccount(account);
    removed.push(`account ${account}`);
  }
  return removed;
}

/** Stops a timer for good, also when its unit file went with a run that was killed: systemctl disables only what has one. */
async function retireTimer(system: HostSystem, timer: string): Promise<void> {
  if (existsSync(system.path(join(UNITS, timer)))) return system.systemctl("disable", "--now", timer);
  rmSync(system.path(join(UNITS, "timers.target.wants", timer)), { force: true });
  await system.stopUnit(timer);
}

async function reloadUnits(system: HostSystem, touched: readonly string[]): Promise<void> {
  if (system.systemd && touched.some((path) => path.startsWith("/etc/systemd/")))
    await system.systemctl("daemon-reload");
}

function removeFile(path: string): void {
  // A path that could never be made is as good as gone.
  if (existsSync(path)) rmSync(path);
}

async function startTimers(
  system: HostSystem,
  { timers }: Manifest,
  touched: readonly string[],
): Promise<void> {
  if (!system.systemd) return;
  await reloadUnits(system, touched);
  if (timers.length > 0) await system.systemctl("enable", ...timers);
  // A changed schedule takes effect by a restart of the timer; the job itself is left alone.
  const changed = timers.filter((timer) => touched.includes(join(UNITS, timer)));
  if (changed.length > 0) await system.systemctl("restart", ...changed);
}

function notesOn(system: HostSystem, { people, timers }: HostBundle): string[] {
  const absent = people.filter((account) => system.home(account) === undefined);
  return [
    ...absent.map(
      (account) => `account ${account} of platformRoles does not exist here: make it with useradd`,
    ),
    ...(!system.systemd && timers.length > 0
      ? ["systemd does not run here: timers are written and not started"]
      : []),
  ];
}
